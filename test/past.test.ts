// Questions about a log's past that are answered from its last part: they must agree with a reading of the whole.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { beginningOf } from "../server/hub/beginning.ts";
import { openLogHistory } from "../server/hub/log-history.ts";
import { isVisible, latestRun } from "../server/hub/visible.ts";
import { createLogs, type Log } from "../server/log/log.ts";
import { createMemoryStore } from "../server/log/memory.ts";
import type { Draft, Entry } from "../shared/protocol.ts";
import { emptyTranscript, foldAll, type Transcript } from "../shared/transcript.ts";

const author = { id: "ada", name: "Ada" };
const time = "2026-01-01T00:00:00.000Z";
const message = (id: string): Draft => ({ type: "message", id, author, text: id, time, reply: true });
const start = (run: string, of: string): Draft => ({ type: "start", run, message: of, model: "test", time });
const token = (run: string, text: string): Draft => ({ type: "token", run, text });
const end = (run: string): Draft => ({ type: "end", run, reason: "stop", time });

async function logOf(drafts: readonly Draft[]): Promise<{ log: Log; entries: Entry[]; whole: Transcript }> {
  const store = createMemoryStore();
  const log = await createLogs(store).open("a");
  for (const draft of drafts) void log.append(draft);
  await log.append({ type: "message", id: "last", author, text: "last", time, reply: true });
  const entries = await store.forward({ conversation: "a", offset: 0, budget: Infinity });
  return { log, entries, whole: foldAll(emptyTranscript, entries) };
}

/** A talk of many turns, in which now and then something visible is taken back. Answers are long. */
const talk = fc
  .array(fc.record({ answers: fc.boolean(), back: fc.option(fc.nat({ max: 12 }), { freq: 6 }) }), {
    minLength: 5,
    maxLength: 60,
  })
  .map((turns) => {
    const drafts: Draft[] = [];
    let visible: string[] = [];
    turns.forEach(({ answers, back }, index) => {
      const [id, run] = [`m${index}`, `r${index}`];
      drafts.push(message(id));
      visible.push(id);
      if (answers) {
        drafts.push(start(run, id), token(run, `${run} `.padEnd(30_000, "x")), end(run));
        visible.push(run);
      }
      if (back === null) return;
      const to = visible.at(-1 - back);
      drafts.push(to === undefined ? { type: "rewind", by: author } : { type: "rewind", to, by: author });
      visible = to === undefined ? [] : visible.slice(0, visible.indexOf(to));
    });
    return drafts;
  });

describe("the past", () => {
  test("[R7] the history of a message, read from its end, is that of the whole log", async () => {
    await fc.assert(
      fc.asyncProperty(talk, async (drafts) => {
        const { log, whole } = await logOf(drafts);
        const read: string[] = [];
        for await (const { content } of openLogHistory(log, "last").newestFirst()) read.unshift(content);
        const expected = whole.items.flatMap((item) => {
          if (item.type !== "message" || item.id === "last") return [];
          const answers = whole.items.filter((one) => one.type === "answer" && one.message === item.id);
          return [item.text, ...answers.map(({ text }) => text)];
        });
        expect(read).toEqual(expected);
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  test("what is visible, and which answer is the latest, agree with the whole log", async () => {
    await fc.assert(
      fc.asyncProperty(talk, async (drafts) => {
        const { log, entries, whole } = await logOf(drafts);
        const answers = whole.items.filter((item) => item.type === "answer");
        const latest = await latestRun(log);
        expect(latest?.type === "start" ? latest.run : undefined).toBe(answers.at(-1)?.run);
        for (const entry of entries) {
          if (entry.type !== "message") continue;
          const isThere = whole.items.some((item) => item.type === "message" && item.id === entry.id);
          expect([entry.id, await isVisible(log, entry)]).toEqual([entry.id, isThere]);
        }
      }),
      { numRuns: 100, seed: 4 },
    );
  });

  test("[P1] a newcomer begins before everything that what follows refers to", async () => {
    const drafts: Draft[] = [];
    for (let index = 0; index < 150; index++) {
      const isBusy = index >= 40 && index < 60; // here each message is said while the one before is being answered
      if (!isBusy || index === 40) drafts.push(message(`m${index}`));
      drafts.push(start(`r${index}`, `m${index}`));
      if (isBusy && index < 59) drafts.push(message(`m${index + 1}`));
      drafts.push(token(`r${index}`, "words"), end(`r${index}`));
    }
    const { log, entries, whole } = await logOf(drafts);
    const beginning = await beginningOf(log);
    const first = entries.find(({ offset }) => offset > beginning);
    expect(first).toMatchObject({ type: "message", id: "m40" });
    const seen = foldAll(
      emptyTranscript,
      entries.filter(({ offset }) => offset > beginning),
    ).items;
    expect(seen).toEqual(whole.items.slice(-seen.length));
  });
});
