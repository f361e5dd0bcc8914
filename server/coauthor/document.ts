// A shared document as one of its peers has it, whichever server it is on.
import type { Awareness } from "y-protocols/awareness";
import type { Doc } from "yjs";
import { failures, type DocumentFault } from "../../shared/limits.ts";

/** A document that is open, in step with its server, and ours to write in. */
export interface SharedDocument {
  /** Changes made here go to the server, and those of others come in. */
  readonly doc: Doc;
  /** Who is in it, and where their carets are. */
  readonly awareness: Awareness;
  /** Aborted, with a `DocumentError` as its reason, when the connection is lost. There is no second one. */
  readonly lost: AbortSignal;
  /** True while the server is behind with what was written: who goes on writing only fills memory. */
  readonly isFull: boolean;
  /** Resolves when the server has everything that was written here. @throws DocumentError when it never will */
  settled(): Promise<void>;
  /** Leaves the document: our caret disappears at once for everybody. May be called twice. */
  close(): void;
}

/** How a document is entered. */
export type Entrance = {
  /** The secret that the server wants to see, where it wants one. */
  readonly token?: string | undefined;
  /** Who writes, as Yjs tells writers apart. Not in use by anybody else in this document. */
  readonly client: number;
  /** Nothing will be written: a token that only lets one read will do. Default false. */
  readonly onlyReads?: boolean;
  /** Gives up waiting: the promise rejects with the signal's reason. */
  readonly signal: AbortSignal;
};

/** The port to a server of documents. */
export interface DocumentServer {
  /** Resolves when the document is in step. @throws DocumentError with a reason, within `openMs` */
  open(document: string, entrance: Entrance): Promise<SharedDocument>;
}

/** A server that has not let us in and shown us the document by then is given up. Milliseconds. */
export const openMs = 10_000;

/** What went wrong with a document, by a code of ours. */
export class DocumentError extends Error {
  override name = "DocumentError";
  readonly code: DocumentFault;
  constructor(code: DocumentFault, options?: { cause?: unknown }) {
    super(failures[code], options);
    this.code = code;
  }
}
