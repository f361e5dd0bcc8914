// The log of one conversation, as its writer and its readers see it. Append, make durable, then publish: readers see
// only what the store has.
import type { Draft, Entry } from "../../shared/protocol.ts";
import { createCommitter, type Committer } from "./committer.ts";
import { between, merge, splitsPair, startOf } from "./entry.ts";
import { LogWriter } from "./log-writer.ts";
import { StorageError, type Claim, type Store } from "./store.ts";
import { RecentTails } from "./recent-tails.ts";
import { Tail } from "./tail.ts";

/** What one reading gives at most (see `sizeOf`): about 64 KiB on the wire. */
const sliceBudget = 49_152;

/** What is read of the time before: little at first, as much as a recovery wants, then what a newcomer is shown. See `sizeOf`. */
const olderBudgets = { first: 8_192, then: 65_536 };

/** A stretch of the log that many readers share; neighbouring tokens are merged. */
export type Slice = { readonly to: number; readonly entries: readonly Entry[] };

export interface Log {
  readonly conversation: string;
  readonly epoch: string;
  /** The position after the last published entry. */
  readonly head: number;
  /**
   * Adds an entry at the end. Words wait for at most one display frame, everything else goes at once.
   * @returns a promise for when it is durable; all entries that are written together share it.
   * @throws StorageError or StaleWriterError, by that promise; then none of them was added, and the log takes no
   * more: a gap in the middle of an answer must not be. Opening the conversation again mends it.
   */
  append(draft: Draft): Promise<void>;
  /** What follows a position, as far as one reading goes: at once where it is still in memory. */
  slice(after: number): Slice | Promise<Slice>;
  /** Entries before a position, page by page, newest first in each, for as long as the caller goes on. */
  backwards(before: number): AsyncGenerator<readonly Entry[]>;
  /** The message with this id, the start of the run with this id, or what else is named so: see `nameOf`. */
  find(id: string): Promise<Entry | undefined>;
  /** False for positions ahead of the head, older than what is kept, or inside a surrogate pair. */
  exists(offset: number): Promise<boolean>;
  /** Calls back after each publishing. Returns the way to stop. */
  watch(wake: () => void): () => void;
  /** Resolves with the reason when the log takes no more. */
  readonly failure: Promise<Error>;
  close(): void;
}

export interface Logs {
  /** Opens a conversation for writing; it begins if it does not exist. */
  open(conversation: string): Promise<Log>;
}

/** What all logs of a process share. */
type House = { readonly store: Store; readonly committer: Committer; readonly recent: RecentTails };

export function createLogs(store: Store): Logs {
  const house = { store, committer: createCommitter(store), recent: new RecentTails() };
  return {
    open: async (conversation) => new OpenLog(conversation, await store.claim(conversation), house),
  };
}

/** There are as many as connections, and most are only listened to: what writes is made when something is written. */
class OpenLog implements Log {
  readonly conversation: string;
  readonly #claim: Claim;
  readonly #house: House;
  readonly #tail: Tail;
  readonly #unfollow: () => void;
  #isClosed = false;
  #watchers: readonly (() => void)[] = [];
  #writing: LogWriter | undefined;
  /** Readers at the same position get the very same slice, so that it is encoded once. */
  #shared: { after: number; head: number; slice: Slice } | undefined;

  constructor(conversation: string, claim: Claim, house: House) {
    this.conversation = conversation;
    this.#claim = claim;
    this.#house = house;
    this.#tail = house.recent.take(conversation, claim) ?? new Tail(claim.head);
    this.#unfollow = house.store.follow(conversation, (entries) => this.#publish(entries));
  }

  get epoch(): string {
    return this.#claim.epoch;
  }

  get head(): number {
    return this.#tail.head;
  }

  append(draft: Draft): Promise<void> {
    return this.#writer.append(draft);
  }

  get failure(): Promise<Error> {
    return this.#writer.failure;
  }

  get #writer(): LogWriter {
    const [conversation, claim, { committer }] = [this.conversation, this.#claim, this.#house];
    return (this.#writing ??= new LogWriter({ conversation, claim, committer }));
  }

  slice(after: number): Slice | Promise<Slice> {
    const { head } = this;
    if (this.#shared?.after === after && this.#shared.head === head) return this.#shared.slice;
    const entries = this.#tail.after(after, sliceBudget);
    if (!entries) return this.#load(after);
    const slice = sliceOf(entries, after);
    this.#shared = { after, head, slice };
    return slice;
  }

  async #load(after: number): Promise<Slice> {
    const page = { conversation: this.conversation, offset: after, budget: sliceBudget };
    return sliceOf(await this.#house.store.forward(page), after);
  }

  async *backwards(before: number): AsyncGenerator<readonly Entry[]> {
    let [offset, budget] = [Math.min(before, this.head), olderBudgets.first];
    while (offset > 0) {
      const found = this.#tail.before(offset, sliceBudget) ?? (await this.#older(offset, budget));
      const page = merge(between(found, 0, offset));
      if (page.length > 0 && page.at(-1)?.offset !== offset)
        throw new StorageError(`entries are missing before ${offset}`);
      budget = olderBudgets.then;
      const first = page[0];
      if (!first) return;
      yield page.toReversed();
      offset = startOf(first);
    }
  }

  async #older(offset: number, budget: number): Promise<Entry[]> {
    const page = { conversation: this.conversation, offset, budget };
    const found = await this.#house.store.backward(page);
    this.#tail.extend(found);
    return found;
  }

  find(id: string): Promise<Entry | undefined> {
    return this.#house.store.find(this.conversation, id);
  }

  async exists(offset: number): Promise<boolean> {
    if (offset > this.head) return false;
    const page = { conversation: this.conversation, offset, budget: 1 };
    const [entry] = this.#tail.after(offset, 1) ?? (await this.#house.store.forward(page));
    const isKept = !entry || startOf(entry) <= offset;
    return isKept && !splitsPair(entry, offset);
  }

  watch(wake: () => void): () => void {
    this.#watchers = this.#watchers.concat(wake);
    return () => {
      this.#watchers = this.#watchers.filter((one) => one !== wake);
    };
  }

  close(): void {
    if (this.#isClosed) return; // whoever has opened it since may have the tail
    this.#isClosed = true;
    this.#unfollow();
    if (this.#tail.size > 0) this.#house.recent.keep(this.conversation, this.epoch, this.#tail);
  }

  /** Most readers have read all that there was before, and are sent just this. */
  #publish(entries: readonly Entry[]): void {
    const after = this.head;
    this.#tail.push(entries);
    const { head } = this;
    const [first] = entries;
    if (first && startOf(first) === after && head - after < sliceBudget)
      this.#shared = { after, head, slice: { to: head, entries } };
    for (const wake of this.#watchers) wake();
  }
}

function sliceOf(found: readonly Entry[], after: number): Slice {
  const first = found[0];
  if (first && startOf(first) > after) throw new StorageError(`nothing is kept at ${after} any more`);
  const entries = merge(between(found, after));
  return { to: entries.at(-1)?.offset ?? after, entries };
}
