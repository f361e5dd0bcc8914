// The log of one conversation, as its writer and its readers see it. Append, make durable, then publish: readers see
// only what the store has.
import type { Draft, Entry } from "../../shared/protocol.ts";
import { type Committer, createCommitter, type Writer } from "./committer.ts";
import { between, joins, merge, place, splitsPair, startOf, widthOf } from "./entry.ts";
import { StaleWriterError, StorageError, type Claim, type Store } from "./store.ts";
import { createTail, type Tail } from "./tail.ts";

/** As many words as this have no company to wait for. UTF-16 code units. */
const enoughChars = 8_192;

/** What one reading gives at most (see `sizeOf`): about 64 KiB on the wire. */
const sliceBudget = 49_152;

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
  /** Entries before a position, newest first, for as long as the caller goes on. */
  backwards(before: number): AsyncGenerator<Entry>;
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

export function createLogs(store: Store): Logs {
  const committer = createCommitter(store);
  return {
    open: async (conversation) => {
      const claim = await store.claim(conversation);
      return openLog({ conversation, claim, store, committer });
    },
  };
}

type Parts = { conversation: string; claim: Claim; store: Store; committer: Committer };

function openLog({ conversation, claim, store, committer }: Parts): Log {
  const tail = createTail(claim.head);
  const watchers = new Set<() => void>();
  const fail = Promise.withResolvers<Error>();
  const stopFollowing = store.follow(conversation, (entries) => {
    tail.push(entries);
    for (const wake of watchers) wake();
  });
  return {
    conversation,
    epoch: claim.epoch,
    get head() {
      return tail.head;
    },
    append: writing({ conversation, claim, committer }, fail.resolve),
    failure: fail.promise,
    slice: reading({ conversation, store, tail }),
    backwards: (before) => backwards({ conversation, store }, before),
    find: (id) => store.find(conversation, id),
    exists: async (offset) => {
      if (offset > tail.head) return false;
      const [entry] = await store.forward({ conversation, offset, budget: 1 });
      const isKept = !entry || startOf(entry) <= offset;
      return isKept && !splitsPair(entry, offset);
    },
    watch: (wake) => {
      watchers.add(wake);
      return () => watchers.delete(wake);
    },
    close: stopFollowing,
  };
}

/** The writing side: what waits to be written, and where the log will end once it is. */
function writing(
  { conversation, claim, committer }: Omit<Parts, "store">,
  onFailure: (error: Error) => void,
): Log["append"] {
  let { head } = claim;
  let pending = batch();
  let written = pending;
  let failure: Error | undefined;

  const writer: Writer = {
    take() {
      written = pending;
      if (!failure) pending = batch();
      return { conversation, term: claim.term, head, entries: place(written.drafts, head) };
    },
    settle(outcome) {
      if (outcome !== "durable") return fail(outcome);
      head = written.drafts.reduce((sum, draft) => sum + widthOf(draft), head);
      written.resolve();
    },
  };

  function fail(outcome: "stale" | Error): void {
    failure =
      outcome === "stale"
        ? new StaleWriterError(conversation)
        : new StorageError(outcome.message, { cause: outcome });
    written.reject(failure);
    pending.reject(failure);
    pending.drafts.length = 0;
    onFailure(failure);
  }

  return (draft) => {
    if (failure) return pending.durable;
    add(pending.drafts, draft);
    pending.chars += widthOf(draft);
    if (draft.type === "token" && pending.chars < enoughChars) committer.gathered(writer);
    else committer.soon(writer);
    return pending.durable;
  };
}

function add(drafts: Draft[], draft: Draft): void {
  const last = drafts.at(-1);
  if (draft.type === "token" && joins(last, draft))
    drafts[drafts.length - 1] = { ...last, text: last.text + draft.text };
  else drafts.push(draft);
}

type Batch = {
  drafts: Draft[];
  chars: number;
  durable: Promise<void>;
  resolve: () => void;
  reject: (error: Error) => void;
};

function batch(): Batch {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => {}); // who cares awaits it; that nobody does is no fault
  return { drafts: [], chars: 0, durable: promise, resolve, reject };
}

type Source = { conversation: string; store: Store };

/** The reading side. Readers at the same position get the very same slice, so that it is encoded once. */
function reading({ conversation, store, tail }: Source & { tail: Tail }): Log["slice"] {
  let shared: { after: number; head: number; slice: Slice } | undefined;
  return (after) => {
    if (shared?.after === after && shared.head === tail.head) return shared.slice;
    const entries = tail.after(after, sliceBudget);
    if (!entries)
      return store.forward({ conversation, offset: after, budget: sliceBudget }).then(sliceOf(after));
    shared = { after, head: tail.head, slice: sliceOf(after)(entries) };
    return shared.slice;
  };
}

const sliceOf =
  (after: number) =>
  (found: readonly Entry[]): Slice => {
    const first = found[0];
    if (first && startOf(first) > after) throw new StorageError(`nothing is kept at ${after} any more`);
    const entries = merge(between(found, after));
    return { to: entries.at(-1)?.offset ?? after, entries };
  };

async function* backwards({ conversation, store }: Source, before: number): AsyncGenerator<Entry> {
  let offset = before;
  for (;;) {
    const page = between(await store.backward({ conversation, offset, budget: sliceBudget }), 0, offset);
    for (const entry of page.toReversed()) yield entry;
    const first = page[0];
    if (!first) return;
    offset = first.offset - widthOf(first);
  }
}
