// Who writes, as Yjs tells writers apart. Each run is one of its own, so that its words can be told from all others for
// ever, by nothing but its id.
import { createHash } from "node:crypto";
import * as Y from "yjs";

/** A writer's number for this name, spread like the random ones that Yjs chooses. */
export const writerOf = (name: string): number => createHash("sha256").update(name).digest().readUInt32BE();

/** The pieces of text that a writer has put into a document and that are still there, in the order in which they came. */
export function wordsOf(doc: Y.Doc, writer: number): Y.Item[] {
  return textsBy(doc, writer).filter(({ deleted }) => !deleted);
}

/** The first item of a writer in a text, whether it is still there or not. */
export function firstOf(doc: Y.Doc, writer: number): { text: Y.Text; item: Y.Item } | undefined {
  const text = textsBy(doc, writer).find(({ parent }) => parent instanceof Y.Text)?.parent;
  if (!(text instanceof Y.Text)) return undefined;
  for (let item = text._start; item; item = item.right) if (item.id.client === writer) return { text, item };
  return undefined;
}

/** What was deleted is not text any more, and keeps its place. */
const textsBy = (doc: Y.Doc, writer: number): Y.Item[] =>
  (doc.store.clients.get(writer) ?? []).filter(
    (struct): struct is Y.Item =>
      struct instanceof Y.Item &&
      (struct.content instanceof Y.ContentString || struct.content instanceof Y.ContentDeleted),
  );

/** How many characters stand before an item in its text. */
export function indexOf(item: Y.Item): number {
  let index = 0;
  for (let before = item.left; before; before = before.left)
    if (!before.deleted && before.countable) index += before.length;
  return index;
}
