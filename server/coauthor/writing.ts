// A run at work in a document: what it is shown, where its caret is, and its words, one transaction for each batch.
import type * as Y from "yjs";
import {
  applyUpdate,
  createRelativePositionFromTypeIndex,
  Doc,
  encodeStateAsUpdate,
  relativePositionToJSON,
} from "yjs";
import type { Delta, Target } from "../../shared/target.ts";
import type { Excerpt } from "../models/message.ts";
import type { DocumentServer, SharedDocument } from "./document.ts";
import { atEnd, excerptOf, type Range } from "./excerpt.ts";
import { placeAt, placeAtEnd, type Place } from "./place.ts";
import { selectionOf, type Selection } from "./selection.ts";
import { rootOf, spotOf, textsOf, type Root, type Spot } from "./shared-text.ts";
import { writerOf } from "./writer.ts";

/** What a run does in a document. */
export interface Writing extends Pick<SharedDocument, "lost" | "isFull" | "settled" | "close"> {
  readonly excerpt: Excerpt;
  /** What the first words will take the place of, as it is now; nothing where they take no place. */
  replaces(): Delta;
  /** Puts the next words behind the last ones. @throws DocumentError when their place was deleted */
  write(words: string): void;
}

/** How everybody sees who writes. */
export type Face = { readonly name: string; readonly color: string };

type Asked = {
  readonly target: Target;
  readonly run: string;
  readonly signal: AbortSignal;
  readonly face: Face;
};

/** Opens the document at its place, with a caret there. @throws DocumentError, or the signal's reason */
export async function openWriting(server: DocumentServer, asked: Asked): Promise<Writing> {
  const { target, run, signal, face } = asked;
  const [{ token, mode }, client] = [target, writerOf(run)];
  const entrance = { token, client, signal, onlyReads: mode === "read" };
  const document = await server.open(target.document, entrance);
  try {
    return writingIn(document, target, face);
  } catch (error) {
    document.close();
    throw error;
  }
}

function writingIn(document: SharedDocument, target: Target, face: Face): Writing {
  const doc = target.mode === "read" ? copyOf(document.doc) : document.doc;
  const origin = Symbol("run"); // an undo stack of this process could tell one run from another by it
  const root = rootOf(doc, target);
  const range = doc.transact(() => rangeOf(root, target), origin);
  const excerpt = excerptOf(root, target.mode, range);
  const { place, selection } = deskOf(doc, root, { target, range });
  const caret = (from: Spot, to = from): void => show(document, face, [from, to]);
  if (range && target.mode !== "read") caret(range.from, range.to);
  let isFirst = true;

  function write(words: string, transaction: Y.Transaction): void {
    const { text, index } = place.now();
    if (isFirst) selection?.delete(transaction);
    text.insert(index, words);
    const end = { text, index: index + words.length };
    place.moved(end);
    isFirst = false;
    caret(end);
  }

  return {
    lost: document.lost,
    get isFull() {
      return document.isFull;
    },
    settled: () => document.settled(),
    close: () => document.close(),
    excerpt,
    replaces: () => selection?.delta() ?? [],
    write: (words) => doc.transact((transaction) => write(words, transaction), origin),
  };
}

/** Who only reads changes nothing, not even where a place in an empty block is looked for. */
function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Doc();
  applyUpdate(copy, encodeStateAsUpdate(doc));
  return copy;
}

function rangeOf(root: Root, { mode, from, to }: Target): Range | undefined {
  const last = textsOf(root).at(-1);
  if (mode === "append") return last && atEnd(last);
  if (!from) return undefined;
  const start = spotOf(root, from);
  const end = to && mode !== "insert" ? spotOf(root, to) : start;
  return end.text === start.text && end.index < start.index
    ? { from: end, to: start }
    : { from: start, to: end };
}

type Desk = { place: Place; selection: Selection | undefined };

function deskOf(
  doc: Y.Doc,
  root: Root,
  { target, range }: { target: Target; range: Range | undefined },
): Desk {
  if (!range || target.mode === "append") return { place: placeAtEnd(doc, root), selection: undefined };
  const isEmpty = range.from.text === range.to.text && range.from.index === range.to.index;
  const selection = target.mode === "replace" && !isEmpty ? selectionOf(doc, range) : undefined;
  const isThere = selection && (() => selection.isThere());
  return { place: placeAt(doc, range.from, isThere), selection };
}

/** Editors look for a caret under one of two names: https://docs.yjs.dev/api/about-awareness says neither. */
function show({ awareness }: SharedDocument, user: Face, [from, to]: [Spot, Spot]): void {
  const caret = { anchor: positionOf(from), head: positionOf(to) };
  awareness.setLocalState({
    user: { ...user, colorLight: `${user.color}33` },
    cursor: caret,
    selection: caret,
  });
}

const positionOf = ({ text, index }: Spot): unknown =>
  relativePositionToJSON(createRelativePositionFromTypeIndex(text, index));
