// The co-author's ways into a document: real servers of both kinds with people on them, and strangers.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { createDecoder, readVarUint } from "lib0/decoding";
import { createEncoder, toUint8Array, writeVarString, writeVarUint } from "lib0/encoding";
import type { WebSocket } from "ws";
import { readSyncMessage, writeSyncStep2, writeUpdate } from "y-protocols/sync";
import { Doc, encodeStateAsUpdate, type Text } from "yjs";
import type { DocumentServer, SharedDocument } from "../server/coauthor/document.ts";
import { openServers } from "../server/coauthor/servers.ts";
import {
  joinAsPerson,
  startDocumentServer,
  startSilence,
  startStranger,
  type Kind,
  type Person,
  type ServerOptions,
  type StartedServer,
} from "./support/document-servers.ts";

const me = 77;
const after: (() => unknown)[] = [];
const noise: unknown[][] = [];

beforeEach(() => {
  for (const loudness of ["log", "info", "warn", "error", "debug"] as const)
    jest.spyOn(console, loudness).mockImplementation((...words) => void noise.push(words));
});

afterEach(async () => {
  for (const act of after.splice(0).reverse()) await act();
  jest.restoreAllMocks();
  expect(noise.splice(0)).toEqual([]);
});

async function start(kind: Kind, options?: ServerOptions): Promise<StartedServer> {
  const server = await startDocumentServer(kind, options);
  after.push(() => server.close());
  return server;
}

async function stranger(answer?: Parameters<typeof startStranger>[0]): ReturnType<typeof startStranger> {
  const found = await startStranger(answer);
  after.push(() => found.close());
  return found;
}

async function join(server: StartedServer, document: string): Promise<Person> {
  const person = await joinAsPerson(server, document);
  after.push(() => person.leave());
  return person;
}

async function serverAt(kind: Kind, url: string, openMs = 5_000): Promise<DocumentServer> {
  const servers = await openServers([{ name: "it", kind, url }], { openMs });
  return servers.get("it") as DocumentServer;
}

type Entry = {
  token?: string;
  signal?: AbortSignal;
  openMs?: number;
  document?: string;
  onlyReads?: boolean;
};

/** Opens the document `notes` there, as the writer `me`. */
async function open(kind: Kind, url: string, entry: Entry = {}): Promise<SharedDocument> {
  const { signal = new AbortController().signal, openMs, document = "notes", token, onlyReads } = entry;
  const server = await serverAt(kind, url, openMs);
  const shared = await server.open(document, { client: me, signal, token, ...(onlyReads && { onlyReads }) });
  after.push(() => shared.close());
  return shared;
}

const textOf = ({ doc }: Pick<SharedDocument, "doc">): Text => doc.getText("text");

const lossOf = async ({ lost }: SharedDocument): Promise<unknown> => {
  if (!lost.aborted) await once(lost, "abort");
  return lost.reason;
};

const failure = (code: string) => expect.objectContaining({ name: "DocumentError", code });

/** Resolves when it is so, looking in each turn of the loop. @throws Error after 20 s */
async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`never: ${String(isSo)}`);
    await new Promise(setImmediate);
  }
}

/** How many timers and sockets keep this process up. */
const resources = (kind = /Timeout|TCP|TLS|GetAddrInfo/): number =>
  process.getActiveResourcesInfo().filter((one) => kind.test(one)).length;

/** A port that nobody listens on. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const addressOf = (kind: Kind, port: number): string =>
  `ws://127.0.0.1:${port}${kind === "hocuspocus" ? "" : "/{name}"}`;

/** A frame as this kind of server sends it, with a name where there has to be one. */
function frameOf(kind: Kind, write: (encoder: ReturnType<typeof createEncoder>) => void): Uint8Array {
  const encoder = createEncoder();
  if (kind === "hocuspocus") writeVarString(encoder, "notes");
  write(encoder);
  return toUint8Array(encoder);
}

const inStep = (kind: Kind, doc = new Doc()): Uint8Array =>
  frameOf(kind, (encoder) => {
    writeVarUint(encoder, 0);
    writeSyncStep2(encoder, doc);
  });

