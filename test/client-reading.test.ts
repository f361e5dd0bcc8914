// How the client reads: forwards from anywhere, backwards in pages, and both at once. Against a reading of the whole log.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { readEntry, readOlder, unread, welcomed, type Reading } from "../client/reading.ts";
import type { Draft, Entry, FrameOf } from "../shared/protocol.ts";
import { emptyTranscript, foldAll } from "../shared/transcript.ts";

const author = { id: "ada", name: "Ada" };
const time = "2026-01-01T00:00:00.000Z";
const widthOf = (draft: Draft): number => (draft.type === "token" ? draft.text.length : 1);
const startOf = (entry: Entry): number => entry.offset - widthOf(entry);

type Happening =
  | { do: "say"; reply: boolean }
  | { do: "words"; chars: number; kind: "reasoning" | undefined }
  | { do: "begin" | "end" | "forget" | "again" }
  | { do: "cancel"; share: number }
  | { do: "rewind"; share: number };

const share = fc.double({ min: 0, max: 0.999, noNaN: true });
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("say"), reply: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("words"),
      chars: fc.integer({ min: 1, max: 9 }),
      kind: fc.constantFrom("reasoning", undefined),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom("begin", "end") }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("cancel"), share }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("rewind"), share }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("forget", "again", "again") }) },
);

/** Writes a log as a server would: one run speaks at a time, queued ones may be cancelled, and what is there may be taken back. */
class Writer {
  readonly entries: Entry[] = [];
  #runs = 0;
  #queue: string[] = [];
  #active: { run: string; message: string } | undefined;

  write(draft: Draft): void {
    const offset = (this.entries.at(-1)?.offset ?? 0) + widthOf(draft);
    this.entries.push({ ...draft, offset });
  }

  get visible() {
    return foldAll(emptyTranscript, this.entries).items;
  }

