// What words take the place of: what was selected when the run began. What people type into it meanwhile stays.
import * as Y from "yjs";
import { limits } from "../../shared/limits.ts";
import type { Delta } from "../../shared/target.ts";
import { DocumentError } from "./document.ts";
import type { Range } from "./excerpt.ts";
import { deltaOf } from "./shared-text.ts";

export interface Selection {
  /** What is left of it, with its formatting. */
  delta(): Delta;
  delete(transaction: Y.Transaction): void;
}

/** A stretch of one item. */
type Piece = { readonly id: Y.ID; readonly index: number; readonly length: number };

/** @throws DocumentError when it is too long, or lies in several texts */
export function selectionOf(doc: Y.Doc, { from, to }: Range): Selection {
  const { text } = from;
  if (to.text !== text) throw new DocumentError("document_range_apart");
  if (to.index - from.index > limits.selectionChars) throw new DocumentError("document_too_large");
  const known = Y.decodeStateVector(Y.encodeStateVector(doc));
  const [start, end] = [
    Y.createRelativePositionFromTypeIndex(text, from.index),
    Y.createRelativePositionFromTypeIndex(text, to.index, -1),
  ];
  const indexOf = (position: Y.RelativePosition): number =>
    Y.createAbsolutePositionFromRelativePosition(position, doc, false)?.index ?? 0;
  const pieces = (): Piece[] => piecesOf(text, known, [indexOf(start), indexOf(end)]);
  return {
    delta: () => pieces().flatMap((piece) => stretch(deltaOf(text), piece)),
    delete: (transaction) => {
      for (const piece of pieces()) remove(transaction, piece);
    },
  };
}

/** What stands between two indices and was known then. */
function piecesOf(text: Y.Text, known: Map<number, number>, [from, to]: [number, number]): Piece[] {
  const pieces: Piece[] = [];
  let index = 0;
  for (let item = text._start; item && index < to; item = item.right) {
    if (item.deleted || !item.countable) continue;
    const { client, clock } = item.id;
    const start = Math.max(from, index);
    const end = Math.min(to, index + item.length, index + (known.get(client) ?? 0) - clock);
    const id = Y.createID(client, clock + start - index);
    if (start < end) pieces.push({ id, index: start, length: end - start });
    index += item.length;
  }
  return pieces;
}

/** `Y.Text.delete` would tidy up the formatting after each piece, and lose the end of one that begins in it (Yjs 13.6). */
function remove(transaction: Y.Transaction, { id, length }: Piece): void {
  const item = Y.getItemCleanStart(transaction, id);
  Y.getItemCleanEnd(transaction, transaction.doc.store, Y.createID(id.client, id.clock + length - 1));
  item.delete(transaction);
}

/** A part of a text with its formatting. @throws DocumentError when there is something in it that has no words */
function stretch(delta: ReturnType<typeof deltaOf>, { index, length }: Piece): Delta {
  const ops: Delta = [];
  let at = 0;
  for (const { insert, attributes } of delta) {
    const size = typeof insert === "string" ? insert.length : 1;
    const [start, end] = [Math.max(0, index - at), Math.min(size, index + length - at)];
    at += size;
    if (start >= end) continue;
    if (insert instanceof Y.AbstractType) throw new DocumentError("document_place_unknown");
    const part = typeof insert === "string" ? insert.slice(start, end) : (insert as Record<string, unknown>);
    ops.push({ insert: part, ...(attributes && { attributes }) });
  }
  return ops;
}
