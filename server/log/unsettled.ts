// What the journal holds and the rows of conversations do not yet: the last entries of those that were spoken in lately.
import type { Entry } from "../../shared/protocol.ts";
import { indexAfter, nameOf, sizeOf, startOf, within, withinBefore } from "./entry.ts";

/** The newest entries of one conversation, in order and without a hole. */
export type Held = { readonly epoch: string; readonly entries: readonly Entry[] };

type Holding = { readonly epoch: string; entries: Entry[]; readonly named: Map<string, Entry> };

export class Unsettled {
  readonly #holdings = new Map<string, Holding>();

  add(conversation: string, epoch: string, entries: readonly Entry[]): void {
    let holding = this.#holdings.get(conversation);
    if (!holding) this.#holdings.set(conversation, (holding = { epoch, entries: [], named: new Map() }));
    for (const entry of entries) {
      holding.entries.push(entry);
      const name = nameOf(entry);
      if (name !== undefined && !holding.named.has(name)) holding.named.set(name, entry);
    }
  }

  get(conversation: string): Held | undefined {
    return this.#holdings.get(conversation);
  }

  find(conversation: string, id: string): Entry | undefined {
    return this.#holdings.get(conversation)?.named.get(id);
  }

  conversations(): string[] {
    return [...this.#holdings.keys()];
  }

  /** What ends at or before this offset are rows now. */
  drop(conversation: string, offset: number): void {
    const { epoch, entries } = this.#holdings.get(conversation) ?? { epoch: "", entries: [] };
    this.#holdings.delete(conversation);
    const left = entries.slice(indexAfter(entries, offset));
    if (left.length > 0) this.add(conversation, epoch, left);
  }
}

/** Where what is held begins; without any, nowhere. */
const beginOf = (held: readonly Entry[]): number => (held[0] ? startOf(held[0]) : Infinity);

type Stretch = { readonly offset: number; readonly budget: number };

/** See `Store.forward`: from what is held and, where that begins later, from rows. */
export async function readForward(
  held: readonly Entry[],
  { offset, budget }: Stretch,
  rows: () => Promise<Entry[]>,
): Promise<Entry[]> {
  if (beginOf(held) <= offset) return within(held, indexAfter(held, offset), budget);
  const found = await rows();
  const left = found.reduce((sum, entry) => sum - sizeOf(entry), budget);
  const end = found.at(-1)?.offset ?? beginOf(held);
  const next = indexAfter(held, end); // some of it may have become rows meanwhile
  const rest = held.slice(next);
  return left > 0 && beginOf(rest) === end ? [...found, ...within(rest, 0, left)] : found;
}

/** See `Store.backward`. Who reads on where what is held begins reads rows. */
export async function readBackward(
  held: readonly Entry[],
  { offset, budget }: Stretch,
  rows: () => Promise<Entry[]>,
): Promise<Entry[]> {
  return beginOf(held) < offset ? withinBefore(held, offset, budget) : rows();
}