describe.each(["y-websocket", "hocuspocus"] as const)("%s: in a document", (kind) => {
  test("it is opened by the number asked for, with what is there, and what is written arrives at people", async () => {
    const server = await start(kind);
    const person = await join(server, "notes");
    person.doc.getText("text").insert(0, "hello");
    await until(() => server.text("notes") === "hello");
    const shared = await open(kind, server.address);
    expect(shared.doc.clientID).toBe(me);
    expect(textOf(shared).toJSON()).toBe("hello");
    textOf(shared).insert(5, " world");
    await person.until(() => person.text() === "hello world");
    person.doc.getText("text").insert(0, "> ");
    await until(() => textOf(shared).toJSON() === "> hello world");
    expect(shared.lost.aborted).toBe(false);
  });

  test("our caret is seen, and is gone at once when we leave", async () => {
    const server = await start(kind);
    const person = await join(server, "notes");
    const shared = await open(kind, server.address);
    shared.awareness.setLocalState({ user: { name: "Parlor" } });
    await person.until(() => person.awareness.getStates().has(me));
    expect(person.awareness.getStates().get(me)).toEqual({ user: { name: "Parlor" } });
    const left = performance.now();
    shared.close();
    shared.close();
    await person.until(() => !person.awareness.getStates().has(me));
    expect(performance.now() - left).toBeLessThan(1_000); // and not the 30 s after which a silent one is forgotten
    expect(shared.lost.aborted).toBe(false);
  });

  test("our caret goes before the socket's goodbye", async () => {
    const frames: number[][] = [];
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const found = await stranger((socket) => {
      socket.on("message", (data: Buffer) => frames.push([...data]));
      socket.on("close", () => resolve());
      socket.send(inStep(kind));
    });
    const shared = await open(kind, found.addressFor(kind));
    shared.awareness.setLocalState({ user: "us" });
    shared.close();
    await closed;
    const ending = Buffer.from("null");
    expect(frames.some((frame) => Buffer.from(frame).includes(ending))).toBe(true);
  });

  test("settled: the server has every word, even when everything breaks at that moment", async () => {
    const server = await start(kind);
    const shared = await open(kind, server.address);
    for (let index = 0; index < 200; index += 1) textOf(shared).insert(index * 5, "word ");
    await shared.settled();
    server.cutAll();
    expect(server.text("notes")).toBe("word ".repeat(200));
    expect(await lossOf(shared)).toEqual(failure("document_lost"));
  });

  test("settled: nothing written, only something deleted, and twice at once", async () => {
    const server = await start(kind);
    const person = await join(server, "notes");
    person.doc.getText("text").insert(0, "hello");
    await until(() => server.text("notes") === "hello");
    const shared = await open(kind, server.address);
    await shared.settled();
    textOf(shared).delete(1, 3);
    await Promise.all([shared.settled(), shared.settled()]);
    expect(server.text("notes")).toBe("ho");
  });

  test("settled waits for a server that does not read, and says when it never will", async () => {
    const server = await start(kind);
    const shared = await open(kind, server.address);
    await shared.settled();
    server.stall();
    textOf(shared).insert(0, "late");
    let isSettled = false;
    const settled = shared.settled().then(() => (isSettled = true));
    await new Promise(setImmediate);
    expect([isSettled, server.text("notes")]).toEqual([false, ""]);
    server.stall(true);
    await settled;
    expect(server.text("notes")).toBe("late");
    server.stall();
    textOf(shared).insert(0, "never ");
    const never = expect(shared.settled()).rejects.toEqual(failure("document_lost"));
    server.cutAll();
    await never;
    await expect(shared.settled()).rejects.toEqual(failure("document_lost"));
  });

  test("it is full while the server does not read, and not any more when it has read", async () => {
    const server = await start(kind);
    const shared = await open(kind, server.address);
    await shared.settled();
    expect(shared.isFull).toBe(false);
    server.stall();
    let chunks = 0;
    while (!shared.isFull && chunks < 200) {
      textOf(shared).insert(0, "x".repeat(100_000));
      chunks += 1;
      await new Promise(setImmediate);
    }
    expect(shared.isFull).toBe(true);
    server.stall(true);
    await shared.settled();
    expect(shared.isFull).toBe(false);
    expect(server.text("notes").length).toBe(chunks * 100_000);
  });

  test("it is lost when it breaks: once, for good, and it says so to who waits", async () => {
    const server = await start(kind);
    const shared = await open(kind, server.address);
    const waiting = expect(shared.settled()).rejects.toEqual(failure("document_lost"));
    server.stall();
    server.cutAll();
    await waiting;
    expect(await lossOf(shared)).toEqual(failure("document_lost"));
    textOf(shared).insert(0, "into the void");
    shared.close();
    await until(() => server.sockets.size === 0);
  });

  test("it is refused, not lost, when the server sends us away on purpose", async () => {
    const sockets: WebSocket[] = [];
    const found = await stranger((socket) => {
      sockets.push(socket);
      socket.send(inStep(kind));
    });
    for (const [code, fault] of [
      [4403, "document_refused"],
      [1008, "document_refused"],
      [4408, "document_lost"],
      [1001, "document_lost"],
    ] as const) {
      const shared = await open(kind, found.addressFor(kind));
      sockets.pop()?.close(code, "secret words");
      expect(await lossOf(shared)).toEqual(failure(fault));
      expect(JSON.stringify(shared.lost.reason)).not.toContain("secret");
    }
  });

  test("what we wrote by this number once is no obstacle, and we go on behind it", async () => {
    const server = await start(kind);
    const person = await join(server, "notes");
    const first = await open(kind, server.address);
    textOf(first).insert(0, "one");
    await first.settled();
    first.close();
    const second = await open(kind, server.address);
    expect([second.doc.clientID, textOf(second).toJSON()]).toEqual([me, "one"]);
    textOf(second).insert(3, " two");
    await second.settled();
    await person.until(() => person.text() === "one two");
    expect(person.doc.store.clients.get(me)?.length).toBeGreaterThan(0);
  });

  test("somebody else who writes by our number ends it, before the two are mixed", async () => {
    const sockets: WebSocket[] = [];
    const found = await stranger((socket) => {
      sockets.push(socket);
      socket.send(inStep(kind));
    });
    const shared = await open(kind, found.addressFor(kind));
    textOf(shared).insert(0, "ours");
    const thief = new Doc();
    thief.clientID = me;
    thief.getText("text").insert(0, "theirs, and longer");
    const update = frameOf(kind, (encoder) => {
      writeVarUint(encoder, 0);
      writeUpdate(encoder, encodeStateAsUpdate(thief));
    });
    sockets[0]?.send(update);
    expect(await lossOf(shared)).toEqual(failure("document_lost"));
    expect([textOf(shared).toJSON(), shared.doc.clientID]).toEqual(["ours", me]);
  });
});

