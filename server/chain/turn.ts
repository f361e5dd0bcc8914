// A call's turn on its memory. Turns on one memory are serial, in the order in which they were asked for.
import type { Member } from "../../shared/protocol.ts";
import type { ChatMessage } from "../models/model.ts";
import type { Memory } from "./memory.ts";
import type { PromptValues } from "./prompt.ts";
import type { CallRecord } from "./record.ts";

export type Turn = {
  /** Resolves when the turns before are over. */
  readonly begins: Promise<void>;
  /** The question as a message, in the place of its value. */
  readonly asked: PromptValues;
  /** Remembers what was said, once, and lets the next turn begin. */
  save(): Promise<void>;
};

/** A turn of a call that is cancelled while it waits is saved in its place, and keeps its caller not waiting. */
export function takeTurn(memory: Memory | undefined, values: PromptValues, record: CallRecord): Turn {
  if (!memory) return { begins: Promise.resolve(), asked: {}, save: () => Promise.resolve() };
  const { key, question } = questionOf(values);
  const place = takePlace(memory);
  let hasBegun = false;
  let isSaved = false;
  const begins = place.begins.then(() => void (hasBegun = true));
  const save = () => memory.saveContext({ input: question }, record.response()).finally(() => place.leave());
  return {
    begins,
    asked: { [key]: question },
    save: async () => {
      if (isSaved) return;
      isSaved = true;
      if (hasBegun) await save();
      else void begins.then(save).catch(() => {});
    },
  };
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
