// The port to where shared documents are durable. A document is the sum of its updates, whose order does not matter.

/** What is added to a document: an update as Yjs encodes it, which this port does not look into. */
export type DocumentUpdate = { readonly document: string; readonly update: Uint8Array };

/** A document that somebody has open. */
export type StoredDocument = {
  /** Everything that was added, oldest first. None: it begins. */
  readonly updates: readonly Uint8Array[];
  /** It is not in use any more, and may be forgotten when it has grown old. */
  readonly close: () => void;
};

export interface DocumentStore {
  /** Reads a document and keeps it from being forgotten. One reader at a time has it open. */
  open(document: string): Promise<StoredDocument>;

  /** Makes updates of several documents durable together, in one go. A rejection means that none was added. */
  append(updates: readonly DocumentUpdate[]): Promise<void>;

  /** Puts one update in the place of all that there are, at once: after a crash it is the old ones or the new one. */
  replace(whole: DocumentUpdate): Promise<void>;
}
