// What was seen of a document is in the store: after a restart, after kill -9, and when the store takes nothing any more.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { applyUpdate, Doc, type Text } from "yjs";
import { DocumentError, type SharedDocument } from "../server/coauthor/document.ts";
import { createMemoryStore } from "../server/log/memory.ts";
import { openSqliteStore } from "../server/log/sqlite.ts";
import { StorageError, type Store } from "../server/log/store.ts";
import { openWriter, textOf } from "./support/document-peer.ts";
import { startProcess } from "./support/process.ts";
import { caretsIn, openRawPeer, writing } from "./support/raw-peer.ts";
import { closing, parlorWithScript } from "./support/world.ts";

const wordsIn = (updates: readonly Uint8Array[]): string => {
  const doc = new Doc();
  for (const update of updates) applyUpdate(doc, update);
  return doc.getText("codemirror").toJSON();
};

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "parlor-"));
  closing(() => rm(made, { recursive: true }));
  return made;
}

type Held = { let: () => void; fail: (error: Error) => void };

/** A store whose appends to documents wait for the test from now on. */
function gated(store: Store = createMemoryStore()) {
  const held: Held[] = [];
  const takers: ((one: Held) => void)[] = [];
  let isOpen = true;
  const gatedStore: Store = {
    ...store,
    documents: {
      ...store.documents,
      append: async (updates) => {
        if (!isOpen) {
          const { promise, resolve, reject } = Promise.withResolvers<void>();
          const one = { let: resolve, fail: reject };
          const taker = takers.shift();
          if (taker) taker(one);
          else held.push(one);
          await promise;
        }
        await store.documents.append(updates);
      },
    },
  };
  return {
    store: gatedStore,
    shut: () => void (isOpen = false),
    open: () => {
      isOpen = true;
      for (const one of held.splice(0)) one.let();
    },
    next: (): Promise<Held> => {
      const one = held.shift();
      return one ? Promise.resolve(one) : new Promise((resolve) => takers.push(resolve));
    },
  };
}

/** Reads a document as it is stored. */
async function storedIn(store: Store, name: string): Promise<readonly Uint8Array[]> {
  const { updates, close } = await store.documents.open(name);
  close();
  return updates;
}

describe("what was seen is stored", () => {
  test("[S1] nobody is told of an update before it is durable: not those who are there, and not who comes meanwhile", async () => {
    const gate = gated();
    const { port } = await parlorWithScript({ store: gate.store });
    const [ada, bob] = [await openRawPeer(port, "notes"), await openRawPeer(port, "notes")];
    await ada.ask();
    await bob.ask();
    gate.shut();
    ada.send(writing("secret"));
    const append = await gate.next();
    const late = await openRawPeer(port, "notes");
    const answer = late.ask();
    for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
    expect([bob, late].flatMap(({ frames }) => frames).filter(({ kind }) => kind === "update")).toEqual([]);
    expect(late.frames.filter(({ kind }) => kind === "answer")).toEqual([]);
    append.let();
    expect(wordsIn([(await bob.next("update")).update])).toBe("secret");
    expect(wordsIn([await answer])).toBe("secret");
    gate.open();
  });

  test("what comes while a commit is under way goes into one more, and not into one each", async () => {
    const gate = gated();
    const { port, store } = await parlorWithScript({ store: gate.store });
    const ada = await openRawPeer(port, "notes");
    await ada.ask();
    gate.shut();
    ada.send(writing("1"));
    const first = await gate.next();
    for (let count = 0; count < 20; count++) ada.send(writing("x"));
    ada.socket.ping();
    await new Promise((resolve) => ada.socket.once("pong", resolve));
    gate.open();
    first.let();
    expect(wordsIn([await ada.ask()]).length).toBe(21);
    expect((await storedIn(store, "notes")).length).toBe(2);
  });

  test("[S1] after a restart on the same file the text is there", async () => {
    const path = join(await folder(), "parlor.db");
    const first = await openSqliteStore({ path });
    const before = await parlorWithScript({ store: first });
    const ada = await openWriter(before.port, "notes");
    ada.text.insert(0, "kept");
    ada.text.insert(4, " for ever");
    const bob = await openWriter(before.port, "notes");
    await bob.reads("kept for ever");
    ada.destroy();
    bob.destroy();
    await before.stop();
    await first.close();
    const second = await openSqliteStore({ path });
    closing(() => second.close());
    const { port } = await parlorWithScript({ store: second });
    expect(textOf(await openWriter(port, "notes"))).toBe("kept for ever");
  });

  test("[S1] kill -9, 5 times in the middle of writing: nothing that a peer has seen is missing", async () => {
    const path = join(await folder(), "parlor.db");
    let seen = "";
    for (let round = 0; round < 5; round++) {
      const { port, child, exited } = await startProcess({ STORE: `sqlite:${path}`, LOG_LEVEL: "error" });
      closing(async () => child.kill("SIGKILL"));
      const [ada, bob] = [await openWriter(port, "notes"), await openWriter(port, "notes")];
      expect(textOf(bob).startsWith(seen)).toBe(true);
      const length = textOf(bob).length;
      let count = 0;
      const write = (): void => {
        if (ada.provider.wsconnected) ada.text.insert(ada.text.length, `${round}.${count++} `);
      };
      const timer = setInterval(write, 1);
      await bob.until(() => bob.text.length > length + 200);
      child.kill("SIGKILL");
      clearInterval(timer);
      await exited;
      seen = textOf(bob);
      ada.destroy(); // who has written does not come again to tell it anew
      bob.destroy();
    }
    const { port, child } = await startProcess({ STORE: `sqlite:${path}`, LOG_LEVEL: "error" });
    closing(async () => child.kill("SIGKILL"));
    expect(textOf(await openWriter(port, "notes")).startsWith(seen)).toBe(true);
    expect(seen.length).toBeGreaterThan(1_000);
  }, 60_000);

  test("a document that nobody has open any more is one update in the store, and not in memory", async () => {
    const { port, store } = await parlorWithScript();
    const ada = await openRawPeer(port, "notes");
    for (let count = 0; count < 10; count++) {
      ada.send(writing(`${count}`));
      await ada.ask();
    }
    expect((await storedIn(store, "notes")).length).toBe(10);
    ada.socket.close();
    await ada.closed;
    let stored: readonly Uint8Array[] = [];
    while (stored.length !== 1) {
      await new Promise(setImmediate);
      stored = await storedIn(store, "notes");
    }
    expect(wordsIn(stored).length).toBe(10);
    expect(textOf(await openWriter(port, "notes")).length).toBe(10);
  });

  test("many small updates become one while the document is open, and nothing is lost", async () => {
    const { port, store } = await parlorWithScript({ documentLimits: { storedUpdates: 5 } });
    const ada = await openRawPeer(port, "notes");
    for (let count = 0; count < 18; count++) {
      ada.send(writing(`${count % 10}`));
      await ada.ask();
    }
    const stored = await storedIn(store, "notes");
    expect(stored.length).toBeLessThan(7);
    expect(wordsIn(stored).length).toBe(18);
  });
});

