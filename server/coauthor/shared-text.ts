// The text of a document that a target speaks of: a text of its own, or the blocks of a fragment.
import * as Y from "yjs";
import type { Passage } from "../../shared/target.ts";
import { DocumentError } from "./document.ts";

/** The shared type by its name. */
export type Root = Y.Text | Y.XmlFragment;

/** A place between two characters. */
export type Spot = { readonly text: Y.Text; readonly index: number };

type Position = NonNullable<Passage["from"]>;

/** @throws DocumentError when the type is of another kind */
export function rootOf(doc: Y.Doc, { type, kind = "text" }: Passage): Root {
  try {
    const root = kind === "text" ? doc.getText(type) : doc.getXmlFragment(type);
    if (hasOther(root)) throw new DocumentError("document_place_unknown");
    return root;
  } catch (cause) {
    throw new DocumentError("document_place_unknown", { cause });
  }
}

/**
 * Blocks in a text, words in a fragment, values in either: what an editor or a list of another kind has left. Yjs gives a
 * type whatever kind it is asked for, and what is written there would break it for those who use it.
 */
function hasOther(root: Root): boolean {
  const belongs = root instanceof Y.Text ? isInline : isBlock;
  for (let item = root._start; item; item = item.right)
    if (!item.deleted && item.countable && !belongs(item.content)) return true;
  return false;
}

const isBlock = (content: unknown): boolean => content instanceof Y.ContentType;

const isInline = (content: unknown): boolean =>
  content instanceof Y.ContentString ||
  content instanceof Y.ContentEmbed ||
  (content instanceof Y.ContentType && !(content.type instanceof Y.XmlElement));

/** Where a position is now. @throws DocumentError when it is not in this type */
export function spotOf(root: Root, position: Position): Spot {
  const absolute = absoluteOf(root.doc as Y.Doc, position);
  if (!absolute || !isWithin(absolute.type, root)) throw new DocumentError("document_place_unknown");
  const spot = descend(absolute.type, absolute.index);
  return { ...spot, index: besidePair(spot) };
}

function absoluteOf(doc: Y.Doc, position: Position): Y.AbsolutePosition | null {
  try {
    const relative = Y.createRelativePositionFromJSON(position);
    if (relative.item === null && relative.type === null && !doc.share.has(relative.tname ?? "")) return null;
    return Y.createAbsolutePositionFromRelativePosition(relative, doc);
  } catch {
    return null;
  }
}

function isWithin(type: Y.AbstractType<unknown>, root: Root): boolean {
  for (let above: unknown = type; above instanceof Y.AbstractType; above = above._item?.parent)
    if (above === root) return true;
  return false;
}

/** Into the text at this place, or beside it, of whatever holds texts. */
function descend(type: unknown, index: number): Spot {
  if (type instanceof Y.Text) return { text: type, index: Math.min(index, type.length) };
  if (!(type instanceof Y.XmlFragment)) throw new DocumentError("document_place_unknown");
  if (index < type.length) return descend(type.get(index), 0);
  return endOf(type);
}

/** Never between the halves of a character. */
function besidePair({ text, index }: Spot): number {
  const pair = plainOf(text).slice(Math.max(0, index - 1), index + 1);
  return index > 0 && /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(pair) ? index + 1 : index;
}

/** Behind the last character. What holds no text yet gets one. */
export function endOf(type: Root | Y.XmlElement): Spot {
  if (type instanceof Y.Text) return { text: type, index: type.length };
  const last = type
    .toArray()
    .findLast((child) => child instanceof Y.XmlText || child instanceof Y.XmlElement);
  if (last) return endOf(last);
  const block = type instanceof Y.XmlElement ? type : new Y.XmlElement("paragraph");
  const text = new Y.XmlText();
  type.doc?.transact(() => {
    if (block !== type) type.push([block]);
    block.push([text]);
  });
  return { text, index: 0 };
}

/** All texts of a type, in their order. */
export function textsOf(type: Root): Y.Text[] {
  if (type instanceof Y.Text) return [type];
  return type
    .toArray()
    .flatMap((child) => (child instanceof Y.XmlText || child instanceof Y.XmlElement ? textsOf(child) : []));
}

export type Op = { insert: string | object; attributes?: Record<string, unknown> };

export const deltaOf = (text: Y.Text): Op[] => text.toDelta() as Op[];

/** Its characters; whatever else stands in it counts as one. */
export const plainOf = (text: Y.Text): string =>
  deltaOf(text)
    .map(({ insert }) => (typeof insert === "string" ? insert : "\uFFFC"))
    .join("");
