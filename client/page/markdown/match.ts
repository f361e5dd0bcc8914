// How much of what is open a line goes on with: quotes by their sign, items by their indentation.
import type { Branch } from "./branch.ts";
import { openCode } from "./code.ts";
import { indentOf, isBlank, skip, type Cursor } from "./cursor.ts";
import { afterQuoteMarker } from "./marker.ts";
import type { ItemNode, Node } from "./node.ts";

export type Match = { readonly depth: number; readonly cursor: Cursor };

/** Models indent by two columns where the marker is wider. */
const leastIndent = 2;

export function match(branch: Branch, start: Cursor, most = branch.length): Match {
  const forgiven = forgivenFrom(branch);
  let cursor = start;
  let depth = 1;
  for (; depth < most; depth++) {
    const next = into(branch[depth], cursor, depth >= forgiven);
    if (!next) break;
    cursor = next;
  }
  // A list without its item is not gone on with: the line may still be its next item.
  return { depth: branch[depth - 1]?.type === "list" ? depth - 1 : depth, cursor };
}

/** Code in an item goes on until its fence: models forget to indent it. A quote's code ends with the quote. */
function forgivenFrom(branch: Branch): number {
  if (!openCode(branch)) return Infinity;
  return branch.findLastIndex(({ type }) => type === "quote") + 1;
}

function into(node: Node | undefined, cursor: Cursor, isForgiven: boolean): Cursor | undefined {
  if (node?.type === "list") return cursor;
  if (node?.type === "quote") return afterQuoteMarker(cursor);
  return node?.type === "item" ? intoItem(node, cursor, isForgiven) : undefined;
}

function intoItem(item: ItemNode, cursor: Cursor, isForgiven: boolean): Cursor | undefined {
  const isIn = isForgiven || isBlank(cursor) || indentOf(cursor) >= item.indent + leastIndent;
  return isIn ? skip(cursor, item.width) : undefined;
}
