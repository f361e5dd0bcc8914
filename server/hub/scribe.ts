// The scribe: a reader of the log that writes what it reads into a document. It is a position like every other reader, so
// a slow document gets fewer and larger batches, and has no word that could still be lost.
import { setTimeout as wait } from "node:timers/promises";
import type { Entry } from "../../shared/protocol.ts";
import type { Writing } from "../coauthor/writing.ts";
import type { Log } from "../log/log.ts";

/** Words wait so long for company on their way into a document: each batch is a message to everybody in it. Milliseconds. */
const batchMs = 40;

export interface Scribe {
  /** Resolves when the document and its server have so much of the answer. UTF-16 code units. */
  reached(chars: number): Promise<void>;
  /** Resolves when they have all words up to the run's end. */
  readonly done: Promise<void>;
}

type Parts = {
  readonly log: Log;
  readonly run: string;
  readonly writing: Writing;
  /** The run's end is written, or is about to be: nothing more may be said of it in the log. */
  readonly isOver: () => boolean;
  /** Ends the scribe. */
  readonly signal: AbortSignal;
};

/** Begins at the head of the log. Its promises reject with what is wrong with the document, or with the signal's reason. */
export function openScribe(parts: Parts): Scribe {
  const { log, run, writing, signal } = parts;
  const news = openNews(log, signal);
  let position = log.head;
  let [read, isBegun, isDone] = [0, false, false];
  let waiting: (() => void)[] = [];

  async function write(): Promise<void> {
    for (;;) {
      await news.after(position);
      const { entries, to } = await log.slice(position);
      position = to;
      const words = wordsIn(entries, run);
      isBegun = await pen(parts, words, isBegun);
      read += words.length;
      for (const wake of waiting.splice(0)) wake();
      if (entries.some((entry) => entry.type === "end" && entry.run === run)) return;
      await pause(signal);
    }
  }

  const done = write()
    .then(() => unless(signal, writing.settled()))
    .finally(() => {
      isDone = true;
      news.close();
    });
  done.catch(() => {}); // whoever waits hears of it
  return {
    done,
    reached: async (chars) => {
      // the last half of a character that a cancel cut off was counted, and never comes
      while (read < chars && !isDone)
        await Promise.race([done, new Promise<void>((wake) => (waiting = [...waiting, wake]))]);
      await unless(signal, writing.settled());
    },
  };
}

/** Returns whether it has begun. What is replaced is in the log before it leaves the document, and before the run's end. */
async function pen(
  { log, run, writing, signal, isOver }: Parts,
  words: string,
  isBegun: boolean,
): Promise<boolean> {
  if (words === "") return isBegun;
  while (writing.isFull) await pause(signal);
  const delta = isBegun ? [] : writing.replaces();
  if (delta.length > 0 && isOver()) return false; // it was stopped before its first word came here
  if (delta.length > 0) await log.append({ type: "replaced", run, delta });
  signal.throwIfAborted();
  writing.write(words);
  return true;
}

const wordsIn = (entries: readonly Entry[], run: string): string =>
  entries
    .map((entry) => (entry.type === "token" && entry.run === run && !entry.kind ? entry.text : ""))
    .join("");

const pause = (signal: AbortSignal): Promise<void> => unless(signal, wait(batchMs));

/** Waits for what comes after a position. */
function openNews(log: Log, signal: AbortSignal) {
  let wake = (): void => {};
  const close = log.watch(() => wake());
  return {
    after: (position: number): Promise<void> =>
      log.head > position
        ? Promise.resolve()
        : unless(signal, new Promise((resolve) => (wake = () => log.head > position && resolve()))),
    close,
  };
}

/** What the promise gives. @throws the signal's reason when it is aborted before */
export async function unless<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener("abort", onAbort);
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener("abort", onAbort));
}
