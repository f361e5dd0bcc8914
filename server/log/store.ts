// The port to where logs are durable. It fits a store in this process and one in another, shared by many nodes.
import type { Entry } from "../../shared/protocol.ts";
import type { DocumentStore } from "./document-store.ts";

/** What a new writer is handed. Appends of an older term are refused from then on. */
export type Claim = {
  readonly term: number;
  /** Names one history of the log; a new one only when a tail may have been lost. */
  readonly epoch: string;
  /** The position after the last entry. */
  readonly head: number;
};

/** Entries for one conversation. They are added as a whole, or not at all. */
export type Append = {
  readonly conversation: string;
  readonly term: number;
  /** Where the writer believes the log ends. */
  readonly head: number;
  readonly entries: readonly Entry[];
};

/** `stale`: the term is over or the head has moved, and nothing was added. */
export type Appended = "durable" | "stale";

/** A stretch of a log, to be read as far as a budget allows (see `sizeOf`), and one entry at least. */
export type Page = { readonly conversation: string; readonly offset: number; readonly budget: number };

export interface Store {
  /** Becomes the writer of a conversation, which begins if it does not exist. */
  claim(conversation: string): Promise<Claim>;

  /**
   * Makes appends of several conversations durable together, in one go. Each has an outcome of its own, in the
   * order given; a rejection means that none of them was added.
   */
  append(appends: readonly Append[]): Promise<Appended[]>;

  /** Entries that end after `offset`, oldest first. The first may begin before it. */
  forward(page: Page): Promise<Entry[]>;

  /** Entries that begin before `offset`, oldest first, the last ones there are. The last may end after it. */
  backward(page: Page): Promise<Entry[]>;

  /** The message with this id, the start of the run with this id, or what else is named so: see `nameOf`. */
  find(conversation: string, id: string): Promise<Entry | undefined>;

  /** Hears of all entries that become durable from now on, whoever wrote them. Returns the way to stop. */
  follow(conversation: string, listener: (entries: readonly Entry[]) => void): () => void;

  /** A secret of this store, the same for as long as it lives, which signs the members' keys. */
  secret(): Promise<string>;

  /** The shared documents, beside the conversations. */
  readonly documents: DocumentStore;

  close(): Promise<void>;
}

/** The store could not take or give something; trying again later may help. */
export class StorageError extends Error {
  override name = "StorageError";
}

/** Another writer has the conversation now. */
export class StaleWriterError extends Error {
  override name = "StaleWriterError";
}
