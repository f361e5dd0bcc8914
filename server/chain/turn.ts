// A call's turn on its memory. Turns on one memory are serial, in the order in which they were asked for.
import { failures } from "../../shared/limits.ts";
import type { Member } from "../../shared/protocol.ts";
import type { ChatMessage } from "../models/model.ts";
import type { Memory } from "./memory.ts";
import type { PromptValues } from "./prompt.ts";
import { ChainError, type CallRecord } from "./record.ts";

/** Who stops an answer waits no longer than this for it to be saved, and a stopped answer that nobody reads is saved. */
const patienceMs = 1_000;

export type Turn = {
  /** Resolves when the turns before are over. */
  readonly begins: Promise<void>;
  /** The question as a message, in the place of its value. */
  readonly asked: PromptValues;
  /** Remembers what was said, once, and lets the next turn begin. Never rejects; an abort waits only for a while. */
  save(signal?: AbortSignal): Promise<void>;
  /** A stopped answer ends its turn also when its reader never comes back. */
  endAfter(stopped: AbortSignal): void;
  /** Why it is not remembered. */
  failure(): ChainError | undefined;
};

/** A turn of a call that is cancelled while it waits is saved in its place, and keeps its caller not waiting. */
export function takeTurn(memory: Memory | undefined, values: PromptValues, record: CallRecord): Turn {
  if (!memory) return noTurn;
  const { key, question } = questionOf(values);
  const place = takePlace(memory);
  let [hasBegun, failure]: [boolean, ChainError | undefined] = [false, undefined];
  let saving: Promise<void> | undefined;
  const begins = place.begins.then(() => void (hasBegun = true));
  const save = async (): Promise<void> => {
    try {
      await memory.saveContext({ input: question }, record.response());
    } catch (cause) {
      const [code, { text }] = ["storage_unavailable" as const, record];
      failure = new ChainError({ code, message: failures[code] }, text, { cause });
    } finally {
      place.leave();
    }
  };
  const saved = (): Promise<void> => (saving ??= hasBegun ? save() : begins.then(save));
  return {
    begins,
    asked: { [key]: question },
    save: async (signal) => {
      const all = saved();
      if (hasBegun) await unlessAborted(all, signal);
    },
    endAfter: (stopped) => {
      const onAbort = (): void => void setTimeout(() => void saved(), patienceMs).unref();
      stopped.addEventListener("abort", onAbort);
    },
    failure: () => failure,
  };
}

const noTurn: Turn = {
  begins: Promise.resolve(),
  asked: {},
  save: () => Promise.resolve(),
  endAfter: () => {},
  failure: () => undefined,
};

/** Resolves with the promise, or a while after the abort. */
function unlessAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise;
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => void (timer = setTimeout(resolve, patienceMs));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
    void promise.then(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
  });
}

/** @throws Error when it is not clear what is asked */
function questionOf({ author, ...values }: PromptValues): { key: string; question: ChatMessage } {
  const [key, ...others] = "input" in values ? ["input"] : Object.keys(values);
  if (key === undefined || others.length > 0)
    throw new Error("A chain with a memory must be told what is asked: name it `input`.");
  const content = values[key];
  if (typeof content !== "string") throw new Error(`What is asked must be a text, and {${key}} is none.`);
  return { key, question: { role: "user", content, ...(author ? { author: author as Member } : {}) } };
}

const last = new WeakMap<Memory, Promise<void>>();

function takePlace(memory: Memory): { begins: Promise<void>; leave: () => void } {
  const begins = last.get(memory) ?? Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  last.set(
    memory,
    begins.then(() => promise),
  );
  return { begins, leave: resolve };
}
