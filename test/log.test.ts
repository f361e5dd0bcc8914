// The log: places, slices, gathering, and the order append - durable - published.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { between, merge, place, splitsPair, tokenChars } from "../server/log/entry.ts";
import { createLogs, type Log, type Slice } from "../server/log/log.ts";
import { createMemoryStore } from "../server/log/memory.ts";
import { StaleWriterError, StorageError } from "../server/log/store.ts";
import type { Draft, Entry } from "../shared/protocol.ts";
import { emptyTranscript, foldAll } from "../shared/transcript.ts";
import { createGatedStore } from "./support/gated-store.ts";

const author = { id: "ada", name: "Ada" };
const time = "2026-01-01T00:00:00.000Z";
const message = (id: string): Draft => ({ type: "message", id, author, text: "Hello", time, reply: true });
const start = (run: string): Draft => ({ type: "start", run, message: "m", model: "test", time });
const token = (text: string, run = "r"): Draft => ({ type: "token", run, text });
const end = (run = "r"): Draft => ({ type: "end", run, reason: "stop", time });

const sliceOf = (log: Log, after: number): Slice => log.slice(after) as Slice;

describe("entries", () => {
  const entries = place([message("m"), start("r"), token("ab"), token("cd𝔘e"), end()], 0);

  test("a token is as wide as its text in UTF-16 code units, everything else is 1 wide", () => {
    expect(entries.map(({ offset }) => offset)).toEqual([1, 2, 4, 9, 10]);
  });

  test("[P3] cut anywhere and merged again, entries fold to the same transcript", () => {
    const whole = foldAll(emptyTranscript, entries);
    for (let cut = 0; cut <= 10; cut++) {
      const parts = [...between(entries, 0, cut), ...between(entries, cut)];
      expect(foldAll(emptyTranscript, parts)).toEqual(whole);
      expect(foldAll(emptyTranscript, merge(parts))).toEqual(whole);
      expect(merge(parts).length).toBe(4);
    }
  });

  test("an offset inside a surrogate pair does not exist", () => {
    const text = entries[3];
    expect([4, 5, 6, 7, 8, 9].filter((offset) => splitsPair(text, offset))).toEqual([7]);
  });

  test("merging stops at a size that fits a frame, at another run and at another kind", () => {
    const long = place([token("x".repeat(tokenChars)), token("y"), token("z", "other")], 0);
    expect(merge(long).length).toBe(3);
    const thoughts: Draft = { type: "token", run: "r", text: "a", kind: "reasoning" };
    expect(merge(place([thoughts, token("b")], 0)).length).toBe(2);
  });
});

