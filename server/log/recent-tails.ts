// The tails of logs that were closed a moment ago: who reloads a page, or comes back after a cut, finds what was read there
// still in memory.
import type { Tail } from "./tail.ts";

/** Who comes back later finds it in the store. Milliseconds. */
const keptMs = 60_000;

/** All of them together. See `sizeOf`. */
const keptSize = 2_097_152;

type Kept = { readonly epoch: string; readonly tail: Tail; readonly size: number; readonly until: number };

export class RecentTails {
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>();
  #size = 0;
  #sweep: NodeJS.Timeout | undefined;

  keep(conversation: string, epoch: string, tail: Tail): void {
    this.#drop(conversation);
    const { size } = tail;
    this.#kept.set(conversation, { epoch, tail, size, until: performance.now() + keptMs });
    this.#size += size;
    this.#makeRoom();
  }

  /** The tail of this log, where it is of the same history and nothing was added since. */
  take(conversation: string, { epoch, head }: { epoch: string; head: number }): Tail | undefined {
    const kept = this.#drop(conversation);
    const isSame = kept?.epoch === epoch && kept.tail.head === head;
    return isSame && kept.until > performance.now() ? kept.tail : undefined;
  }

  #makeRoom(): void {
    const now = performance.now();
    for (const [oldest, { until }] of this.#kept) {
      if (this.#size <= keptSize && until > now) break;
      this.#drop(oldest);
    }
    if (this.#kept.size > 0 && !this.#sweep) this.#sweep = setTimeout(() => this.#swept(), keptMs).unref();
  }

  #swept(): void {
    this.#sweep = undefined;
    this.#makeRoom();
  }

  #drop(conversation: string): Kept | undefined {
    const kept = this.#kept.get(conversation);
    this.#kept.delete(conversation);
    this.#size -= kept?.size ?? 0;
    return kept;
  }
}
