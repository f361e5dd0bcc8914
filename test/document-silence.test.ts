// A document server that falls silent, and one that does not, in a time that passes as the test says.
import { once } from "node:events";
import { afterEach, expect, jest, test } from "@jest/globals";
import type { WebSocket } from "ws";

// Before anything is loaded: the packages keep the clock that they find.
jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask", "performance"] });
const { openServers } = await import("../server/coauthor/servers.ts");
const { startStranger } = await import("./support/document-servers.ts");
const { createEncoder, toUint8Array, writeVarString, writeVarUint } = await import("lib0/encoding");
const { writeSyncStep2, writeUpdate } = await import("y-protocols/sync");
const { Doc, encodeStateAsUpdate } = await import("yjs");

const after: (() => unknown)[] = [];
afterEach(async () => {
  for (const act of after.splice(0).reverse()) await act();
});

async function openAt(kind: "y-websocket" | "hocuspocus") {
  const doc = new Doc();
  const frameOf = (write: typeof writeUpdate | typeof writeSyncStep2): Uint8Array => {
    const encoder = createEncoder();
    if (kind === "hocuspocus") writeVarString(encoder, "notes");
    writeVarUint(encoder, 0);
    if (write === writeSyncStep2) writeSyncStep2(encoder, doc);
    else writeUpdate(encoder, encodeStateAsUpdate(doc));
    return toUint8Array(encoder);
  };
  const sockets: WebSocket[] = [];
  const found = await startStranger((socket) => {
    sockets.push(socket);
    socket.send(frameOf(writeSyncStep2));
  });
  after.push(() => found.close());
  const servers = await openServers([{ name: "it", kind, url: found.addressFor(kind) }]);
  const signal = new AbortController().signal;
  const shared = await servers.get("it")?.open("notes", { client: 77, signal });
  if (!shared) throw new Error("no server");
  after.push(() => shared.close());
  const hear = async (): Promise<void> => {
    doc.getText("text").insert(0, "x");
    const heard = new Promise((resolve) => shared.doc.once("update", resolve));
    sockets[0]?.send(frameOf(writeUpdate));
    await heard;
  };
  return { shared, sockets, hear };
}

test.each(["y-websocket", "hocuspocus"] as const)(
  "%s: a server that has been silent for half a minute has lost us, and is not called again",
  async (kind) => {
    const { shared, sockets } = await openAt(kind);
    await jest.advanceTimersByTimeAsync(28_000);
    expect(shared.lost.aborted).toBe(false);
    const lost = once(shared.lost, "abort");
    await jest.advanceTimersByTimeAsync(10_000);
    await lost;
    expect(shared.lost.reason).toMatchObject({ code: "document_lost" });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(sockets.length).toBe(1);
  },
);

test.each(["y-websocket", "hocuspocus"] as const)(
  "%s: a server of which only the words of people come is not silent",
  async (kind) => {
    const { shared, hear } = await openAt(kind);
    for (let index = 0; index < 8; index += 1) {
      await jest.advanceTimersByTimeAsync(10_000);
      await hear();
    }
    expect(shared.lost.aborted).toBe(false);
    expect(shared.doc.getText("text").toJSON()).toBe("x".repeat(8));
  },
);
