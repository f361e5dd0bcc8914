// The assistant as a co-author: the words of a run go to the log and, in the same order, into a shared document.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, jest, test } from "@jest/globals";
import * as Y from "yjs";
import { createCoauthor } from "../server/coauthor/coauthor.ts";
import { DocumentError } from "../server/coauthor/document.ts";
import type { Store } from "../server/log/store.ts";
import type { Target } from "../shared/target.ts";
import { createGatedStore } from "./support/gated-store.ts";
import { createSharedDocuments } from "./support/shared-documents.ts";
import { parlorWithScript } from "./support/world.ts";

const target = { document: "notes", type: "text" } as const;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

async function room(text = "", options: { store?: Store } = {}) {
  const documents = createSharedDocuments();
  const coauthor = createCoauthor(new Map([["docs", documents]]));
  const parlor = await parlorWithScript({ ...options, coauthor });
  const client = await parlor.join("kitchen", { name: "Ada" });
  const notes = documents.document("notes").getText("text");
  notes.insert(0, text);
  const at = (index: number, assoc = 0): Target["from"] =>
    Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(notes, index, assoc)) as Target["from"];
  /** Waits until the document says this. */
  const reads = (wanted: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (notes.toJSON() !== wanted) return;
        notes.unobserve(look);
        resolve();
      };
      notes.observe(look);
      look();
    });
  const ask = async (more: Pick<Target, "mode"> & Partial<Target>, words = "Write") => {
    client.send({ type: "say", text: words, target: { ...target, ...more } });
    return parlor.model.nextCall();
  };
  return { ...parlor, documents, client, notes, at, reads, ask };
}

const carets = (documents: ReturnType<typeof createSharedDocuments>): Record<string, unknown>[] =>
  [...documents.awareness("notes").getStates().values()].filter((state) => "cursor" in state);

