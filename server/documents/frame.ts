// The frames of the y-websocket protocol: sync and awareness, as y-protocols spells them.
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";

/** The first number of a frame, and the second one of those that are about the text. */
const kinds = { sync: 0, awareness: 1, auth: 2, askAwareness: 3 } as const;
const steps = { ask: 0, answer: 1, update: 2 } as const;

export type Frame =
  /** Wants what it lacks; the vector says what it has. */
  | { readonly kind: "ask"; readonly vector: Uint8Array }
  /** All that was asked for. */
  | { readonly kind: "answer"; readonly update: Uint8Array }
  | { readonly kind: "update"; readonly update: Uint8Array }
  | { readonly kind: "carets"; readonly carets: Uint8Array }
  | { readonly kind: "askCarets" }
  /** Says nothing to us. */
  | { readonly kind: "auth" };

/** @throws Error when it is no frame of this protocol */
export function decodeFrame(bytes: Uint8Array): Frame {
  const decoder = decoding.createDecoder(bytes);
  const kind = decoding.readVarUint(decoder);
  switch (kind) {
    case kinds.sync:
      return decodeSync(decoder);
    case kinds.awareness:
      return { kind: "carets", carets: decoding.readVarUint8Array(decoder) };
    case kinds.auth:
      return { kind: "auth" };
    case kinds.askAwareness:
      return { kind: "askCarets" };
    default:
      throw new Error("a frame of no known kind");
  }
}

function decodeSync(decoder: decoding.Decoder): Frame {
  const step = decoding.readVarUint(decoder);
  const bytes = decoding.readVarUint8Array(decoder);
  switch (step) {
    case steps.ask:
      return { kind: "ask", vector: bytes };
    case steps.answer:
      return { kind: "answer", update: bytes };
    case steps.update:
      return { kind: "update", update: bytes };
    default:
      throw new Error("a step of no known kind");
  }
}

function encoded(numbers: readonly number[], bytes: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  for (const number of numbers) encoding.writeVarUint(encoder, number);
  encoding.writeVarUint8Array(encoder, bytes);
  return encoding.toUint8Array(encoder);
}

export const askFrame = (vector: Uint8Array): Uint8Array => encoded([kinds.sync, steps.ask], vector);
export const answerFrame = (update: Uint8Array): Uint8Array => encoded([kinds.sync, steps.answer], update);
export const updateFrame = (update: Uint8Array): Uint8Array => encoded([kinds.sync, steps.update], update);
export const caretsFrame = (carets: Uint8Array): Uint8Array => encoded([kinds.awareness], carets);
