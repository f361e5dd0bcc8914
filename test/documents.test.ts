// Shared documents over real sockets, with the provider that people have: y-websocket, unmodified.
import { once } from "node:events";
import { describe, expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { applyUpdate, Doc, XmlText } from "yjs";
import { openWriter, textOf } from "./support/document-peer.ts";
import { caretsIn, caretsOf, openRawPeer, writing } from "./support/raw-peer.ts";
import { openRawSocket, upgradeRequest } from "./support/raw-socket.ts";
import { parlorWithScript } from "./support/world.ts";

const wordsIn = (update: Uint8Array): string => {
  const doc = new Doc();
  applyUpdate(doc, update);
  return doc.getText("codemirror").toJSON();
};

describe("peers of a document", () => {
  test("two y-websocket providers converge, and one that comes later has it all", async () => {
    const { port } = await parlorWithScript();
    const [ada, bob] = [await openWriter(port, "notes"), await openWriter(port, "notes")];
    ada.text.insert(0, "Hello");
    await bob.reads("Hello");
    bob.text.insert(5, ", world");
    await ada.reads("Hello, world");
    const late = await openWriter(port, "notes");
    expect(textOf(late)).toBe("Hello, world");
  });

  test("many who type at the same time have the same text in the end, and nothing is missing", async () => {
    const { port } = await parlorWithScript();
    const writers = await Promise.all(Array.from({ length: 6 }, () => openWriter(port, "busy")));
    for (let turn = 0; turn < 30; turn++)
      for (const [index, { text }] of writers.entries()) text.insert(Math.min(turn, text.length), `${index}`);
    await Promise.all(writers.map(({ until, text }) => until(() => text.length === 180)));
    expect(new Set(writers.map(textOf)).size).toBe(1);
  });

  test("what was written while the connection was gone comes with the next one, both ways", async () => {
    const { port } = await parlorWithScript();
    const [ada, bob] = [await openWriter(port, "notes"), await openWriter(port, "notes")];
    ada.provider.disconnect();
    ada.text.insert(0, "offline ");
    bob.text.insert(0, "meanwhile ");
    ada.provider.connect();
    await ada.until(() => textOf(ada).length === 18);
    await bob.until(() => textOf(bob).length === 18);
    expect(textOf(ada)).toBe(textOf(bob));
  });

  test("formatting that two have set at the same time is kept, of both, for who comes later", async () => {
    const { port } = await parlorWithScript();
    const [ada, bob] = [await openWriter(port, "notes"), await openWriter(port, "notes")];
    const textIn = ({ doc }: typeof ada): XmlText | undefined =>
      doc.getXmlFragment("blocks").toArray()[0] as XmlText | undefined;
    const deltaIn = (writer: typeof ada) => textIn(writer)?.toDelta() as { insert: string }[] | undefined;
    const says = (writer: typeof ada, words: string): Promise<void> =>
      writer.until(
        () =>
          deltaIn(writer)
            ?.map(({ insert }) => insert)
            .join("") === words,
      );
    ada.doc.getXmlFragment("blocks").push([new XmlText("one two three")]);
    await says(bob, "one two three");
    for (const writer of [ada, bob]) {
      writer.provider.disconnect();
      textIn(writer)?.format(0, 7, { bold: true });
    }
    textIn(bob)?.insert(13, "!");
    ada.provider.connect();
    bob.provider.connect();
    await says(ada, "one two three!");
    const late = await openWriter(port, "notes");
    await says(late, "one two three!");
    expect(deltaIn(late)).toEqual([{ insert: "one two", attributes: { bold: true } }, { insert: " three!" }]);
  });

  test("who is there is seen with the caret, and is gone at once when it leaves", async () => {
    const { port } = await parlorWithScript();
    const [ada, bob] = [await openWriter(port, "notes"), await openWriter(port, "notes")];
    ada.provider.awareness.setLocalState({ user: { name: "Ada" }, cursor: 3 });
    const seen = (): unknown => bob.provider.awareness.getStates().get(ada.doc.clientID);
    await bob.until(() => JSON.stringify(seen() ?? "").includes("Ada"));
    expect(seen()).toEqual({ user: { name: "Ada" }, cursor: 3 });
    const late = await openWriter(port, "notes");
    await late.until(() => late.provider.awareness.getStates().has(ada.doc.clientID));
    (ada.provider.ws as unknown as WebSocket).terminate();
    ada.destroy();
    await bob.until(() => seen() === undefined);
  });

  test("what others repeat of a caret that has gone is not believed, and its owner may come back with it", async () => {
    const { port } = await parlorWithScript();
    const [owner, parrot] = [await openRawPeer(port, "notes"), await openRawPeer(port, "notes")];
    const ada = caretsOf({ client: 7, clock: 4, state: '{"name":"Ada"}' });
    const heard = async (): Promise<string | undefined> => {
      for (;;) {
        const caret = caretsIn(await parrot.next("carets")).find(({ client }) => client === 7);
        if (caret) return caret.state;
      }
    };
    owner.send(ada);
    expect(await heard()).toContain("Ada");
    owner.send(caretsOf({ client: 7, clock: 5, state: "null" }));
    expect(await heard()).toBe("null");
    parrot.send(ada);
    await parrot.ask();
    const late = await openRawPeer(port, "notes");
    expect(caretsIn(await late.next("carets"))).toEqual([]);
    late.send(caretsOf({ client: 7, clock: 5, state: '{"name":"Ada is back"}' }));
    expect(await heard()).toContain("back");
  });

  test("nobody moves or removes another one's caret, until its owner has left", async () => {
    const { port } = await parlorWithScript();
    const [owner, thief] = [await openRawPeer(port, "notes"), await openRawPeer(port, "notes")];
    owner.send(caretsOf({ client: 7, clock: 1, state: '{"name":"Ada"}' }));
    const shown = async (): Promise<unknown[]> => {
      const reader = await openRawPeer(port, "notes");
      return caretsIn(await reader.next("carets"));
    };
    await owner.ask();
    thief.send(caretsOf({ client: 7, clock: 2, state: '{"name":"Eve"}' }));
    thief.send(caretsOf({ client: 7, clock: 1, state: "null" }));
    thief.send(caretsOf({ client: 7, clock: 9, state: "null" }));
    await thief.ask();
    expect(await shown()).toEqual([{ client: 7, clock: 1, state: '{"name":"Ada"}' }]);
    owner.socket.terminate();
    await thief.next("carets");
    for (;;) if (caretsIn(await thief.next("carets")).some(({ state }) => state === "null")) break;
    thief.send(caretsOf({ client: 7, clock: 2, state: '{"name":"Ada again"}' }));
    await thief.ask();
    expect(await shown()).toEqual([{ client: 7, clock: 2, state: '{"name":"Ada again"}' }]);
  });

  test("an author is not sent its own words, and who waits for somebody else's is sent all of them", async () => {
    const { port } = await parlorWithScript();
    const [ada, bob] = [await openRawPeer(port, "notes"), await openRawPeer(port, "notes")];
    await ada.ask();
    await bob.ask();
    ada.send(writing("mine"));
    expect(wordsIn((await bob.next("update")).update)).toBe("mine");
    await ada.ask();
    expect(ada.frames.filter(({ kind }) => kind === "update")).toEqual([]);
    // two halves, of which the second comes first and from somebody else
    const doc = new Doc();
    const halves: Uint8Array[] = [];
    doc.on("update", (update: Uint8Array) => halves.push(update));
    doc.getMap("map").set("first", 1);
    doc.getMap("map").set("second", 2);
    const [first, second] = halves as [Uint8Array, Uint8Array];
    ada.send(Uint8Array.of(0, 2, second.length, ...second));
    await ada.ask();
    bob.send(Uint8Array.of(0, 2, first.length, ...first));
    const whole = new Doc();
    applyUpdate(whole, (await bob.next("update")).update);
    expect(whole.getMap("map").toJSON()).toEqual({ first: 1, second: 2 });
  });

  test("a provider that has nothing to say hears something often enough to stay", async () => {
    const { port } = await parlorWithScript({ documentLimits: { keepAliveMs: 5 } });
    const peer = await openRawPeer(port, "notes");
    await peer.next("carets");
    for (let signs = 0; signs < 5; signs++) expect(caretsIn(await peer.next("carets"))).toEqual([]);
  });

  test("[A1] nothing of one document reaches a socket that is in another", async () => {
    const { port } = await parlorWithScript();
    const [here, there] = [await openRawPeer(port, "here"), await openRawPeer(port, "there")];
    await here.ask();
    await there.ask();
    here.send(writing("secret"));
    here.send(caretsOf({ client: 1, clock: 1, state: '{"name":"Ada"}' }));
    const watcher = await openRawPeer(port, "here");
    expect(wordsIn(await watcher.ask())).toBe("secret");
    expect(wordsIn(await there.ask())).toBe("");
    expect(there.frames.filter(({ kind }) => kind === "update")).toEqual([]);
    expect(there.frames.flatMap((frame) => (frame.kind === "carets" ? caretsIn(frame) : []))).toEqual([]);
  });
});

describe("the way in", () => {
  test.each([
    ["/docs", 404],
    ["/docs/", 404],
    ["/docs/a/b", 404],
    ["/docs/a%20b", 404],
    [`/docs/${"x".repeat(129)}`, 404],
    [`/docs/${"x".repeat(128)}`, 101],
    ["/docs/__proto__?token=any", 101],
  ])("%s is answered with %i", async (path, status) => {
    const { port } = await parlorWithScript();
    const { socket, until } = await openRawSocket(port);
    socket.write(upgradeRequest({}, path));
    expect(await until((received) => received.includes("\r\n"))).toContain(`HTTP/1.1 ${status} `);
    socket.destroy();
  });

  test("a page from elsewhere is refused with 403, and a plain request with 426", async () => {
    const { port } = await parlorWithScript();
    const { socket, until } = await openRawSocket(port);
    socket.write(upgradeRequest({ Origin: "https://evil.example" }, "/docs/notes"));
    expect(await until((received) => received.includes("\r\n"))).toContain("403");
    expect((await fetch(`http://127.0.0.1:${port}/docs/notes`)).status).toBe(426);
  });

  test("its sockets count with the others: beyond `connections` it is 503, for documents and conversations", async () => {
    const { port, address, join } = await parlorWithScript({ limits: { connections: 2 } });
    await join("room");
    const peer = await openRawPeer(port, "notes");
    for (const url of [address, `ws://127.0.0.1:${port}/docs/notes`]) {
      const refused = new WebSocket(url);
      const [error] = (await once(refused, "error")) as [Error];
      expect(error.message).toContain("503");
    }
    peer.socket.close();
    await peer.closed;
    await openWriter(port, "notes");
  });
});

describe("a peer that does not read", () => {
  test("[S2] 60 MB past it: less than 2 MiB is held for it, it delays nobody, and in the end it has everything", async () => {
    const { port } = await parlorWithScript({ documentLimits: { framesPerSecond: 0 } });
    const ada = await openWriter(port, "notes");
    const stopped = await openRawPeer(port, "notes");
    await stopped.ask();
    stopped.socket.pause();
    const bob = await openWriter(port, "notes");
    const page = "0123456789abcdef".repeat(62_500);
    for (let turn = 0; turn < 60; turn++) {
      ada.doc.transact(() => {
        ada.text.delete(0, ada.text.length);
        ada.text.insert(0, `${turn} ${page}`);
      });
      await bob.until(() => textOf(bob).startsWith(`${turn} `));
    }
    const queued = Math.max(...socketsOfThisServer(port).map(({ writableLength }) => writableLength));
    expect(queued).toBeGreaterThan(0);
    expect(queued).toBeLessThan(2_097_152);
    const doc = new Doc();
    stopped.socket.resume();
    for (;;) {
      applyUpdate(doc, (await stopped.next("update")).update);
      if (doc.getText("codemirror").toJSON() === textOf(ada)) break;
    }
    expect(stopped.frames.filter(({ kind }) => kind === "update").length).toBeLessThan(30);
  }, 60_000);
});

type Handle = { writableLength: number; localPort?: number; remotePort?: number };

/** The server's ends of the connections to it, in this process. */
function socketsOfThisServer(port: number): Handle[] {
  const handles = (process as unknown as { _getActiveHandles(): Handle[] })._getActiveHandles();
  return handles.filter(({ localPort }) => localPort === port);
}

describe("draining", () => {
  test("peers are sent to come again with 1012, and newcomers get 503", async () => {
    const { port, stop, model, join } = await parlorWithScript();
    const peer = await openRawPeer(port, "notes");
    peer.send(writing("to the end"));
    const client = await join("room");
    client.send({ type: "say", text: "wait" });
    const call = await model.nextCall();
    const stopped = stop(60_000);
    const refused = new WebSocket(`ws://127.0.0.1:${port}/docs/notes`);
    expect(((await once(refused, "error")) as [Error])[0].message).toContain("503");
    expect(wordsIn(await peer.ask())).toBe("to the end"); // what is active has its grace, and so have they
    call.finish();
    expect((await peer.closed).code).toBe(1012);
    await stopped;
  });
});
