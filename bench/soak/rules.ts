// What must be true of each reader's log, checked frame by frame, for as long as an hour and in constant memory.
import type { Entry, FrameOf } from "../../shared/protocol.ts";
import type { Item } from "../../shared/transcript.ts";
import { isBeginning, orderIn } from "./order.ts";

/** A rule of the protocol was broken, or something did not come in time: the soak is over. */
export class Violation extends Error {
  override name = "Violation";
}

const widthOf = (entry: Entry): number => (entry.type === "token" ? entry.text.length : 1);

export type Rules = {
  /** @throws Violation */
  check(entry: Entry): void;
  /** Runs that this reader saw begin and not end. */
  readonly open: ReadonlySet<string>;
  /** How often the run of a message has ended. */
  endsOf(message: string): number;
  readonly ends: number;
};

/** [P2] no gap, no repeat; [R1] each start has exactly one end, and nothing follows it. */
export function createRules(room: () => string, position: () => number): Rules {
  const messages = new Map<string, string>();
  const open = new Set<string>();
  const ended = new Map<string, number>();
  let ends = 0;
  const wrong = (what: string, entry: Entry): never => {
    throw new Violation(`${what}: ${entry.type} at ${entry.offset} of ${room()}, read up to ${position()}`);
  };
  function follow(entry: Entry): void {
    if (entry.type === "start") {
      if (messages.has(entry.run)) wrong("R1, a second start", entry);
      messages.set(entry.run, entry.message);
      open.add(entry.run);
    }
    if (entry.type === "token" && !open.has(entry.run)) wrong("R1, a token outside of its run", entry);
    if (entry.type !== "end") return;
    if (!open.delete(entry.run)) wrong("R1, an end of what is not open", entry);
    const message = messages.get(entry.run) as string;
    ended.set(message, (ended.get(message) ?? 0) + 1);
    ends += 1;
  }
  return {
    check: (entry) => {
      if (entry.offset - widthOf(entry) !== position()) wrong("P2, a gap", entry);
      follow(entry);
    },
    open,
    endsOf: (message) => ended.get(message) ?? 0,
    get ends() {
      return ends;
    },
  };
}

/** The words of each answer are those which its question asked for, from the first one on, and all where it finished. */
export function checkAnswers(items: readonly Item[]): void {
  for (const item of items) {
    if (item.type !== "answer") continue;
    const question = items.find((other) => other.type === "message" && other.id === item.message);
    const order = question && orderIn(question.text);
    if (!order) continue;
    const isWhole = item.reason !== "stop" || item.text.length === order.words * order.chars;
    if (!isWhole || !isBeginning(item.text, order))
      throw new Violation(`the answer ${item.run} (${item.reason}, ${item.text.length}) has other words`);
  }
}

/** Older entries join each other, and end where was asked. */
export function checkHistory({ entries, before }: FrameOf<"history">): void {
  let position = before;
  for (const entry of entries) {
    if (entry.offset - widthOf(entry) !== position)
      throw new Violation(`a gap in the history at ${position}`);
    position = entry.offset;
  }
}
