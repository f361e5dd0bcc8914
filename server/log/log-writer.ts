// The writing side of a log: what waits to be written, and where the log will end once it is.
import type { Draft } from "../../shared/protocol.ts";
import type { Committer, Writer } from "./committer.ts";
import { joins, place, widthOf } from "./entry.ts";
import { StaleWriterError, StorageError, type Append, type Appended, type Claim } from "./store.ts";

/** As many words as this have no company to wait for. UTF-16 code units. */
const enoughChars = 8_192;

type Parts = { conversation: string; claim: Claim; committer: Committer };

export class LogWriter implements Writer {
  gathersUntil = 0;
  readonly #parts: Parts;
  readonly #fail = Promise.withResolvers<Error>();
  #head: number;
  /** Where the log ends when what was taken is written. */
  #nextHead: number;
  #pending = batch();
  #written = this.#pending;
  #failure: Error | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#head = this.#nextHead = parts.claim.head;
  }

  /** Resolves with the reason when no more is taken. */
  get failure(): Promise<Error> {
    return this.#fail.promise;
  }

  append(draft: Draft): Promise<void> {
    const [pending, { committer }] = [this.#pending, this.#parts];
    if (this.#failure) return pending.durable;
    add(pending.drafts, draft);
    pending.chars += widthOf(draft);
    if (draft.type === "token" && pending.chars < enoughChars) committer.gathered(this);
    else committer.soon(this);
    return pending.durable;
  }

  take(): Append {
    const { conversation, claim } = this.#parts;
    const head = this.#head;
    this.#written = this.#pending;
    if (!this.#failure) this.#pending = batch();
    const entries = place(this.#written.drafts, head);
    this.#nextHead = entries.at(-1)?.offset ?? head;
    return { conversation, term: claim.term, head, entries };
  }

  settle(outcome: Appended | Error): void {
    if (outcome !== "durable") return this.#end(outcome);
    this.#head = this.#nextHead;
    this.#written.resolve();
  }

  #end(outcome: "stale" | Error): void {
    const failure =
      outcome === "stale"
        ? new StaleWriterError(this.#parts.conversation)
        : new StorageError(outcome.message, { cause: outcome });
    this.#failure = failure;
    this.#written.reject(failure);
    this.#pending.reject(failure);
    this.#pending.drafts.length = 0;
    this.#fail.resolve(failure);
  }
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
