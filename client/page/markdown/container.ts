// The quotes and items that a line begins.
import { depthOf, endBelow, leafOf, loosen } from "./branch.ts";
import { isBlank, trimmed } from "./cursor.ts";
import { begin, type Form, type Line } from "./line.ts";
import { afterQuoteMarker, isHalfTask, itemMarkerAt, taskAt, type ItemMarker } from "./marker.ts";
import type { ListNode } from "./node.ts";
import { isDelimiter } from "./leaf.ts";

/** Deeper signs are words. */
const deepest = 16;

/** @returns the line's form, when nothing is left of it for a leaf */
export function descend(line: Line): Form | undefined {
  while (depthOf(line.branch.slice(0, line.depth)) < deepest && !isDelimiter(line)) {
    if (beginQuote(line)) continue;
    if (!beginItem(line)) break;
    if (isHalfTask(line.cursor)) return "withheld";
    beginTask(line);
  }
  return isBlank(line.cursor) ? "withheld" : undefined;
}

function beginQuote(line: Line): boolean {
  const after = afterQuoteMarker(line.cursor);
  if (!after) return false;
  begin(line, { type: "quote", blocks: [], open: undefined });
  line.cursor = after;
  return true;
}

function beginItem(line: Line): boolean {
  const marker = itemMarkerAt(line.cursor);
  if (!marker || (!isNext(line, marker) && !mayInterrupt(line, marker))) return false;
  if (isNext(line, marker)) endOfItem(line);
  else begin(line, newList(marker));
  const { indent, width } = marker;
  begin(line, { type: "item", indent, width, isChecked: undefined, blocks: [], open: undefined });
  line.cursor = marker.after;
  return true;
}

/** The item goes on with a list that is open here. */
function isNext({ branch, depth, hasBegun }: Line, { isOrdered }: ItemMarker): boolean {
  const list = branch[depth];
  return !hasBegun && list?.type === "list" && list.isOrdered === isOrdered;
}

function endOfItem(line: Line): void {
  line.depth++;
  endBelow(line.branch, line.depth);
  if (line.isAfterBlank) loosen(line.branch);
}

const newList = ({ isOrdered, number }: ItemMarker): ListNode => ({
  type: "list",
  isOrdered,
  start: number,
  isTight: true,
  items: [],
  open: undefined,
});

/** A paragraph's next line may begin with a number or a dash: only what is surely a list interrupts it. */
function mayInterrupt({ branch, isAfterBlank, hasBegun }: Line, marker: ItemMarker): boolean {
  if (hasBegun || isAfterBlank || leafOf(branch)?.type !== "paragraph") return true;
  return !marker.isEmpty && marker.number === 1;
}

function beginTask(line: Line): void {
  const task = taskAt(line.cursor);
  const item = line.branch.at(-1);
  if (!task || item?.type !== "item") return;
  line.branch[line.branch.length - 1] = { ...item, isChecked: task.isChecked };
  line.cursor = trimmed(task.after);
}
