// What a document holds, as Yjs knows it. What it gives away is whole: nothing that waits for what it stands on.
import * as Y from "yjs";
import type { DocumentLimits } from "./limits.ts";

export type Refused = "malformed" | "documentTooLarge" | "astray";

/** What became part of the document. */
export type Written = {
  readonly update: Uint8Array;
  /** Where the document was before. Encoded when somebody asks. */
  readonly before: () => Uint8Array;
};

export interface Content {
  /** Where the document is: what it has of each writer. */
  vector(): Uint8Array;
  /** What somebody lacks who is there; default: everything. The place must be one that `isPlace` knows. */
  since(vector?: Uint8Array): Uint8Array;
  isPlace(vector: Uint8Array): boolean;
  /** True while changes wait for others that they stand on. */
  readonly hasPending: boolean;
  /** Takes in what `work` adds, as one change; undefined when it is none. */
  together(work: (add: Add) => void): Written | undefined;
  close(): void;
}

/** @throws what Yjs throws, after which the content is worth nothing */
type Add = (update: Uint8Array) => Refused | undefined;

type State = {
  readonly doc: Y.Doc;
  readonly limits: DocumentLimits;
  /** At most this large; measured when that is too much. */
  bytes: number;
  /** What the last change was. */
  written: Written | undefined;
};

export function createContent(updates: readonly Uint8Array[], limits: DocumentLimits): Content {
  const state = begin(updates, limits);
  const { doc } = state;
  return {
    vector: () => Y.encodeStateVector(doc),
    since: (vector) => since(doc, vector),
    isPlace: (vector) => isPlace(vector, limits.vectorBytes),
    get hasPending() {
      return pendingBytesOf(doc) > 0;
    },
    together: (work) => {
      state.written = undefined;
      doc.transact((transaction) => {
        work((update) => add(state, update));
        untidied(transaction);
      });
      return state.written;
    },
    close: () => doc.destroy(),
  };
}

function begin(updates: readonly Uint8Array[], limits: DocumentLimits): State {
  const doc = new Y.Doc();
  doc.transact((transaction) => {
    for (const update of updates) Y.applyUpdate(doc, update);
    untidied(transaction);
  });
  const bytes = updates.reduce((sum, { length }) => sum + length, 0);
  const state: State = { doc, limits, bytes, written: undefined };
  doc.on("update", (...[update, , , { beforeState }]: [Uint8Array, unknown, Y.Doc, Y.Transaction]) => {
    state.bytes += update.length;
    state.written = { update, before: once(() => Y.encodeStateVector(beforeState)) };
  });
  return state;
}

/**
 * Yjs tidies up the formatting after changes of others, by a change of its own in a second transaction: `written` would be
 * that one alone. Nobody has said it, and each peer tidies up by itself.
 */
function untidied(transaction: Y.Transaction): void {
  transaction.local = true;
}

function add(state: State, update: Uint8Array): Refused | undefined {
  const { doc, limits } = state;
  const additions = additionsOf(doc, update);
  if (!additions) return "malformed";
  const { isMore, writers } = additions;
  if (writers > 0 && doc.store.clients.size + writers > limits.writers) return "documentTooLarge";
  if (isMore && isTooLarge(state, update.length)) return "documentTooLarge";
  Y.applyUpdate(doc, update);
  if (pendingBytesOf(doc) <= limits.pendingBytes) return undefined;
  forgetPending(doc);
  return "astray";
}

function isTooLarge(state: State, more: number): boolean {
  const { doc, limits, bytes } = state;
  if (bytes + more > limits.documentBytes) state.bytes = since(doc).length;
  return state.bytes + more > limits.documentBytes;
}

/** Yjs gives away with a document what waits in it, which nobody has made durable. */
function since(doc: Y.Doc, vector?: Uint8Array): Uint8Array {
  const { pendingStructs, pendingDs } = doc.store;
  forgetPending(doc);
  try {
    return Y.encodeStateAsUpdate(doc, vector);
  } finally {
    Object.assign(doc.store, { pendingStructs, pendingDs });
  }
}

/** What an update would add, so that one that deletes, or repeats, is let in where there is no room. */
function additionsOf(doc: Y.Doc, update: Uint8Array): { isMore: boolean; writers: number } | undefined {
  try {
    const more = Y.decodeUpdate(update).structs.filter(
      ({ id, length }) => id.clock + length > Y.getState(doc.store, id.client),
    );
    const writers = new Set(more.map(({ id }) => id.client).filter((id) => !doc.store.clients.has(id)));
    return { isMore: more.length > 0, writers: writers.size };
  } catch {
    return undefined;
  }
}

function isPlace(vector: Uint8Array, most: number): boolean {
  try {
    return vector.length <= most && Y.decodeStateVector(vector) instanceof Map;
  } catch {
    return false;
  }
}

const pendingBytesOf = ({ store }: Y.Doc): number =>
  (store.pendingStructs?.update.length ?? 0) + (store.pendingDs?.length ?? 0);

function forgetPending({ store }: Y.Doc): void {
  store.pendingStructs = null;
  store.pendingDs = null;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
