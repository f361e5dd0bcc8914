// A reader that stops: it costs the server nothing, delays nobody, and finds everything when it comes back.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createConnection } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { createClient, wordsOf } from "./support/client.ts";
import { parlorWithScript } from "./support/world.ts";

const runs = 40;
const runChars = 1_048_576;

/** The text of one run: a megabyte in pieces that differ, so that a loss or a repeat shows. */
const piecesOf = (run: number): string[] =>
  Array.from({ length: 64 }, (_, index) => `${run}/${index} `.padEnd(runChars / 64, "abcdefgh "));

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("a slow reader", () => {
  test(`[S2] ${runs} MB past a stopped reader: less than 1 MiB is held for it, and it loses nothing`, async () => {
    const { join, model, address } = await parlorWithScript({ limits: { commandsPerSecond: 0 } });
    const healthy = await join("room");
    const socket = new WebSocket(`${address}/room`);
    const stopped = createClient(socket);
    await stopped.next("welcome");
    socket.pause();
    const ours = socketsOfThisServer(address);

    for (let run = 0; run < runs; run++) {
      healthy.send({ type: "say", text: `run ${run}` });
      const call = await model.nextCall();
      for (const piece of piecesOf(run)) call.say(piece);
      call.finish();
      await healthy.next("end");
    }

    const queued = Math.max(...ours().map(({ writableLength }) => writableLength));
    expect(queued).toBeGreaterThan(0); // it is held back, and not merely quick
    expect(queued).toBeLessThan(1_048_576);
    const seenBefore = stopped.frames.length;

    socket.resume();
    const head = healthy.entries.at(-1)?.offset as number;
    await stopped.reach(head);
    expect(digest(wordsOf(stopped.entries))).toBe(digest(wordsOf(healthy.entries)));
    expect(stopped.transcript().items.length).toBe(healthy.transcript().items.length);
    expect(seenBefore).toBeLessThan(healthy.frames.length);
  }, 60_000);

  test("[S2] a reader that catches up is sent fewer and larger frames", async () => {
    const { join, model } = await parlorWithScript();
    const reader = await join("room");
    reader.send({ type: "say", text: "Count" });
    const call = await model.nextCall();
    for (let index = 0; index < 40; index++) {
      call.say(`word${index} `);
      await reader.words((index + 1) * 6);
    }
    call.finish();
    await reader.next("end");
    const late = await join("room");
    await late.next("end");
    const tokens = (frames: readonly { type: string }[]): number =>
      frames.filter(({ type }) => type === "token").length;
    expect(tokens(reader.frames)).toBeGreaterThan(20);
    expect(tokens(late.frames)).toBe(1);
    expect(late.transcript()).toEqual(reader.transcript());
  });

  test("[S2] a client that asks and does not read is not read any more either", async () => {
    const { port } = await parlorWithScript({ limits: { commandsPerSecond: 0 } });
    const raw = createConnection(port, "127.0.0.1");
    await once(raw, "connect");
    raw.write(
      "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    await once(raw, "data");
    raw.pause();
    const ours = socketsOfThisServer(`ws://127.0.0.1:${port}`);
    const ping = masked(JSON.stringify({ type: "ping", id: "x".repeat(120) }));
    const batch = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
    for (let sent = 0; sent < 400 && raw.writableLength < 1_000_000; sent++) {
      raw.write(batch);
      await new Promise(setImmediate);
    }
    expect(raw.writableLength).toBeGreaterThan(0);
    const queued = Math.max(...ours().map(({ writableLength }) => writableLength));
    expect(queued).toBeLessThan(1_048_576);
    raw.destroy();
  });
});

type Socket = { writableLength: number; localPort?: number };

/** The server's ends of its sockets: it runs in this process. */
function socketsOfThisServer(address: string): () => Socket[] {
  const port = Number(new URL(address).port);
  const handles = process as unknown as { _getActiveHandles(): Socket[] };
  return () => handles._getActiveHandles().filter(({ localPort }) => localPort === port);
}

/** A client's text frame, masked as the protocol asks (RFC 6455, 5.3). */
function masked(text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = Buffer.from([1, 2, 3, 4]);
  const head =
    payload.length < 126
      ? [0x81, 0x80 | payload.length]
      : [0x81, 0xfe, payload.length >> 8, payload.length & 0xff];
  const body = payload.map((byte, index) => byte ^ (mask[index % 4] as number));
  return Buffer.concat([Buffer.from(head), mask, body]);
}