describe("a store that fails", () => {
  test("sends the peers away with 4001, is logged once, and they come again with what they wrote", async () => {
    const gate = gated();
    const { port, logged } = await parlorWithScript({ store: gate.store });
    const [ada, bob] = [await openWriter(port, "notes"), await openWriter(port, "notes")];
    gate.shut();
    const codes = Promise.all([ada.closed(), bob.closed()]);
    ada.text.insert(0, "not stored yet");
    (await gate.next()).fail(new StorageError("the disk is full"));
    gate.open();
    expect(await codes).toEqual([4001, 4001]);
    await bob.reads("not stored yet");
    const faults = logged.filter((line) => line.includes("document.fault"));
    expect(faults.length).toBe(1);
    expect(faults[0]).toContain("the disk is full");
  });

  test("a document that cannot be read sends who wants it away, and lets in who comes when it can", async () => {
    const store = createMemoryStore();
    let failures = 2;
    const failing: Store = {
      ...store,
      documents: {
        ...store.documents,
        open: (name) =>
          failures-- > 0 ? Promise.reject(new StorageError("unreadable")) : store.documents.open(name),
      },
    };
    const { port } = await parlorWithScript({ store: failing });
    const refused = await openRawPeer(port, "notes");
    expect(await refused.closed).toMatchObject({ code: 4001 });
    expect(textOf(await openWriter(port, "notes"))).toBe("");
  });

  test("a fault when a deserted document is put in order is logged, and loses nothing", async () => {
    const store = createMemoryStore();
    const failing: Store = {
      ...store,
      documents: { ...store.documents, replace: () => Promise.reject(new StorageError("full")) },
    };
    const { port, logged } = await parlorWithScript({ store: failing });
    const ada = await openRawPeer(port, "notes");
    for (const word of ["a", "b"]) {
      ada.send(writing(word));
      await ada.ask();
    }
    ada.socket.close();
    await ada.closed;
    expect(textOf(await openWriter(port, "notes")).length).toBe(2);
    expect(logged.filter((line) => line.includes("document.fault")).length).toBeLessThan(2);
  });
});

describe("draining", () => {
  test("what peers had sent before is stored, though they are gone", async () => {
    const gate = gated();
    const { port, store, stop } = await parlorWithScript({ store: gate.store });
    const ada = await openRawPeer(port, "notes");
    await ada.ask();
    gate.shut();
    ada.send(writing("last words"));
    const append = await gate.next();
    const stopped = stop();
    expect((await ada.closed).code).toBe(1012);
    append.let();
    await stopped;
    expect(wordsIn(await storedIn(store, "notes"))).toBe("last words");
  });
});