describe("the log", () => {
  test("[S1] nothing is published before the store has it", async () => {
    const store = createGatedStore();
    const log = await createLogs(store).open("a");
    let woken = 0;
    log.watch(() => (woken += 1));
    const durable = log.append(message("m"));
    const gate = await store.next();
    expect([log.head, woken]).toEqual([0, 0]);
    gate.let();
    await durable;
    expect([log.head, woken]).toEqual([1, 1]);
  });

  test("the first word goes at once, the following ones wait for company", async () => {
    const store = createGatedStore();
    const log = await createLogs(store).open("a");
    void log.append(token("The"));
    const first = await store.next();
    expect(first.appends[0]?.entries).toMatchObject([{ text: "The" }]);
    first.let();
    for (const word of [" quick", " brown", " fox"]) void log.append(token(word));
    const second = await store.next();
    expect(second.appends[0]?.entries).toMatchObject([{ text: " quick brown fox", offset: 19 }]);
    second.let();
  });

  test("everything that is no word goes at once, and takes the waiting words along", async () => {
    const store = createGatedStore();
    const log = await createLogs(store).open("a");
    void log.append(token("a"));
    (await store.next()).let();
    void log.append(token("b"));
    void log.append(end());
    const { appends, let: pass } = await store.next();
    expect(appends[0]?.entries.map(({ type }) => type)).toEqual(["token", "end"]);
    pass();
  });

  test("conversations that are due together are made durable in one commit", async () => {
    const store = createGatedStore();
    const logs = createLogs(store);
    const opened = await Promise.all(["a", "b", "c"].map((id) => logs.open(id)));
    for (const log of opened) void log.append(message("m"));
    expect((await store.next()).appends.map(({ conversation }) => conversation)).toEqual(["a", "b", "c"]);
    store.open();
  });

  test("readers at the same position share one slice", async () => {
    const log = await createLogs(createMemoryStore()).open("a");
    await log.append(message("m"));
    expect(log.slice(0)).toBe(log.slice(0));
    expect(sliceOf(log, 1).entries).toEqual([]);
  });

  test("[P3] a slice at any offset, from memory or from the store, leads to the same transcript", async () => {
    const store = createMemoryStore();
    const log = await createLogs(store).open("a");
    await log.append(message("m"));
    await log.append(start("r"));
    for (let index = 0; index < 200; index++) void log.append(token(`${index} ${"x".repeat(1_000)}`));
    await log.append(end());
    const whole = foldAll(emptyTranscript, await readAll(log, 0)).items;
    const cold = await createLogs(store).open("a");
    for (const after of [0, 1, 2, 3, 777, 100_000, log.head - 1]) {
      const [warm, stored] = [await readAll(log, after), await readAll(cold, after)];
      expect(foldAll(emptyTranscript, warm)).toEqual(foldAll(emptyTranscript, stored));
      const before = between(await readAll(log, 0), 0, after);
      expect(foldAll(emptyTranscript, [...before, ...warm]).items).toEqual(whole);
    }
  });

  test("backwards gives every entry from any position, newest first", async () => {
    const log = await createLogs(createMemoryStore()).open("a");
    for (let index = 0; index < 300; index++) void log.append(message(`m${index} ${"x".repeat(500)}`));
    await log.append(end());
    const offsets: number[] = [];
    for await (const page of log.backwards(200)) offsets.push(...page.map(({ offset }) => offset));
    expect(offsets).toEqual(Array.from({ length: 200 }, (_, index) => 200 - index));
  });

  test("who comes back to a log that was closed a moment ago finds what was read there in memory, where it is still the end", async () => {
    let readings = 0;
    const memory = createMemoryStore();
    const backward: typeof memory.backward = (page) => {
      readings += 1;
      return memory.backward(page);
    };
    const [logs, elsewhere] = [createLogs({ ...memory, backward }), createLogs(memory)];
    const lastOf = async (log: Log): Promise<Entry | undefined> => {
      for await (const page of log.backwards(log.head)) return page[0];
      return undefined;
    };
    const first = await logs.open("a");
    await first.append(message("m"));
    first.close();
    const second = await logs.open("a");
    expect([await lastOf(second), readings]).toEqual([expect.objectContaining({ id: "m" }), 0]);
    first.close(); // again: it is not the first one's any more
    const third = await logs.open("a");
    expect([await lastOf(third), readings]).toEqual([expect.objectContaining({ id: "m" }), 1]);
    third.close();
    await (await elsewhere.open("a")).append(message("n"));
    expect([await lastOf(await logs.open("a")), readings]).toEqual([expect.objectContaining({ id: "n" }), 2]);
  });

  test("an offset ahead of the head does not exist, nor one inside a pair", async () => {
    const log = await createLogs(createMemoryStore()).open("a");
    await log.append(token("a𝔘"));
    await log.append(end());
    const exists = await Promise.all([0, 1, 2, 3, 4, 5].map((offset) => log.exists(offset)));
    expect(exists).toEqual([true, true, false, true, true, false]);
  });

  test("[S1] after a failure of the store the log takes no more, so that no gap can follow", async () => {
    const store = createGatedStore();
    const log = await createLogs(store).open("a");
    const first = log.append(token("lost"));
    const gate = await store.next();
    const second = log.append(token(" too"));
    gate.fail(new Error("disk full"));
    await expect(first).rejects.toThrow(StorageError);
    await expect(second).rejects.toThrow(StorageError);
    store.open();
    await expect(log.append(token("later"))).rejects.toThrow(StorageError);
    expect(await log.failure).toBeInstanceOf(StorageError);
    const again = await createLogs(store).open("a");
    await again.append(message("m"));
    expect(again.head).toBe(1);
  });

  test("a writer whose term is over is told so", async () => {
    const store = createMemoryStore();
    const old = await createLogs(store).open("a");
    const now = await createLogs(store).open("a");
    await now.append(message("m"));
    await expect(old.append(message("late"))).rejects.toThrow(StaleWriterError);
    expect(now.head).toBe(1);
  });

  test("[P2] whatever is appended in whatever pieces, the offsets join and the text is whole", async () => {
    const pieces = fc.array(
      fc.tuple(fc.constantFrom("r", "s"), fc.string({ unit: "grapheme", minLength: 1 })),
    );
    await fc.assert(
      fc.asyncProperty(pieces, async (drafts) => {
        const log = await createLogs(createMemoryStore()).open("a");
        for (const [run, text] of drafts) void log.append(token(text, run));
        await log.append(end());
        const entries = await readAll(log, 0);
        let position = 0;
        for (const entry of entries) {
          position += entry.type === "token" ? entry.text.length : 1;
          expect(entry.offset).toBe(position);
        }
        const text = entries.map((entry) => (entry.type === "token" ? entry.text : "")).join("");
        expect(text).toBe(drafts.map(([, piece]) => piece).join(""));
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});

async function readAll(log: Log, after: number): Promise<Entry[]> {
  const read: Entry[] = [];
  for (let position = after; position < log.head;) {
    const { entries, to } = await log.slice(position);
    read.push(...entries);
    position = to;
  }
  return read;
}
