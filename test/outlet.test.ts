// The sending side of a socket: whoever finds it full is told when it is not.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import * as ws from "ws";
import { textFrames } from "../server/hub/encoding.ts";
import { Outlet } from "../server/hub/outlet.ts";

type Reader = { on(name: "message", hear: (data: Buffer) => void): void; write(bytes: Buffer): void };
/** The package has it, and its types do not. */
const { Receiver } = ws as unknown as {
  Receiver: new (options: { isServer: boolean; allowSynchronousEvents: boolean }) => Reader;
};

/** A socket whose wire keeps what it is given until it is flushed. */
function createSocket() {
  const sent: string[] = [];
  const unflushed: (() => void)[] = [];
  let isPaused = false;
  const wire = new Duplex({
    write: (data: Buffer, _encoding, done) => {
      sent.push(data.toString());
      unflushed.push(done);
    },
  });
  const socket = {
    OPEN: 1,
    readyState: 1,
    get isPaused() {
      return isPaused;
    },
    pause: () => (isPaused = true),
    resume: () => (isPaused = false),
  };
  const flush = (): void => {
    for (let done = unflushed.shift(); done; done = unflushed.shift()) done();
  };
  const open = (onDrained = () => {}) => new Outlet(socket as unknown as WebSocket, wire, onDrained);
  return { socket, open, sent, flush };
}

describe("an outlet", () => {
  test("[S2] however large the frames are: when it is full, room follows, and is told", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 140_000 }), { maxLength: 12 });
    fc.assert(
      fc.property(sizes, (sends) => {
        let drained = 0;
        const { socket, open, flush } = createSocket();
        const outlet = open(() => (drained += 1));
        for (const size of sends) outlet.send(Buffer.alloc(size));
        const wasFull = outlet.isFull;
        flush();
        expect(outlet.isFull).toBe(false);
        expect(socket.isPaused).toBe(false);
        if (wasFull) expect(drained).toBeGreaterThan(0);
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  test("[S2] of news that follows news only the latest waits", async () => {
    const { open, sent, flush } = createSocket();
    const outlet = open();
    outlet.send(Buffer.alloc(70_000));
    for (const news of ["one", "two", "three"]) outlet.sendLatest(Buffer.from(news));
    let hasRoom = false;
    const room = outlet.room().then(() => (hasRoom = true));
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    flush();
    await room;
    expect(sent.slice(1)).toEqual(["three"]);
  });

  test("[S2] too much of what was asked for stops the reading until it is gone", () => {
    const { socket, open, flush } = createSocket();
    const outlet = open();
    outlet.send(Buffer.alloc(140_000));
    expect(socket.isPaused).toBe(true);
    flush();
    expect(socket.isPaused).toBe(false);
  });

  test("nothing follows a close", () => {
    const { socket, open, sent } = createSocket();
    const outlet = open();
    socket.readyState = 2;
    outlet.send(Buffer.from("late"));
    expect(sent).toEqual([]);
  });
});

describe("text frames", () => {
  test("are what a WebSocket receiver reads, whatever their lengths", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(0, 125, 126, 65_535, 65_536, 70_000).map((length) => "x".repeat(length)),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), (texts) => {
        const received: string[] = [];
        const receiver = new Receiver({ isServer: false, allowSynchronousEvents: true });
        receiver.on("message", (data: Buffer) => received.push(data.toString()));
        receiver.write(textFrames(texts));
        expect(received).toEqual(texts);
      }),
      { numRuns: 200, seed: 5 },
    );
  });
});