describe("a document that is open in this process", () => {
  const entrance = (client = 4_711) => ({ client, signal: new AbortController().signal });
  const textIn = ({ doc }: SharedDocument): Text => doc.getText("codemirror");

  test("is in step when it is opened, and both sides see what the other one writes", async () => {
    const { port, documents } = await parlorWithScript();
    const ada = await openWriter(port, "notes");
    ada.text.insert(0, "Dear ");
    const inner = await documents.open("notes", entrance());
    await until(inner, () => textIn(inner).toJSON() === "Dear ");
    expect(inner.doc.clientID).toBe(4_711);
    textIn(inner).insert(5, "Bob");
    await ada.reads("Dear Bob");
    ada.text.insert(8, ",");
    await until(inner, () => textIn(inner).toJSON() === "Dear Bob,");
    inner.close();
    inner.close();
  });

  test("settled says that what was written is durable, and not before", async () => {
    const gate = gated();
    const { documents, store } = await parlorWithScript({ store: gate.store });
    const inner = await documents.open("notes", entrance());
    await inner.settled();
    gate.shut();
    textIn(inner).insert(0, "words");
    let isSettled = false;
    const settled = inner.settled().then(() => (isSettled = true));
    const append = await gate.next();
    for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate);
    expect(isSettled).toBe(false);
    append.let();
    await settled;
    expect(wordsIn(await storedIn(store, "notes"))).toBe("words");
    gate.open();
    inner.close();
  });

  test("is full while too much waits to be stored", async () => {
    const gate = gated();
    const { documents } = await parlorWithScript({
      store: gate.store,
      documentLimits: { waitingBytes: 1_000 },
    });
    const inner = await documents.open("notes", entrance());
    gate.shut();
    textIn(inner).insert(0, "x".repeat(500));
    expect(inner.isFull).toBe(false);
    textIn(inner).insert(0, "x".repeat(600));
    expect(inner.isFull).toBe(true);
    gate.open();
    await inner.settled();
    expect(inner.isFull).toBe(false);
    inner.close();
  });

  test("its caret is seen, and gone at once when it is closed; what it wrote before is kept", async () => {
    const { port, documents } = await parlorWithScript();
    const watcher = await openRawPeer(port, "notes");
    const inner = await documents.open("notes", entrance());
    inner.awareness.setLocalState({ user: { name: "Assistant" } });
    const shown = async (wanted: string): Promise<void> => {
      for (;;)
        if (
          caretsIn(await watcher.next("carets")).some(
            ({ client, state }) => client === 4_711 && state.includes(wanted),
          )
        )
          return;
    };
    await shown("Assistant");
    textIn(inner).insert(0, "last words");
    inner.close();
    await shown("null");
    expect(wordsIn([await watcher.ask()])).toBe("last words");
  });

  test("is lost when the store fails, and settled says so", async () => {
    const gate = gated();
    const { documents } = await parlorWithScript({ store: gate.store });
    const inner = await documents.open("notes", entrance());
    gate.shut();
    textIn(inner).insert(0, "words");
    const settled = inner.settled();
    (await gate.next()).fail(new StorageError("full"));
    gate.open();
    await expect(settled).rejects.toMatchObject({ code: "document_lost" });
    expect(inner.lost.reason).toBeInstanceOf(DocumentError);
    await expect(inner.settled()).rejects.toMatchObject({ code: "document_lost" });
    const again = await documents.open("notes", entrance());
    expect(textIn(again).toJSON()).toBe("");
    again.close();
  });

  test("is lost when the server drains, when a write is refused, and never opened again then", async () => {
    const { documents, stop } = await parlorWithScript({ documentLimits: { documentBytes: 1_000 } });
    const full = await documents.open("full", entrance());
    textIn(full).insert(0, "x".repeat(2_000));
    await expect(full.settled()).rejects.toMatchObject({ code: "document_lost" });
    const inner = await documents.open("notes", entrance());
    await stop();
    expect(inner.lost.reason).toMatchObject({ code: "document_lost" });
    await expect(documents.open("notes", entrance())).rejects.toMatchObject({ code: "document_unreachable" });
  });

  test("is not opened by a name that is none, nor by who has given up", async () => {
    const { documents } = await parlorWithScript();
    await expect(documents.open("a/b", entrance())).rejects.toMatchObject({ code: "document_refused" });
    const reason = new Error("given up");
    const signal = AbortSignal.abort(reason);
    await expect(documents.open("notes", { client: 1, signal })).rejects.toBe(reason);
  });

  test("a store that cannot be read is an unreachable document", async () => {
    const store = createMemoryStore();
    const open = () => Promise.reject(new StorageError("unreadable"));
    const { documents } = await parlorWithScript({
      store: { ...store, documents: { ...store.documents, open } },
    });
    await expect(documents.open("notes", entrance())).rejects.toMatchObject({ code: "document_unreachable" });
  });
});

function until({ doc }: SharedDocument, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!isSo()) return;
      doc.off("update", look);
      resolve();
    };
    doc.on("update", look);
    look();
  });
}