describe.each(["y-websocket", "hocuspocus"] as const)("%s: who is not let in is told why", (kind) => {
  test("nobody listens there, and there is no such place", async () => {
    await expect(open(kind, addressOf(kind, await deadPort()))).rejects.toEqual(
      failure("document_unreachable"),
    );
    const nowhere = kind === "hocuspocus" ? "ws://nowhere.invalid" : "ws://nowhere.invalid/{name}";
    await expect(open(kind, nowhere)).rejects.toEqual(failure("document_unreachable"));
  });

  test("it accepts the connection, and says nothing", async () => {
    const silence = await startSilence();
    after.push(() => silence.close());
    const opening = open(kind, silence.addressFor(kind), { openMs: 100 });
    await expect(opening).rejects.toEqual(failure("document_timeout"));
    await until(() => silence.sockets.size === 0);
  });

  test("it accepts the WebSocket, and says nothing", async () => {
    const found = await stranger();
    const opening = open(kind, found.addressFor(kind), { openMs: 100 });
    await expect(opening).rejects.toEqual(failure("document_timeout"));
    await until(() => found.sockets.size === 0);
  });

  test("it closes while we wait", async () => {
    const closing = await stranger((socket) => socket.close(1011, "secret words"));
    await expect(open(kind, closing.addressFor(kind))).rejects.toEqual(failure("document_unreachable"));
    const breaking = await stranger((socket) => socket.terminate());
    await expect(open(kind, breaking.addressFor(kind))).rejects.toEqual(failure("document_unreachable"));
    const silence = await startSilence();
    after.push(() => silence.close());
    const opening = expect(open(kind, silence.addressFor(kind))).rejects.toEqual(
      failure("document_unreachable"),
    );
    await until(() => silence.sockets.size === 1);
    silence.cutAll();
    await opening;
  });

  test("it closes with a code that means a refusal", async () => {
    for (const code of [4401, 4403, 4404, 1008]) {
      const found = await stranger((socket) => socket.close(code));
      await expect(open(kind, found.addressFor(kind))).rejects.toEqual(failure("document_refused"));
    }
  });

  test("it is aborted: before, while it connects, and while it waits for the document", async () => {
    const reason = new Error("enough");
    const found = await stranger();
    const url = found.addressFor(kind);
    await expect(open(kind, url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(found.sockets.size).toBe(0);
    for (const isConnected of [false, true]) {
      const abort = new AbortController();
      const opening = expect(open(kind, url, { signal: abort.signal })).rejects.toBe(reason);
      if (isConnected) await until(() => found.sockets.size === 1);
      abort.abort(reason);
      await opening;
      await until(() => found.sockets.size === 0);
    }
  });

  test("a token that is not wanted, and one that is", async () => {
    const server = await start(kind, { admits: (token) => token === "k&y=1 ü" });
    await expect(open(kind, server.address)).rejects.toEqual(failure("document_refused"));
    await expect(open(kind, server.address, { token: "no" })).rejects.toEqual(failure("document_refused"));
    const shared = await open(kind, server.address, { token: "k&y=1 ü" });
    expect(shared.lost.aborted).toBe(false);
  });

  test("names that lead elsewhere, or nowhere, or into a session, are refused without a connection", async () => {
    const found = await stranger();
    const names = ["", "a\0b", "\ud800", ...(kind === "hocuspocus" ? [] : [".", ".."])];
    for (const document of names)
      await expect(open(kind, found.addressFor(kind), { document })).rejects.toEqual(
        failure("document_refused"),
      );
    expect(found.sockets.size).toBe(0);
  });

  test("what is garbled ends it, and nothing else; what is only strange is passed over", async () => {
    const garbled = [
      inStep(kind).slice(0, -1),
      frameOf(kind, (encoder) => writeVarUint(encoder, 0)),
      frameOf(kind, (encoder) => [0, 1, 5, 9, 9, 9, 9, 9].forEach((one) => writeVarUint(encoder, one))),
      frameOf(kind, (encoder) => [0, 99].forEach((one) => writeVarUint(encoder, one))),
      frameOf(kind, (encoder) => [1, 3, 1, 1, 200].forEach((one) => writeVarUint(encoder, one))),
      frameOf(kind, (encoder) => [0, 0, 3, 200, 200, 200].forEach((one) => writeVarUint(encoder, one))),
    ];
    for (const frame of [new Uint8Array(), ...garbled]) {
      const found = await stranger((socket) => socket.send(frame));
      await expect(open(kind, found.addressFor(kind))).rejects.toEqual(failure("document_unreachable"));
      const later = await stranger((socket) => {
        socket.send(inStep(kind));
        socket.send(frame);
      });
      // both may come in one piece, and then it is over as soon as it is open
      expect(await lossOf(await open(kind, later.addressFor(kind)))).toEqual(failure("document_lost"));
    }
    const strange = await stranger((socket) => {
      socket.send("words");
      socket.send(frameOf(kind, (encoder) => writeVarUint(encoder, 99)));
      socket.send(inStep(kind));
    });
    expect((await open(kind, strange.addressFor(kind))).lost.aborted).toBe(false);
  });

  test("300 frames with bytes that dice chose do nothing but end it", async () => {
    const doc = new Doc();
    doc.getText("text").insert(0, "some words to be garbled");
    const update = frameOf(kind, (encoder) => {
      writeVarUint(encoder, 0);
      writeUpdate(encoder, encodeStateAsUpdate(doc));
    });
    const found = await stranger((socket) => {
      socket.send(inStep(kind));
      const frame = randomInt(2) === 0 ? update : inStep(kind, doc);
      for (let index = 0; index < 3; index += 1) frame[randomInt(frame.length)] = randomInt(256);
      socket.send(frame.slice(0, randomInt(1, frame.length + 1)));
      socket.close(1000);
    });
    for (let index = 0; index < 300; index += 1) {
      const shared = await open(kind, found.addressFor(kind));
      expect(await lossOf(shared)).toMatchObject({ name: "DocumentError" });
      shared.close();
    }
  });

  test("a frame that is too large is not read", async () => {
    const before = process.memoryUsage().arrayBuffers;
    const found = await stranger((socket) => socket.send(Buffer.alloc(64 * 1_024 * 1_024 + 1)));
    await expect(open(kind, found.addressFor(kind))).rejects.toMatchObject({
      code: "document_unreachable",
      cause: { code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" },
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 1_024 * 1_024);
  });

  test("nothing is left of any of them: no timer, no socket, no listener", async () => {
    const listeners = process.listenerCount("exit");
    const before = resources();
    const server = await startDocumentServer(kind, { admits: (token) => token !== "no" });
    const found = await startStranger();
    const documents = await Promise.all(
      Array.from({ length: 20 }, (_, index) => open(kind, server.address, { document: `notes ${index}` })),
    );
    expect(process.listenerCount("exit")).toBe(listeners);
    for (const one of documents) one.awareness.setLocalState({ user: "us" });
    for (const one of documents.slice(0, 10)) one.close();
    await until(() => server.sockets.size === 10);
    server.cutAll();
    await Promise.all(documents.slice(10).map(lossOf));
    for (let index = 0; index < 10; index += 1) {
      await open(kind, server.address, { token: "no" }).catch(() => {});
      await open(kind, found.addressFor(kind), { openMs: 20 }).catch(() => {});
      await open(kind, addressOf(kind, await deadPort())).catch(() => {});
    }
    await until(() => server.sockets.size + found.sockets.size === 0);
    await Promise.all([server.close(), found.close()]);
    await until(() => resources() <= before);
    expect(process.listenerCount("exit")).toBe(listeners);
  });

  test("a server that does not answer our goodbye keeps us no longer than a second or two", async () => {
    const found = await stranger((socket) => {
      socket.send(inStep(kind));
      socket.pause();
    });
    const sockets = (): number => resources(/TCPSocketWrap/);
    const before = sockets();
    const shared = await open(kind, found.addressFor(kind));
    expect(sockets()).toBe(before + 2);
    const left = performance.now();
    shared.close();
    await until(() => sockets() === before + 1); // its own end of it
    expect(performance.now() - left).toBeLessThan(5_000);
  });
});

describe("y-websocket", () => {
  test.each([
    [{ status: 401 }, "document_refused"],
    [{ status: 403 }, "document_refused"],
    [{ status: 404 }, "document_unreachable"],
    [{ status: 500 }, "document_unreachable"],
    [{ status: 301 }, "document_unreachable"],
    [{ code: 4403 }, "document_refused"],
  ])("a refusal by %j is %s", async (refusal, fault) => {
    const server = await start("y-websocket", { admits: () => false, refusal });
    await expect(open("y-websocket", server.address)).rejects.toEqual(failure(fault));
  });

  test("a server that takes nothing and does not say so is found out", async () => {
    const server = await start("y-websocket", { onlyReads: (token) => token === "reader" });
    const shared = await open("y-websocket", server.address, { token: "reader" });
    textOf(shared).insert(0, "lost words");
    await expect(shared.settled()).rejects.toEqual(failure("document_read_only"));
    expect(shared.lost.reason).toEqual(failure("document_read_only"));
    expect(server.text("notes")).toBe("");
  });

  test("a server that says in its protocol that we may not is believed", async () => {
    const found = await stranger((socket) => {
      const encoder = createEncoder();
      writeVarUint(encoder, 2);
      writeVarUint(encoder, 0);
      writeVarString(encoder, "secret words");
      socket.send(toUint8Array(encoder));
    });
    await expect(open("y-websocket", found.addressFor("y-websocket"))).rejects.toEqual(
      failure("document_refused"),
    );
  });

  test("an answer that nobody asked for proves nothing: settled waits for one that has the words", async () => {
    const doc = new Doc();
    const { promise: gate, resolve: openGate } = Promise.withResolvers<void>();
    const found = await stranger((socket) => {
      socket.send(inStep("y-websocket"));
      socket.on("message", (data: Buffer) => void gate.then(() => answer(socket, new Uint8Array(data), doc)));
    });
    const shared = await open("y-websocket", found.addressFor("y-websocket"));
    textOf(shared).insert(0, "words");
    let had = "";
    const settled = shared.settled().then(() => (had = doc.getText("text").toJSON()));
    await new Promise(setImmediate);
    expect(had).toBe("");
    openGate();
    await settled;
    expect(had).toBe("words");
  });

  test.each(["two words", "notes:1", "ü", "x@y,z;a=b+c&$", "a'b(c)*!~_-.", "[1]|2", "..."])(
    "the document %j is the one that editors have by this name",
    async (document) => {
      const server = await start("y-websocket");
      const person = await join(server, document);
      const shared = await open("y-websocket", server.address, { document });
      textOf(shared).insert(0, "here");
      await person.until(() => person.text() === "here");
      expect(server.text(document)).toBe("here");
    },
  );

  test.each(["../x", "a/b", "a\\..\\b", "%2e%2e", "%2e%2e%2fx", "?auth=x", "a#b", "a\nb", "//host", "$&"])(
    "the document %j leads nowhere else",
    async (document) => {
      const paths: (string | undefined)[] = [];
      const found = await stranger((socket, request) => {
        paths.push(request.url);
        socket.send(inStep("y-websocket"));
      });
      const url = `ws://127.0.0.1:${found.port}/docs/{name}?auth={token}&v=1`;
      await open("y-websocket", url, { document, token: "a&b=$&" });
      const [path = "", query] = paths[0]?.split("?") ?? [];
      expect([path.split("/").length, path.startsWith("/docs/")]).toEqual([3, true]);
      expect(decodeURIComponent(path.slice("/docs/".length))).toBe(document);
      expect([...new URLSearchParams(query)]).toEqual([
        ["auth", "a&b=$&"],
        ["v", "1"],
      ]);
      await open("y-websocket", url, { document });
      expect(paths[1]?.split("?")[1]).toBe("v=1");
    },
  );
});

describe("hocuspocus", () => {
  test("who may only read is told so before a word is lost", async () => {
    const server = await start("hocuspocus", { onlyReads: () => true });
    await expect(open("hocuspocus", server.address)).rejects.toEqual(failure("document_read_only"));
  });

  test("who only wants to read may", async () => {
    const server = await start("hocuspocus", { onlyReads: (token) => token === "reader" });
    const writer = await open("hocuspocus", server.address);
    textOf(writer).insert(0, "to be read");
    await writer.settled();
    const reader = await open("hocuspocus", server.address, { token: "reader", onlyReads: true });
    expect(textOf(reader).toJSON()).toBe("to be read");
  });

  test("who may not write any more is told so", async () => {
    let isReadOnly = false;
    const server = await start("hocuspocus", {
      hooks: { beforeHandleMessage: async ({ connection }) => void (connection.readOnly = isReadOnly) },
    });
    const shared = await open("hocuspocus", server.address);
    await shared.settled();
    isReadOnly = true;
    textOf(shared).insert(0, "lost words");
    await expect(shared.settled()).rejects.toEqual(failure("document_read_only"));
    expect(await lossOf(shared)).toEqual(failure("document_read_only"));
  });

  test("a document that the server cannot load is refused", async () => {
    const server = await start("hocuspocus", {
      hooks: {
        onLoadDocument: async ({ document }) => {
          document.destroy(); // the server forgets to, and its timer would keep this process up
          throw new Error("");
        },
      },
    });
    await expect(open("hocuspocus", server.address)).rejects.toEqual(failure("document_refused"));
  });

  test.each([
    ["Forbidden", "document_refused"],
    ["Server closed the connection", "document_lost"],
  ])("a document that is closed while the socket stays, because of %j, is %s", async (reason, fault) => {
    let close = (): void => {};
    const server = await start("hocuspocus", {
      hooks: {
        connected: async ({ connection }) => void (close = () => connection.close({ code: 1, reason })),
      },
    });
    const shared = await open("hocuspocus", server.address);
    await shared.settled();
    close();
    expect(await lossOf(shared)).toEqual(failure(fault));
  });

  test("many changes that are not acknowledged make it full, however small they are", async () => {
    const server = await start("hocuspocus");
    const shared = await open("hocuspocus", server.address);
    await shared.settled();
    server.stall();
    for (let index = 0; index < 300; index += 1) textOf(shared).insert(0, "x");
    expect(shared.isFull).toBe(true);
    server.stall(true);
    await shared.settled();
    expect(shared.isFull).toBe(false);
  });

  test.each(["a/b", "..", "ü ?#", "%2e"])(
    "the document %j is the one that editors have by this name",
    async (document) => {
      const server = await start("hocuspocus");
      const person = await join(server, document);
      const shared = await open("hocuspocus", server.address, { document });
      textOf(shared).insert(0, "here");
      await person.until(() => person.text() === "here");
    },
  );
});

test("servers are there by their names, in the order given", async () => {
  const servers = await openServers([
    { name: "b", kind: "hocuspocus", url: "ws://127.0.0.1:1" },
    { name: "a", kind: "y-websocket", url: "ws://127.0.0.1:1/{name}" },
  ]);
  expect([...servers.keys()]).toEqual(["b", "a"]);
});

/** As a y-websocket server does, which reads in order. */
function answer(socket: WebSocket, frame: Uint8Array, doc: Doc): void {
  const decoder = createDecoder(frame);
  if (readVarUint(decoder) !== 0) return;
  const encoder = createEncoder();
  writeVarUint(encoder, 0);
  readSyncMessage(decoder, encoder, doc, socket);
  if (toUint8Array(encoder).length > 1) socket.send(toUint8Array(encoder));
}