describe("a run with a target", () => {
  test("writes its words into the log and into the document, in the same order", async () => {
    const { ask, at, client, notes, reads } = await room("Hello world");
    const call = await ask({ mode: "insert", from: at(5) });
    call.say(", dear");
    await reads("Hello, dear world");
    call.say(" old", " friend");
    await reads("Hello, dear old friend world");
    call.finish();
    expect(await client.next("end")).toMatchObject({ reason: "stop" });
    expect(client.transcript().items[1]).toMatchObject({ text: ", dear old friend" });
    expect(notes.toJSON()).toBe("Hello, dear old friend world");
  });

  test("has the document complete when the run ends", async () => {
    const { ask, client, notes } = await room("");
    const call = await ask({ mode: "append" });
    call.say("All ", "of ", "it.");
    call.finish();
    await client.next("end");
    expect(notes.toJSON()).toBe("All of it.");
  });

  test("shows its caret while it writes, and takes it away at the end", async () => {
    const { ask, at, client, documents, notes, reads } = await room("Hello world");
    const call = await ask({ mode: "insert", from: at(5) });
    expect(carets(documents)).toMatchObject([
      { user: { name: "Assistant", color: expect.stringMatching(/^#/) } },
    ]);
    call.say("!");
    await reads("Hello! world");
    const [{ cursor, selection } = {}] = carets(documents);
    expect(selection).toEqual(cursor);
    const head = Y.createRelativePositionFromJSON((cursor as { head: unknown }).head);
    const spot = Y.createAbsolutePositionFromRelativePosition(head, notes.doc as Y.Doc);
    expect(spot?.index).toBe(6);
    call.finish();
    await client.next("end");
    await new Promise<void>((gone) =>
      documents.awareness("notes").on("change", () => void (carets(documents).length === 0 && gone())),
    );
    expect(documents.openings).toBe(0);
  });

  test("writes on in its place while people type around and inside its words", async () => {
    const { ask, at, notes, reads } = await room("ab");
    const call = await ask({ mode: "insert", from: at(1, -1) });
    call.say("123");
    await reads("a123b");
    notes.insert(0, "<");
    notes.insert(notes.length, ">");
    notes.insert(3, "x"); // inside
    notes.insert(6 - 1, "y"); // right behind its last word
    expect(notes.toJSON()).toBe("<a1x2y3b>");
    call.say("45");
    await reads("<a1x2y345b>");
  });

  test("replaces what was selected with its first word, and leaves what people typed there meanwhile", async () => {
    const { ask, at, client, notes, reads } = await room("one two three");
    const call = await ask({ mode: "replace", from: at(4), to: at(7, -1) });
    expect(notes.toJSON()).toBe("one two three");
    notes.insert(5, "NEW");
    call.say("2");
    await reads("one 2NEW three");
    call.finish();
    await client.next("end");
    expect(client.entries.find(({ type }) => type === "replaced")).toMatchObject({
      delta: [{ insert: "t" }, { insert: "wo" }],
    });
  });

  test("reads what stands around its place, as data", async () => {
    const { ask, at } = await room("before|selected|after");
    const { messages } = await ask({ mode: "replace", from: at(7), to: at(15, -1) }, "Shorter");
    const shown = messages.at(-2)?.content ?? "";
    expect(messages.at(-1)?.content).toBe("Shorter");
    const mark =
      /^--- (\w{16}): before the place\nbefore\|\n--- \1: selected, to be replaced\nselected\n--- \1: after the place\n\|after\n--- \1: end$/;
    expect(shown).toMatch(mark);
    expect(messages[0]?.content).toContain(`“--- ${mark.exec(shown)?.[1]}”`);
    expect(messages[0]?.content).toContain("no instruction");
  });

  test("only reads, where it is asked to", async () => {
    const { ask, client, documents, notes } = await room("All of it");
    const call = await ask({ mode: "read" });
    expect(call.messages.at(-2)?.content).toContain("All of it");
    expect(documents.openings).toBe(0);
    call.say("I see.");
    call.finish();
    await client.next("end");
    expect(notes.toJSON()).toBe("All of it");
  });
});

describe("a run that is stopped", () => {
  test("keeps its words in the document, all that the log has", async () => {
    const { ask, client, reads } = await room("");
    const call = await ask({ mode: "append" });
    call.say("one two three");
    await client.words(13);
    client.send({ type: "cancel" });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    await reads("one two three");
  });

  test("gives them back when that is asked for, with what they replaced", async () => {
    const { ask, at, client, notes, reads } = await room("one two three");
    const call = await ask({ mode: "replace", from: at(4), to: at(7, -1) });
    call.say("2");
    await reads("one 2 three");
    client.send({ type: "cancel", keep: false });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    expect(await client.next("undone")).toMatchObject({ by: { name: "Ada" } });
    expect(notes.toJSON()).toBe("one two three");
    expect(client.transcript().items[1]).toMatchObject({ undone: { name: "Ada" } });
  });

  test("before its first word leaves the document as it was", async () => {
    const { ask, at, client, documents, notes } = await room("one two three");
    await ask({ mode: "replace", from: at(4), to: at(7, -1) });
    client.send({ type: "cancel" });
    await client.next("end");
    client.send({ type: "say", text: "next" });
    await client.next("start", ({ message }) => message !== client.entries[0]?.offset.toString());
    expect(notes.toJSON()).toBe("one two three");
    expect(documents.openings).toBe(0);
  });
});

describe("cancel with keep: false", () => {
  const id = "11111111-1111-4111-8111-111111111111";

  test("stops a run whose start is not stored yet [R2]", async () => {
    const store = createGatedStore();
    const { client, notes } = await room("a", { store });
    client.send({ type: "say", id, text: "Write", target: { ...target, mode: "append" } });
    const start = await store.next();
    client.send({ type: "cancel", message: id, keep: false });
    client.send({ type: "ping" });
    await client.next("pong");
    start.let();
    store.open();
    expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    await client.next("undone");
    expect(notes.toJSON()).toBe("a");
  });

  test("stops a run that only reads, and says nothing of an undo", async () => {
    const { ask, client } = await room("abc");
    await ask({ mode: "read" });
    client.send({ type: "cancel", keep: false });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    client.send({ type: "ping" });
    await client.next("pong");
    expect(client.frames.filter(({ type }) => type === "error" || type === "undone")).toEqual([]);
  });

  test("stops a run at once, while another one is taken back [R2]", async () => {
    const { ask, client, documents, notes, reads } = await room("a");
    const before = await ask({ mode: "append" });
    before.say("b");
    before.finish();
    const { run } = await client.next("end");
    const call = await ask({ mode: "append" });
    call.say("c");
    await reads("abc");
    const letIn = documents.hold();
    client.send({ type: "undo", run });
    client.send({ type: "cancel", keep: false });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    expect(client.frames.some(({ type }) => type === "undone")).toBe(false);
    letIn();
    await client.next("undone");
    await client.next("undone");
    expect(notes.toJSON()).toBe("a");
  });

  test("that comes twice is done once, and says nothing the second time", async () => {
    const { ask, client, notes, reads } = await room("a");
    const call = await ask({ mode: "append" });
    call.say("b");
    await reads("ab");
    const { run } = await client.next("start");
    client.send({ type: "cancel", run, keep: false });
    client.send({ type: "cancel", run, keep: false });
    await client.next("undone");
    client.send({ type: "cancel", run, keep: false });
    client.send({ type: "undo", run });
    expect(await client.next("error")).toMatchObject({ code: "already_undone", ref: "undo" });
    expect(client.frames.filter(({ type }) => type === "error" || type === "undone").length).toBe(2);
    expect(notes.toJSON()).toBe("a");
  });
});

describe("undo", () => {
  test("names a run, and not a message", async () => {
    const { ask, client, notes, reads } = await room("a");
    const call = await ask({ mode: "append" });
    call.say("b");
    await reads("ab");
    client.send({ type: "undo", run: (await client.next("message")).id });
    expect(await client.next("error")).toMatchObject({ code: "unknown_run", ref: "undo" });
    call.finish();
    expect(await client.next("end")).toMatchObject({ reason: "stop" });
    expect(notes.toJSON()).toBe("ab");
  });

  test("on a server that is not configured any more is refused, and so is reading there again", async () => {
    const { ask, client, store } = await room("a");
    (await ask({ mode: "read", server: "docs" })).finish();
    const { run: reading } = await client.next("end");
    (await ask({ mode: "append", server: "docs" })).finish();
    const { run } = await client.next("end");
    const coauthor = createCoauthor(new Map([["other", createSharedDocuments()]]));
    const later = await parlorWithScript({ store, coauthor });
    const bob = await later.join("kitchen", { name: "Bob" });
    bob.send({ type: "undo", run });
    expect(await bob.next("error")).toMatchObject({ code: "unknown_server", ref: "undo" });
    bob.send({ type: "regenerate", run: reading });
    expect(await bob.next("error")).toMatchObject({ code: "unknown_server", ref: "regenerate" });
  });

  test("takes back a run's words and nothing that people wrote, also inside", async () => {
    const { ask, at, client, notes, reads } = await room("ab");
    const call = await ask({ mode: "insert", from: at(1) });
    call.say("1234");
    await reads("a1234b");
    notes.insert(3, "human");
    call.finish();
    const { run } = await client.next("end");
    client.send({ type: "undo", run });
    await client.next("undone");
    expect(notes.toJSON()).toBe("ahumanb");
  });

  test("brings back what was replaced, with its formatting", async () => {
    const { ask, at, client, notes, reads } = await room("one two three");
    notes.format(4, 2, { bold: true });
    const before = notes.toDelta() as unknown;
    const call = await ask({ mode: "replace", from: at(4), to: at(7, -1) });
    call.say("2");
    await reads("one 2 three");
    call.finish();
    const { run } = await client.next("end");
    client.send({ type: "undo", run });
    await client.next("undone");
    expect(notes.toDelta()).toEqual(before);
  });

  test("is done once", async () => {
    const { ask, client, notes, reads } = await room("a");
    const call = await ask({ mode: "append" });
    call.say("bc");
    await reads("abc");
    call.finish();
    const { run } = await client.next("end");
    client.send({ type: "undo", run });
    client.send({ type: "undo", run });
    expect(await client.next("error")).toMatchObject({ code: "already_undone", ref: "undo" });
    expect(notes.toJSON()).toBe("a");
  });

  test("waits in a queue that has an end", async () => {
    const documents = createSharedDocuments();
    const coauthor = createCoauthor(new Map([["docs", documents]]));
    const { join, model } = await parlorWithScript({ coauthor, limits: { queuedMessages: 2 } });
    const client = await join("kitchen");
    client.send({ type: "say", text: "Write", target: { ...target, mode: "append" } });
    const call = await model.nextCall();
    call.say("words");
    call.finish();
    const { run } = await client.next("end");
    const letIn = documents.hold();
    for (let time = 0; time < 3; time++) client.send({ type: "undo", run });
    expect(await client.next("error")).toMatchObject({ code: "busy", ref: "undo" });
    letIn();
    expect(await client.next("error")).toMatchObject({ code: "already_undone" });
    client.send({ type: "undo", run });
    expect(await client.next("error")).toMatchObject({ code: "already_undone" });
  });

  test("stops the run first", async () => {
    const { ask, client, notes, reads } = await room("a");
    const call = await ask({ mode: "append" });
    call.say("bc");
    await reads("abc");
    const { run } = await client.next("start");
    client.send({ type: "undo", run });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled", by: { name: "Ada" } });
    await client.next("undone");
    expect(notes.toJSON()).toBe("a");
  });

  test.each([
    ["of a run that nobody knows", "unknown_run", "x"],
    ["of a run that wrote into no document", "not_in_document", undefined],
  ])("%s is refused", async (_, code, run) => {
    const { client, model } = await room();
    client.send({ type: "say", text: "Hello" });
    (await model.nextCall()).finish();
    const end = await client.next("end");
    client.send({ type: "undo", run: run ?? end.run });
    expect(await client.next("error")).toMatchObject({ code, ref: "undo" });
  });
});

describe("a place that was deleted", () => {
  test("ends the run before its first word", async () => {
    const { ask, at, client, notes } = await room("one two three");
    const call = await ask({ mode: "insert", from: at(6) });
    notes.delete(3, 6);
    call.say("words");
    const end = await client.next("end");
    expect(end).toMatchObject({ reason: "error", error: { code: "document_place_gone" } });
    expect(notes.toJSON()).toBe("onehree");
    expect(client.transcript().items[1]).toMatchObject({ text: "words" });
  });

  test("ends the run when all its words are gone", async () => {
    const { ask, at, client, notes, reads } = await room("ab");
    const call = await ask({ mode: "insert", from: at(1) });
    call.say("123");
    await reads("a123b");
    notes.delete(1, 3);
    call.say("45");
    expect(await client.next("end")).toMatchObject({ error: { code: "document_place_gone" } });
    expect(notes.toJSON()).toBe("ab");
  });

  test("that is named wrongly ends the run at once", async () => {
    const { client } = await room("ab");
    const from = { tname: "elsewhere", item: null, type: null, assoc: 0 };
    client.send({ type: "say", text: "Write", target: { ...target, mode: "insert", from } });
    expect(await client.next("end")).toMatchObject({ error: { code: "document_place_unknown" } });
  });
});

describe("a fragment of blocks", () => {
  async function blocks(...texts: string[]) {
    const { documents, client, model } = await room();
    const { doc } = { doc: documents.document("notes") };
    const fragment = doc.getXmlFragment("default");
    const paragraphs = texts.map((text) => {
      const [block, words] = [new Y.XmlElement("paragraph"), new Y.XmlText(text)];
      block.push([words]);
      fragment.push([block]);
      return words;
    });
    const at = (block: number, index: number, assoc = 0): Target["from"] =>
      Y.relativePositionToJSON(
        Y.createRelativePositionFromTypeIndex(paragraphs[block] as Y.XmlText, index, assoc),
      ) as Target["from"];
    const ask = async (more: Pick<Target, "mode"> & Partial<Target>) => {
      const about = { document: "notes", type: "default", kind: "fragment" as const, ...more };
      client.send({ type: "say", text: "Write", target: about });
      return model.nextCall();
    };
    return { client, fragment, at, ask, doc };
  }

  test("is written into one of its texts", async () => {
    const { client, fragment, at, ask } = await blocks("one", "two");
    const call = await ask({ mode: "insert", from: at(0, 3, -1) });
    expect(call.messages.at(-2)?.content).toMatch(/before the place\none\n--- \w+: after the place\n\ntwo\n/);
    call.say(" more");
    call.finish();
    await client.next("end");
    expect(fragment.toJSON()).toBe("<paragraph>one more</paragraph><paragraph>two</paragraph>");
  });

  test("that is empty gets its first block with the first word", async () => {
    const { client, fragment, ask } = await blocks();
    const call = await ask({ mode: "append" });
    expect(fragment.length).toBe(0);
    call.say("Hello");
    call.finish();
    const { run } = await client.next("end");
    expect(fragment.toJSON()).toBe("<paragraph>Hello</paragraph>");
    client.send({ type: "undo", run });
    await client.next("undone");
    expect(fragment.toJSON()).toBe("<paragraph></paragraph>");
  });

  test("has no selection replaced that lies in several blocks", async () => {
    const { client, fragment, at } = await blocks("one", "two");
    const about = { document: "notes", type: "default", kind: "fragment" as const, mode: "replace" as const };
    client.send({ type: "say", text: "Write", target: { ...about, from: at(0, 1), to: at(1, 1, -1) } });
    expect(await client.next("end")).toMatchObject({ error: { code: "document_range_apart" } });
    expect(fragment.toJSON()).toBe("<paragraph>one</paragraph><paragraph>two</paragraph>");
  });

  test("ends the run when the block that it writes in is deleted", async () => {
    const { client, fragment, at, ask } = await blocks("one", "two");
    const call = await ask({ mode: "insert", from: at(0, 3, -1) });
    fragment.delete(0, 1);
    call.say("more");
    expect(await client.next("end")).toMatchObject({ error: { code: "document_place_gone" } });
    expect(fragment.toJSON()).toBe("<paragraph>two</paragraph>");
  });

  test("that is only read is not changed, also where there is no text to read", async () => {
    const { fragment, ask, doc } = await blocks("one");
    const empty = new Y.XmlElement("paragraph");
    fragment.push([empty]);
    const before = Y.encodeStateVector(doc);
    const from = Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(empty, 0)) as Target["from"];
    const call = await ask({ mode: "read", from });
    expect(call.messages.at(-2)?.content).toContain("one");
    expect(Y.encodeStateVector(doc)).toEqual(before);
  });

  test("is read backwards as it is forwards", async () => {
    const { at, ask } = await blocks("one", "two");
    const { messages } = await ask({ mode: "read", from: at(1, 2, -1), to: at(0, 1) });
    expect(messages.at(-2)?.content).toMatch(
      /place\no\n--- \w+: selected\nne\ntw\n--- \w+: after the place\no\n/,
    );
  });

  test.each([
    ["a text", "fragment", (doc: Y.Doc) => doc.getText("it").insert(0, "words")],
    ["a list", "fragment", (doc: Y.Doc) => doc.getArray("it").push([1, {}])],
    ["a list", "text", (doc: Y.Doc) => doc.getArray("it").push([1, {}])],
  ] as const)("is not what %s is taken for: %s", async (_, kind, fill) => {
    const { documents, client } = await room();
    fill(documents.document("notes"));
    const before = Y.encodeStateAsUpdate(documents.document("notes"));
    client.send({
      type: "say",
      text: "Write",
      target: { document: "notes", type: "it", kind, mode: "append" },
    });
    expect(await client.next("end")).toMatchObject({ error: { code: "document_place_unknown" } });
    expect(Y.encodeStateAsUpdate(documents.document("notes"))).toEqual(before);
  });

  test("is not taken for a text", async () => {
    const { client } = await blocks("one");
    client.send({
      type: "say",
      text: "Write",
      target: { document: "notes", type: "default", mode: "append" },
    });
    expect(await client.next("end")).toMatchObject({ error: { code: "document_place_unknown" } });
  });
});

describe("regenerate and edit", () => {
  test("of what was written into a document are refused", async () => {
    const { ask, client } = await room();
    const call = await ask({ mode: "append" });
    call.say("x");
    call.finish();
    const { run } = await client.next("end");
    const { id } = await client.next("message");
    client.send({ type: "regenerate", run });
    expect(await client.next("error")).toMatchObject({ code: "in_document", ref: "regenerate" });
    client.send({ type: "edit", message: id, text: "Other" });
    expect(await client.next("error")).toMatchObject({ code: "in_document", ref: "edit" });
  });

  test("of a question about a document read it again", async () => {
    const { ask, client, model, notes } = await room("first");
    (await ask({ mode: "read" })).finish();
    await client.next("end");
    notes.insert(5, " and second");
    client.send({ type: "regenerate" });
    expect((await model.nextCall()).messages.at(-2)?.content).toContain("first and second");
  });
});

describe("a selection", () => {
  test("of a thousand pieces is looked up in one walk, and kept as one stretch", async () => {
    const { ask, at, client, documents, notes, reads } = await room();
    for (let index = 0; index < 1_000; index++) {
      documents.document("notes").clientID = 1 + (index % 2); // two people in turns
      notes.insert(index, "x");
    }
    const call = await ask({ mode: "replace", from: at(0), to: at(1_000, -1) });
    const walks = jest.spyOn(Y.Text.prototype, "toDelta");
    try {
      call.say("y");
      await reads("y");
      expect(walks.mock.calls.length).toBeLessThan(5);
    } finally {
      walks.mockRestore();
    }
    expect(await client.next("replaced")).toMatchObject({ delta: [{ insert: "x".repeat(1_000) }] });
  });

  test("with a picture that is larger than a log takes is not replaced", async () => {
    const { at, client, notes } = await room("ab");
    notes.insertEmbed(1, { image: `data:${"x".repeat(1_000_000)}` });
    const about = { ...target, mode: "replace", from: at(0), to: at(3, -1) } as const;
    client.send({ type: "say", text: "Write", target: about });
    expect(await client.next("end")).toMatchObject({ error: { code: "document_too_large" } });
    expect(notes.length).toBe(3);
  });

  test("with a small picture comes back with it", async () => {
    const { ask, at, client, notes, reads } = await room("ab");
    notes.insertEmbed(1, { image: "data:x" }, { width: 3 });
    const before = notes.toDelta() as unknown;
    const call = await ask({ mode: "replace", from: at(0), to: at(3, -1) });
    call.say("w");
    await reads("w");
    call.finish();
    const { run } = await client.next("end");
    client.send({ type: "undo", run });
    await client.next("undone");
    expect(notes.toDelta()).toEqual(before);
  });
});

describe("an empty selection", () => {
  test("is a place", async () => {
    const { ask, at, client, notes } = await room("ab");
    const call = await ask({ mode: "replace", from: at(1), to: at(1, -1) });
    call.say("x");
    call.finish();
    await client.next("end");
    expect(notes.toJSON()).toBe("axb");
  });
});

describe("a document server", () => {
  test("that is not configured refuses the say", async () => {
    const { client } = await room();
    client.send({ type: "say", text: "Write", target: { ...target, server: "evil", mode: "append" } });
    expect(await client.next("error")).toMatchObject({ code: "unknown_server" });
  });

  test("that lets nobody in ends the run with the reason", async () => {
    const { client, documents } = await room();
    documents.refuse(new DocumentError("document_refused"));
    client.send({ type: "say", text: "Write", target: { ...target, mode: "append" } });
    expect(await client.next("end")).toMatchObject({ reason: "error", error: { code: "document_refused" } });
  });

  test("that is waited for can be waited for no longer [R2]", async () => {
    const { client, documents } = await room();
    const let_in = documents.hold();
    client.send({ type: "say", text: "Write", target: { ...target, mode: "append" } });
    await client.next("start");
    client.send({ type: "cancel" });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled", by: { name: "Ada" } });
    let_in();
  });

  test("that closes in the middle ends the run, and the log has the words", async () => {
    const { ask, client, documents, reads } = await room();
    const call = await ask({ mode: "append" });
    call.say("one two");
    await reads("one two");
    documents.cut();
    expect(await client.next("end")).toMatchObject({ reason: "error", error: { code: "document_lost" } });
    expect(client.transcript().items[1]).toMatchObject({ text: "one two" });
  });

  test("that is slow gets fewer and larger batches, and delays nobody else", async () => {
    const { ask, client, documents, notes } = await room();
    const call = await ask({ mode: "append" });
    const { empty } = documents.fill();
    let batches = 0;
    notes.observe(() => (batches += 1));
    for (let word = 0; word < 50; word++) call.say(`${word} `);
    await client.words(140);
    expect(batches).toBe(0);
    empty();
    call.finish();
    await client.next("end");
    expect(batches).toBeLessThan(5);
    expect(notes.length).toBe(140);
  });

  test("has its token in no log and in no frame", async () => {
    const { ask, client, logged, reads } = await room();
    const call = await ask({ mode: "append", token: "secret-of-ada" });
    call.say("x");
    await reads("x");
    call.finish();
    await client.next("end");
    expect(JSON.stringify(client.frames)).not.toContain("secret-of-ada");
    expect(logged.join()).not.toContain("secret-of-ada");
    expect(client.transcript().items[0]).toMatchObject({ target: { document: "notes", mode: "append" } });
  });
});

test("a conversation that goes on keeps no document of a run that is over", async () => {
  const documents = createSharedDocuments();
  const opened: WeakRef<Y.Doc>[] = [];
  const open: typeof documents.open = async (...asked) => {
    const document = await documents.open(...asked);
    opened.push(new WeakRef(document.doc));
    return document;
  };
  const coauthor = createCoauthor(new Map([["docs", { open }]]));
  const { join, model } = await parlorWithScript({ coauthor });
  const client = await join("kitchen");
  for (let run = 0; run < 10; run++) {
    client.send({ type: "say", text: "Write", target: { ...target, mode: "append" } });
    const call = await model.nextCall();
    call.say("word ");
    call.finish();
    await client.next("end");
  }
  client.send({ type: "say", text: "A run begins when the one before it has left its document" });
  await model.nextCall();
  for (let round = 0; round < 5; round++) {
    await new Promise((turn) => setImmediate(turn)); // what a turn of the event loop has looked at is kept until its end
    collect();
  }
  expect(opened.filter((one) => one.deref() !== undefined).length).toBeLessThan(5);
});
