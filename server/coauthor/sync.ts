// The frames with which two copies of a document come into step, the same for every kind of server.
import { readVarUint, readVarUint8Array, type Decoder } from "lib0/decoding";
import { messageYjsSyncStep1, messageYjsSyncStep2, messageYjsUpdate } from "y-protocols/sync";
import { applyUpdate, getState, parseUpdateMeta, type Doc } from "yjs";

/** What a frame of this kind says. */
export type SyncFrame =
  { readonly kind: "question" } | { readonly kind: "answer" | "change"; readonly update: Uint8Array };

/** @throws Error when it is no such frame */
export function readSync(decoder: Decoder): SyncFrame {
  const step = readVarUint(decoder);
  switch (step) {
    case messageYjsSyncStep1:
      return { kind: "question" };
    case messageYjsSyncStep2:
      return { kind: "answer", update: readVarUint8Array(decoder) };
    case messageYjsUpdate:
      return { kind: "change", update: readVarUint8Array(decoder) };
    default:
      throw new Error(`a sync frame of the unknown kind ${step}`);
  }
}

/** What is taken in, and into what. */
export type Intake = {
  readonly doc: Doc;
  readonly update: Uint8Array;
  /** The provider, so that it does not send it back. */
  readonly origin: unknown;
  /** Before it is in step, the document may bring what was written by our number once: an undo looks for it. */
  readonly isInStep: boolean;
};

/**
 * Takes in what others wrote. The providers would do it too, but would write to the console what is wrong with it.
 * @throws Error when it cannot be read, or when somebody else writes by our number: our words would be mixed with theirs
 */
export function takeIn({ doc, update, origin, isInStep }: Intake): void {
  const client = doc.clientID;
  if (isInStep && endOf(update, client) > getState(doc.store, client))
    throw new Error("somebody else writes in this document by our number");
  if (!isInStep) doc.clientID = nobody;
  try {
    applyUpdate(doc, update, origin);
  } finally {
    doc.clientID = client;
  }
}

/** Yjs takes another number when it meets its own in what comes from elsewhere, and says so on the console. This one nobody has. */
const nobody = -1;

/** How far an update knows what a client wrote; 0 when it has nothing of it. */
export const endOf = (update: Uint8Array, client: number): number =>
  parseUpdateMeta(update).to.get(client) ?? 0;
