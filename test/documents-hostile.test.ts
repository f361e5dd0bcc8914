// What a peer of a document may do to it: everything that comes from outside may be wrong, too large, too much, or a lie.
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import * as encoding from "lib0/encoding";
import { applyUpdate, Doc } from "yjs";
import { askFrame, caretsFrame, updateFrame } from "../server/documents/frame.ts";
import { openWriter, textOf } from "./support/document-peer.ts";
import { caretsIn, caretsOf, openRawPeer, updateOf, writing, type RawPeer } from "./support/raw-peer.ts";
import { openRawSocket, upgradeRequest } from "./support/raw-socket.ts";
import { parlorWithScript } from "./support/world.ts";

const faults: unknown[] = [];
const onFault = (error: unknown): void => void faults.push(error);

beforeEach(() => {
  process.on("uncaughtException", onFault);
  process.on("unhandledRejection", onFault);
});

/** Whatever a test did: the process heard of no fault. */
afterEach(() => {
  process.off("uncaughtException", onFault);
  process.off("unhandledRejection", onFault);
  expect(faults.splice(0)).toEqual([]);
});

const wordsIn = (update: Uint8Array): string => {
  const doc = new Doc();
  applyUpdate(doc, update);
  return doc.getText("codemirror").toJSON();
};

/** Frames in a row that become one, by their numbers and bytes. */
const bytes = (...parts: (number | string | Uint8Array)[]): Uint8Array => {
  const encoder = encoding.createEncoder();
  for (const part of parts) {
    if (typeof part === "number") encoding.writeVarUint(encoder, part);
    else if (typeof part === "string") encoding.writeVarString(encoder, part);
    else encoding.writeUint8Array(encoder, part);
  }
  return encoding.toUint8Array(encoder);
};

/** An update of which the first writer's change is left out, so that the rest waits for it. */
function orphan(words: string): Uint8Array {
  const doc = new Doc();
  let last: Uint8Array = new Uint8Array();
  doc.on("update", (update: Uint8Array) => (last = update));
  doc.getText("codemirror").insert(0, "a");
  doc.getText("codemirror").insert(1, words);
  return last;
}

describe("bad frames", () => {
  test.each<[string, Uint8Array | string]>([
    ["text", "hello"],
    ["an empty frame", new Uint8Array()],
    ["an unknown kind", bytes(99)],
    ["a Hocuspocus frame", bytes("notes", 0, 0, 1, 0)],
    ["an unknown step", bytes(0, 7, 0)],
    ["a step without bytes", bytes(0, 0)],
    ["bytes that are shorter than they say", bytes(0, 2, 1_000, 1)],
    ["a length beyond all numbers", new Uint8Array([0, 2, ...Array<number>(12).fill(255)])],
    ["a place that is none", askFrame(Uint8Array.of(9, 1))],
    ["a place with millions of writers", askFrame(bytes(2 ** 31))],
    [
      "an update that is noise",
      updateFrame(Uint8Array.from({ length: 400 }, (_, index) => (index * 7919) % 256)),
    ],
    ["an update with millions of writers", updateFrame(bytes(2 ** 31, 2 ** 31))],
    ["an update cut in half", updateFrame(updateOf("words that are cut").slice(0, -4))],
    ["an update whose deletions are noise", updateFrame(Uint8Array.of(0, 5, 200, 200))],
    ["awareness that is noise", caretsFrame(Uint8Array.of(9, 9, 9))],
    ["awareness that is no JSON", caretsOf({ client: 1, clock: 1, state: "{" })],
  ])("%s closes its socket with 4400, and nobody else notices", async (_, frame) => {
    const { port } = await parlorWithScript();
    const ada = await openRawPeer(port, "notes");
    ada.send(writing("kept"));
    const bad = await openRawPeer(port, "notes");
    bad.socket.send(frame);
    expect((await bad.closed).code).toBe(4400);
    expect(wordsIn(await ada.ask())).toBe("kept");
    expect(ada.socket.readyState).toBe(ada.socket.OPEN);
  });

  test("names and keys like __proto__ are names and keys", async () => {
    const { port } = await parlorWithScript();
    const ada = await openWriter(port, "__proto__");
    const bob = await openWriter(port, "__proto__");
    ada.doc.getMap("__proto__").set("__proto__", { ["__proto__"]: "x", toString: 1 });
    ada.provider.awareness.setLocalState(JSON.parse('{"__proto__":{"polluted":true}}') as object);
    await bob.until(() => bob.doc.getMap("__proto__").has("__proto__"));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect((await openWriter(port, "constructor")).text.length).toBe(0);
  });

  test("an update twice, and one from long ago, change nothing and are no fault", async () => {
    const { port } = await parlorWithScript();
    const peer = await openRawPeer(port, "notes");
    const update = updateOf("once");
    for (let times = 0; times < 3; times++) peer.send(updateFrame(update));
    expect(wordsIn(await peer.ask())).toBe("once");
  });
});

