// What words take the place of: what was selected when the run began. What people type into it meanwhile stays.
import * as Y from "yjs";
import { limits } from "../../shared/limits.ts";
import type { Delta } from "../../shared/target.ts";
import { DocumentError } from "./document.ts";
import type { Range } from "./excerpt.ts";
import { deltaOf, type Op } from "./shared-text.ts";

export interface Selection {
  /** Whether anything is left of it. */
  isThere(): boolean;
  /** What is left of it, with its formatting. @throws DocumentError when it cannot be kept: too long, or without words */
  delta(): Delta;
  delete(transaction: Y.Transaction): void;
}

/** What is replaced goes into the log, with formatting and pictures that may be larger than its words. UTF-16 code units. */
const deltaChars = 8 * limits.selectionChars;

/** A stretch of one item. */
type Piece = { readonly id: Y.ID; readonly index: number; readonly length: number };

/** @throws DocumentError when it is too long, has something in it that has no words, or lies in several texts */
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
  const delta = (): Delta => deltaIn(deltaOf(text), pieces());
  delta(); // what it throws is better known before a model is asked
  return {
    isThere: () => pieces().length > 0,
    delta,
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

/** Parts of a text with their formatting, in one walk: there may be as many parts as characters. */
function deltaIn(delta: readonly Op[], pieces: readonly Piece[]): Delta {
  const parts = joined(pieces);
  const ops: Delta = [];
  let [at, next] = [0, 0];
  for (const op of delta) {
    const end = at + (typeof op.insert === "string" ? op.insert.length : 1);
    for (let part = parts[next]; part && part.from < end; part = parts[next]) {
      ops.push(partOf(op, [Math.max(part.from, at) - at, Math.min(part.to, end) - at]));
      if (part.to > end) break;
      next += 1;
    }
    at = end;
  }
  if (JSON.stringify(ops).length > deltaChars) throw new DocumentError("document_too_large");
  return ops;
}

type Stretch = { readonly from: number; readonly to: number };

/** Neighbours as one. */
function joined(pieces: readonly Piece[]): Stretch[] {
  const all: Stretch[] = [];
  for (const { index, length } of pieces) {
    const last = all.at(-1);
    if (last?.to === index) all[all.length - 1] = { from: last.from, to: index + length };
    else all.push({ from: index, to: index + length });
  }
  return all;
}

/** @throws DocumentError when there is something in it that has no words */
function partOf({ insert, attributes }: Op, [start, end]: [number, number]): Delta[number] {
  if (insert instanceof Y.AbstractType) throw new DocumentError("document_place_unknown");
  const part = typeof insert === "string" ? insert.slice(start, end) : (insert as Record<string, unknown>);
  return { insert: part, ...(attributes && { attributes }) };
}
