// The tail: the last entries of a log, kept in memory because nearly every reader is there. Its size is bounded.
import type { Entry } from "../../shared/protocol.ts";
import { indexAfter, sizeOf, within } from "./entry.ts";

/** What a tail keeps at least, where there is so much; it holds up to twice that. See `sizeOf`. */
const tailSize = 65_536;

export interface Tail {
  /** The position after the last entry. */
  readonly head: number;
  push(entries: readonly Entry[]): void;
  /** Entries after a position, or undefined when they are older than what is kept. */
  after(offset: number, budget: number): Entry[] | undefined;
}

export function createTail(head: number): Tail {
  let entries: Entry[] = [];
  let begins = head;
  let size = 0;

  function trim(): void {
    let first = 0;
    while (size > tailSize && first < entries.length - 1) size -= sizeOf(entries[first++] as Entry);
    begins = (entries[first - 1] as Entry).offset;
    entries = entries.slice(first);
  }

  return {
    get head() {
      return entries.at(-1)?.offset ?? begins;
    },
    push(added) {
      for (const entry of added) {
        entries.push(entry);
        size += sizeOf(entry);
      }
      if (size > 2 * tailSize && entries.length > 1) trim();
    },
    after: (offset, budget) =>
      offset < begins ? undefined : within(entries, indexAfter(entries, offset), budget),
  };
}