  act(happening: Happening): void {
    switch (happening.do) {
      case "say": {
        const id = `m${this.entries.length}`;
        this.write({ type: "message", id, author, text: id, time, reply: happening.reply });
        return happening.reply ? void this.#queue.push(id) : undefined;
      }
      case "begin":
        return this.#active ? undefined : this.begin(this.#queue.shift());
      case "words": {
        const { chars, kind } = happening;
        if (!this.#active) this.begin(this.#queue.shift());
        if (!this.#active) return;
        const text = `${this.#active.run} is long enough`.slice(0, chars);
        return this.write({ type: "token", run: this.#active.run, text, ...(kind && { kind }) });
      }
      case "end":
        return this.end();
      case "cancel":
        return this.cancel(Math.floor(happening.share * this.#queue.length));
      case "rewind": {
        const item = this.visible[Math.floor(happening.share * this.visible.length)];
        return item && this.rewind(item.type === "message" ? item.id : item.run);
      }
      case "forget":
        return this.rewind(undefined);
      case "again": {
        const answer = this.visible.findLast((item) => item.type === "answer");
        if (!answer) return;
        this.rewind(answer.run);
        return this.begin(answer.message);
      }
    }
  }

  begin(message: string | undefined): void {
    if (message === undefined) return;
    this.#active = { run: `r${++this.#runs}`, message };
    this.write({ type: "start", ...this.#active, model: "m", time });
  }

  end(): void {
    if (this.#active) this.write({ type: "end", run: this.#active.run, reason: "stop", time });
    this.#active = undefined;
  }

  /** Between another run's start and its end. */
  cancel(index: number): void {
    const [message] = this.#queue.splice(index, 1);
    if (message === undefined) return;
    const run = `r${++this.#runs}`;
    this.write({ type: "start", run, message, model: "m", time });
    this.write({ type: "end", run, reason: "cancelled", by: author, time });
  }

  rewind(to: string | undefined): void {
    this.end();
    while (this.#queue.length > 0) this.cancel(0);
    this.write({ type: "rewind", by: author, ...(to !== undefined && { to }) });
  }
}

function logOf(happenings: readonly Happening[]): Entry[] {
  const writer = new Writer();
  for (const happening of happenings) writer.act(happening);
  return writer.entries;
}

/** What a server would answer now. */
function pageOf(log: readonly Entry[], { from }: Reading, limit: number): FrameOf<"history"> {
  const entries = log.filter(({ offset }) => offset <= from).slice(-limit);
  return { type: "history", entries, before: entries[0] ? startOf(entries[0]) : from };
}

const asked = (reading: Reading): Reading => ({ ...reading, past: "asked" });

/** All that happens to one reader: `next` reads an entry, a number asks for so many older ones, `page` lets what was asked for arrive. */
type Deed = "next" | "page" | number;

class Reader {
  reading: Reading;
  readonly #log: readonly Entry[];
  #coming: FrameOf<"history"> | undefined;
  #at: number;

  constructor(log: readonly Entry[], share: number) {
    this.#log = log;
    const messages = log.flatMap((entry, index) => (entry.type === "message" ? [index] : []));
    this.#at = messages[Math.floor(share * messages.length)] ?? 0;
    const first = log[this.#at];
    const welcome = {
      resume: "new",
      epoch: "e",
      offset: first ? startOf(first) : 0,
      head: log.at(-1)?.offset ?? 0,
    } as FrameOf<"welcome">;
    this.reading = welcomed(unread, welcome);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#log.length;
  }

  act(deed: Deed): void {
    if (deed === "next") this.read();
    else if (deed === "page") this.arrive();
    else if (this.reading.past === "more") {
      this.#coming = pageOf(this.#log, this.reading, deed);
      this.reading = asked(this.reading);
    }
  }

  read(): void {
    const entry = this.#log[this.#at];
    if (!entry) return;
    this.#at += 1;
    this.reading = readEntry(this.reading, entry);
  }

  arrive(): void {
    if (this.#coming) this.reading = readOlder(this.reading, this.#coming);
    this.#coming = undefined;
  }

  /** Whoever begins to read where this transcript begins must see the same. */
  check(): void {
    const { transcript, from, past } = this.reading;
    const known = this.#log
      .slice(0, this.#at)
      .filter((entry) => startOf(entry) >= (past === "none" ? 0 : from));
    expect(transcript.items).toEqual(foldAll(emptyTranscript, known).items);
  }
}

const log = fc.array(happening, { minLength: 1, maxLength: 60 }).map(logOf);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Deed>("next") },
  { weight: 2, arbitrary: fc.constant<Deed>("page") },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 12 }) },
);
const numRuns = 3_000;

describe("the reading of a client", () => {
  test("[P3] forwards from any message, then backwards page by page: as if all had been read", () => {
    const limits = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(log, share, limits, (log, share, limits) => {
        const reader = new Reader(log, share);
        while (!reader.isAtEnd) reader.read();
        reader.check();
        for (let page = 0; reader.reading.past === "more"; page++) {
          reader.act(limits[page % limits.length] ?? 1);
          reader.arrive();
          reader.check();
        }
        expect(reader.reading).toMatchObject({ past: "none", orphans: [] });
        expect(reader.reading.transcript).toEqual(foldAll(emptyTranscript, log));
      }),
      { numRuns, seed: 11 },
    );
  });

  test("[P3] older pages that arrive between new entries, in any order of both", () => {
    fc.assert(
      fc.property(log, share, fc.array(deed, { maxLength: 120 }), (log, share, deeds) => {
        const reader = new Reader(log, share);
        for (const deed of deeds) {
          reader.act(deed);
          reader.check();
        }
        while (!reader.isAtEnd) reader.read();
        for (reader.arrive(); reader.reading.past === "more"; reader.arrive()) reader.act(7);
        expect(reader.reading.transcript).toEqual(foldAll(emptyTranscript, log));
      }),
      { numRuns, seed: 12 },
    );
  });

  test("the logs of this test have all that makes it hard", () => {
    const logs = fc.sample(log, { numRuns, seed: 11 });
    const having = (holds: (log: Entry[]) => boolean): number => logs.filter(holds).length;
    expect(having((log) => log.some(({ type }) => type === "rewind"))).toBeGreaterThan(500);
    const isInterleaved = (log: Entry[]): boolean =>
      log.some((entry, index) => entry.type === "start" && log[index - 1]?.type === "token");
    expect(having(isInterleaved)).toBeGreaterThan(20);
  });

  test("a page that nobody waits for any more changes nothing", () => {
    const reader = new Reader(
      logOf([
        { do: "say", reply: true },
        { do: "say", reply: true },
      ]),
      0.9,
    );
    const page = pageOf([], reader.reading, 5);
    expect(readOlder(reader.reading, page)).toBe(reader.reading);
  });

  test("a page without entries is the beginning", () => {
    const reader = new Reader(
      logOf([
        { do: "say", reply: true },
        { do: "say", reply: true },
      ]),
      0.9,
    );
    const { past } = readOlder(asked(reader.reading), { type: "history", entries: [], before: 1 });
    expect(past).toBe("none");
  });
});
