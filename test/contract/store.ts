// What every store must do. One suite, run over each of them.
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { place } from "../../server/log/entry.ts";
import type { Append, Store } from "../../server/log/store.ts";
import type { Draft, Entry } from "../../shared/protocol.ts";
import { emptyTranscript, foldAll } from "../../shared/transcript.ts";

const author = { id: "ada", name: "Ada" };
const time = "2026-01-01T00:00:00.000Z";
const message = (id: string, text = "Hello"): Draft => ({
  type: "message",
  id,
  author,
  text,
  time,
  reply: true,
});
const start = (run: string, of: string): Draft => ({ type: "start", run, message: of, model: "test", time });
const token = (run: string, text: string): Draft => ({ type: "token", run, text });
const end = (run: string): Draft => ({ type: "end", run, reason: "stop", time });

const wide = 1_000_000;

/** @param openStore gives a new, empty store, and closes what it opened for it at the end */
export function storeContract(
  name: string,
  openStore: () => Promise<{ store: Store; close: () => Promise<void> }>,
): void {
  describe(`the store contract: ${name}`, () => {
    let store: Store;
    let close: () => Promise<void>;

    beforeEach(async () => {
      ({ store, close } = await openStore());
    });
    afterEach(() => close());

    /** Writes drafts where the log ends, as its one writer. */
    async function write(conversation: string, ...drafts: Draft[]): Promise<Entry[]> {
      const { term, head } = await store.claim(conversation);
      const entries = place(drafts, head);
      expect(await store.append([{ conversation, term, head, entries }])).toEqual(["durable"]);
      return entries;
    }

    const textOf = (entries: readonly Entry[]): string => JSON.stringify(foldAll(emptyTranscript, entries));

    test("a conversation that was never written begins at 0", async () => {
      expect((await store.claim("a")).head).toBe(0);
      expect(await store.forward({ conversation: "a", offset: 0, budget: wide })).toEqual([]);
    });

    test("what was appended is read in order, with its offsets", async () => {
      const entries = await write("a", message("m"), start("r", "m"), token("r", "Good day"), end("r"));
      expect(await store.forward({ conversation: "a", offset: 0, budget: wide })).toEqual(entries);
      expect(entries.at(-1)?.offset).toBe(11);
      expect((await store.claim("a")).head).toBe(11);
    });

    test("[S1] an append that is reported durable is there for any reader", async () => {
      await write("a", message("m"));
      const read = await store.forward({ conversation: "a", offset: 0, budget: wide });
      expect(read).toMatchObject([{ type: "message", id: "m", offset: 1 }]);
    });

    test("tokens may be merged, and every offset between them still leads to the rest", async () => {
      await write("a", message("m"), start("r", "m"), token("r", "ab"));
      await write("a", token("r", "cd"));
      await write("a", token("r", "ef"), end("r"));
      for (let offset = 0; offset < 9; offset++) {
        const read = await store.forward({ conversation: "a", offset, budget: wide });
        expect(read.at(-1)?.offset).toBe(9);
        const first = read[0] as Entry;
        const width = first.type === "token" ? first.text.length : 1;
        expect(first.offset - width).toBeLessThanOrEqual(offset);
        expect(first.offset).toBeGreaterThan(offset);
      }
      const whole = await store.forward({ conversation: "a", offset: 0, budget: wide });
      expect(textOf(whole)).toContain("abcdef");
    });

    test("a small budget gives at least one entry, and reading on gives all", async () => {
      await write("a", ...Array.from({ length: 20 }, (_, index) => message(`m${index}`, "x".repeat(100))));
      let offset = 0;
      let count = 0;
      for (;;) {
        const page = await store.forward({ conversation: "a", offset, budget: 300 });
        if (page.length === 0) break;
        expect(page.length).toBeLessThan(20);
        count += page.length;
        offset = (page.at(-1) as Entry).offset;
      }
      expect(count).toBe(20);
    });

    test("reading backward gives the last entries before a position, oldest first", async () => {
      await write("a", message("m"), start("r", "m"), token("r", "abcdef"), end("r"), message("n"));
      const page = await store.backward({ conversation: "a", offset: 5, budget: wide });
      expect(page.map(({ type }) => type)).toEqual(["message", "start", "token"]);
      expect(await store.backward({ conversation: "a", offset: 0, budget: wide })).toEqual([]);
      const last = await store.backward({ conversation: "a", offset: 10, budget: 1 });
      expect(last).toMatchObject([{ type: "message", id: "n" }]);
    });

    test("messages and runs are found by their ids, and nothing else is", async () => {
      await write("a", message("m"), start("r", "m"), token("r", "x"), end("r"));
      expect(await store.find("a", "m")).toMatchObject({ type: "message", offset: 1 });
      expect(await store.find("a", "r")).toMatchObject({ type: "start", offset: 2 });
      expect(await store.find("a", "none")).toBeUndefined();
      expect(await store.find("b", "m")).toBeUndefined();
      expect(await store.find("a", "__proto__")).toBeUndefined();
    });

    test("an append that expects another head is refused, and adds nothing", async () => {
      const { term, head } = await store.claim("a");
      const first: Append = { conversation: "a", term, head, entries: place([message("m")], head) };
      expect(await store.append([first])).toEqual(["durable"]);
      expect(await store.append([first])).toEqual(["stale"]);
      expect((await store.forward({ conversation: "a", offset: 0, budget: wide })).length).toBe(1);
    });

    test("an append of an older term is refused, and adds nothing", async () => {
      const old = await store.claim("a");
      const now = await store.claim("a");
      expect(now.term).toBeGreaterThan(old.term);
      const late: Append = { conversation: "a", term: old.term, head: 0, entries: place([message("m")], 0) };
      expect(await store.append([late])).toEqual(["stale"]);
      expect(await store.append([{ ...late, term: now.term }])).toEqual(["durable"]);
    });

    test("appends of several conversations go together, and one that is stale does not spoil the others", async () => {
      const [a, b] = [await store.claim("a"), await store.claim("b")];
      const appends = [
        { conversation: "a", term: a.term, head: 0, entries: place([message("m")], 0) },
        { conversation: "b", term: b.term, head: 7, entries: place([message("n")], 7) },
        {
          conversation: "c",
          term: (await store.claim("c")).term,
          head: 0,
          entries: place([message("o")], 0),
        },
      ];
      expect(await store.append(appends)).toEqual(["durable", "stale", "durable"]);
      expect((await store.claim("b")).head).toBe(0);
      expect((await store.claim("c")).head).toBe(1);
    });

    test("the epoch stays the same however often a conversation is claimed", async () => {
      const first = await store.claim("a");
      await write("a", message("m"));
      expect((await store.claim("a")).epoch).toBe(first.epoch);
    });

    test("followers hear of what becomes durable, in order, until they stop", async () => {
      const heard: Entry[] = [];
      const enough = Promise.withResolvers<void>();
      const stop = store.follow("a", (entries) => {
        heard.push(...entries);
        if (heard.at(-1)?.type === "end") enough.resolve();
      });
      await write("b", message("elsewhere"));
      await write("a", message("m"), start("r", "m"));
      await write("a", token("r", "x"), end("r"));
      await enough.promise;
      stop();
      await write("a", message("later"));
      expect(heard.map(({ offset }) => offset)).toEqual([1, 2, 3, 4]);
    });

    test("what is read is what was written, to the last code unit", async () => {
      const text = 'Zwölf Boxkämpfer 👩‍👩‍👧 \u0000 \u2028 "quoted" \\ \uFFFD 𝔘𝔫𝔦';
      await write("a", message("m", text), start("r", "m"), token("r", text), end("r"));
      const read = await store.forward({ conversation: "a", offset: 0, budget: wide });
      expect(read[0]).toMatchObject({ text });
      expect(read[2]).toMatchObject({ text });
    });

    test("conversations do not see each other", async () => {
      await write("a", message("m", "of a"));
      await write("b", message("n", "of b"));
      const read = await store.forward({ conversation: "a", offset: 0, budget: wide });
      expect(JSON.stringify(read)).not.toContain("of b");
    });

    describe("documents", () => {
      const update = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
      const read = async (document: string): Promise<number[][]> => {
        const { updates, close } = await store.documents.open(document);
        close();
        return updates.map((one) => [...one]);
      };

      test("a document that was never written begins empty", async () => {
        expect(await read("d")).toEqual([]);
      });

      test("what was appended is there in order, to the last byte, however it is called", async () => {
        const bytes = Array.from({ length: 256 }, (_, index) => index);
        await store.documents.append([{ document: "__proto__", update: update(...bytes) }]);
        await store.documents.append([{ document: "__proto__", update: update(0) }]);
        expect(await read("__proto__")).toEqual([bytes, [0]]);
        expect(await read("constructor")).toEqual([]);
      });

      test("updates of several documents go together, and each document sees its own", async () => {
        await store.documents.append([
          { document: "a", update: update(1) },
          { document: "b", update: update(2) },
          { document: "a", update: update(3) },
        ]);
        expect(await read("a")).toEqual([[1], [3]]);
        expect(await read("b")).toEqual([[2]]);
      });

      test("one update takes the place of all that there are, and the next ones follow it", async () => {
        const both = ["a", "b"].map((document) => ({ document, update: update(1) }));
        await store.documents.append([...both, ...both]);
        await store.documents.replace({ document: "a", update: update(9, 9) });
        await store.documents.append([{ document: "a", update: update(4) }]);
        expect(await read("a")).toEqual([[9, 9], [4]]);
        expect(await read("b")).toEqual([[1], [1]]);
      });

      test("a conversation and a document of one name have nothing to do with each other", async () => {
        await write("a", message("m"));
        expect(await read("a")).toEqual([]);
        await store.documents.append([{ document: "b", update: update(1) }]);
        expect((await store.claim("b")).head).toBe(0);
      });
    });

    test("the secret is long, and stays", async () => {
      const secret = await store.secret();
      expect(secret.length).toBeGreaterThanOrEqual(32);
      expect(await store.secret()).toBe(secret);
    });
  });
}
