// What is being answered, and what waits for it.
import type { Answer, Item } from "../index.ts";

export const activeOf = (items: readonly Item[]): Answer | undefined =>
  items.findLast((item): item is Answer => item.type === "answer" && !item.reason);

/** The messages that wait for their answers, in their order. */
export function queueOf(items: readonly Item[]): readonly string[] {
  const answered = new Set(items.map((item) => (item.type === "answer" ? item.message : "")));
  return items.flatMap((item) =>
    item.type === "message" && item.reply && !answered.has(item.id) ? [item.id] : [],
  );
}
