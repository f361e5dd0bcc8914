// What the assistant does in the document, as the transcript tells it: nothing, writing, or what it wrote last.
import type { Answer, Item, SaidMessage } from "../../index.ts";
import { isForDocument } from "../passage.ts";

/** The latest answer that was for this document, being written or ended. */
export function writtenOf(items: readonly Item[], room: string): Answer | undefined {
  const asked = new Set(items.flatMap((item) => (isAsked(item, room) ? [item.id] : [])));
  if (asked.size === 0) return undefined;
  const isHere = (item: Item): item is Answer => item.type === "answer" && asked.has(item.message);
  return items.findLast((item): item is Answer => isHere(item) && !item.reason) ?? items.findLast(isHere);
}

const isAsked = (item: Item, room: string): item is SaidMessage =>
  item.type === "message" && isForDocument(item) && item.target?.document === room;