describe("too much", () => {
  test("a frame beyond `frameBytes` closes its socket with 4413, after which y-websocket stays away", async () => {
    const { port } = await parlorWithScript({ documentLimits: { frameBytes: 10_000 } });
    const ada = await openWriter(port, "notes");
    const code = ada.closed();
    ada.text.insert(0, "x".repeat(15_000));
    expect(await code).toBe(4413);
    expect(ada.provider.shouldConnect).toBe(false);
  });

  test("a document that is full takes no more and says so with 4413; it is read, and words are deleted from it", async () => {
    const { port } = await parlorWithScript({ documentLimits: { documentBytes: 10_000 } });
    const ada = await openWriter(port, "notes");
    ada.text.insert(0, "x".repeat(9_000));
    const bob = await openWriter(port, "notes");
    const closed = bob.closed();
    bob.text.insert(0, "y".repeat(2_000));
    expect(await closed).toBe(4413);
    const reader = await openWriter(port, "notes");
    expect(textOf(reader)).toBe("x".repeat(9_000));
    const repeating = await openRawPeer(port, "notes");
    repeating.send(updateFrame(await repeating.ask()));
    expect(wordsIn(await repeating.ask())).toBe("x".repeat(9_000));
    reader.text.delete(0, 8_000);
    await ada.until(() => ada.text.length === 1_000);
    ada.text.insert(0, "z".repeat(2_000));
    await reader.until(() => reader.text.length === 3_000);
  });

  test("more writers than `writers` are refused with 4413, and the ones that are there write on", async () => {
    const { port } = await parlorWithScript({ documentLimits: { writers: 2 } });
    const peer = await openRawPeer(port, "notes");
    peer.send(updateFrame(updateOf("a", 1)));
    peer.send(updateFrame(updateOf("b", 2)));
    const third = await openRawPeer(port, "notes");
    await peer.ask();
    third.send(updateFrame(updateOf("c", 3)));
    expect((await third.closed).code).toBe(4413);
    expect(wordsIn(await peer.ask()).length).toBe(2);
  });

  test("changes that stand on others that never come are dropped when they are many, with 4400", async () => {
    const { port } = await parlorWithScript({ documentLimits: { pendingBytes: 1_000 } });
    const [ada, bad] = [await openRawPeer(port, "notes"), await openRawPeer(port, "notes")];
    bad.send(updateFrame(orphan("few")));
    expect(await bad.ask()).toEqual(Uint8Array.of(0, 0)); // what waits is shown to nobody
    bad.send(updateFrame(orphan("many".repeat(500))));
    expect(await bad.closed).toMatchObject({ code: 4400 });
    ada.send(writing("still here"));
    const whole = await ada.ask();
    expect(wordsIn(whole)).toBe("still here");
    expect(whole.length).toBeLessThan(200);
  });

  test("10,000 carets of one peer are 16, and a state beyond 65,536 characters is none", async () => {
    const { port } = await parlorWithScript();
    const bad = await openRawPeer(port, "notes");
    const state = '{"name":"x"}';
    bad.send(caretsOf(...Array.from({ length: 10_000 }, (_, client) => ({ client, clock: 1, state }))));
    bad.send(caretsOf({ client: 3, clock: 2, state: JSON.stringify({ name: "x".repeat(70_000) }) }));
    await bad.ask();
    const shown = caretsIn(await (await openRawPeer(port, "notes")).next("carets"));
    expect(shown.length).toBe(16);
    expect(shown.find(({ client }) => client === 3)).toEqual({ client: 3, clock: 1, state });
    bad.send(caretsOf(...shown.map(({ client }) => ({ client, clock: 2, state: "null" }))));
    bad.send(caretsOf({ client: 12_345, clock: Number.MAX_SAFE_INTEGER, state }));
    await bad.ask();
    const after = caretsIn(await (await openRawPeer(port, "notes")).next("carets"));
    expect(after).toEqual([{ client: 12_345, clock: Number.MAX_SAFE_INTEGER, state }]);
  });

  test("all carets of a document together are bounded by `caretChars`", async () => {
    const { port } = await parlorWithScript({ documentLimits: { caretChars: 100 } });
    const peers = await Promise.all(Array.from({ length: 5 }, () => openRawPeer(port, "notes")));
    for (const [client, peer] of peers.entries()) {
      peer.send(caretsOf({ client, clock: 1, state: JSON.stringify({ name: "x".repeat(30) }) }));
      await peer.ask();
    }
    expect(caretsIn(await (await openRawPeer(port, "notes")).next("carets")).length).toBe(2);
  });

  test("who sends more frames than `framesPerSecond` is read more slowly, and loses nothing", async () => {
    const { port } = await parlorWithScript({ documentLimits: { framesPerSecond: 100, frameBurst: 20 } });
    const ada = await openWriter(port, "notes");
    const reader = await openWriter(port, "notes");
    const began = performance.now();
    for (let count = 0; count < 60; count++) ada.text.insert(0, "x".repeat(10_000)); // too much for one piece off the wire
    await reader.until(() => reader.text.length === 600_000);
    expect(performance.now() - began).toBeGreaterThan(100);
  });

  test("who floods is closed with 4013, and so is who asks for everything again and again", async () => {
    const { port } = await parlorWithScript({ documentLimits: { framesPerSecond: 10, frameBurst: 1_000 } });
    const flood = await openRawPeer(port, "notes");
    for (let count = 0; count < 1_000; count++) flood.send(caretsOf());
    expect((await flood.closed).code).toBe(4013);
    const asker = await openRawPeer(port, "notes");
    for (let count = 0; count < 30; count++) asker.send(askFrame(Uint8Array.of(0)));
    expect((await asker.closed).code).toBe(4013);
  });

  test("[S2] who asks and does not read is answered once: later questions take the place of earlier ones", async () => {
    const { port } = await parlorWithScript({ documentLimits: { askBurst: 1_000 } });
    const writer = await openRawPeer(port, "notes");
    writer.send(writing("x".repeat(3_000_000)));
    await writer.ask();
    const bad = await openRawPeer(port, "notes");
    bad.socket.pause();
    for (let count = 0; count < 50; count++) bad.send(askFrame(Uint8Array.of(0)));
    for (let count = 0; count < 5; count++) await writer.ask();
    bad.socket.resume();
    await bad.next("answer");
    bad.send(askFrame(Uint8Array.of(0)));
    await bad.next("answer");
    expect(answersOf(bad)).toBeLessThan(8);
  });
});

const answersOf = ({ frames }: RawPeer): number => frames.filter(({ kind }) => kind === "answer").length;

describe("a peer that is gone without a word", () => {
  test("it is cut off when it answers no ping, although it is told something all the time", async () => {
    const heartbeat = { pingAfterMs: 20, pongWithinMs: 50 };
    const { port } = await parlorWithScript({ heartbeat, documentLimits: { keepAliveMs: 5 } });
    const { socket, until, closed } = await openRawSocket(port);
    socket.write(upgradeRequest({}, "/docs/notes"));
    await until((received) => received.includes("\x89\x00")); // a ping, which nobody answers
    await closed;
  });
});
