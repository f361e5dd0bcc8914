// The tail: the last entries of a log, kept in memory because nearly every reader is there. Its size is bounded.
import type { Entry } from "../../shared/protocol.ts";
import { indexAfter, sizeOf, startOf, within, withinBefore } from "./entry.ts";

/** What a tail keeps at least, where there is so much; it holds up to twice that. See `sizeOf`. */
const tailSize = 65_536;

export class Tail {
  /** The position after the last entry. */
  head: number;
  /** What it holds, as `sizeOf` counts. */
  size = 0;
  #entries: Entry[] = [];
  #begins: number;

  constructor(head: number) {
    this.head = this.#begins = head;
  }

  push(added: readonly Entry[]): void {
    for (const entry of added) {
      this.#entries.push(entry);
      this.head = entry.offset;
      this.size += sizeOf(entry);
    }
    if (this.size > 2 * tailSize && this.#entries.length > 1) this.#trim();
  }

  /** Entries after a position, or undefined when they are older than what is kept. */
  after(offset: number, budget: number): Entry[] | undefined {
    return offset < this.#begins
      ? undefined
      : within(this.#entries, indexAfter(this.#entries, offset), budget);
  }

  /** Entries that begin before a position, the last ones there are; undefined when they are older than what is kept. */
  before(offset: number, budget: number): Entry[] | undefined {
    return offset <= this.#begins ? undefined : withinBefore(this.#entries, offset, budget);
  }

  /** Keeps what was read of the time before, where it joins and there is room: who reads there is rarely the only one. */
  extend(older: readonly Entry[]): void {
    if (older.at(-1)?.offset !== this.#begins || this.size >= tailSize) return;
    this.#begins = startOf(older[0] as Entry);
    this.#entries = [...older, ...this.#entries];
    this.size += older.reduce((sum, entry) => sum + sizeOf(entry), 0);
  }

  #trim(): void {
    const entries = this.#entries;
    let first = 0;
    while (this.size > tailSize && first < entries.length - 1) this.size -= sizeOf(entries[first++] as Entry);
    this.#begins = (entries[first - 1] as Entry).offset;
    this.#entries = entries.slice(first);
  }
}
