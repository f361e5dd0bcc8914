// What a line is at the end of its quotes and items: a heading, a fence, a rule, a row, or words.
import { leafOf, replaceLeaf } from "./branch.ts";
import { indentOf, trimmed } from "./cursor.ts";
import { begin, isInside, type Form, type Line } from "./line.ts";
import { fenceAt, headingAt, isHalfMarker, isRule } from "./marker.ts";
import type { Leaf, ParagraphNode, TableNode } from "./node.ts";
import { append, emptyProse } from "./prose.ts";
import { push } from "./sequence.ts";
import { rowDone } from "./sight.ts";
import { alignsOf, cellsOf, isHalfDashes, isHeader, rowOf } from "./table.ts";

/** A line that began as undecided is read again when there is more of it, but never more than this. */
export const longestLine = 2_000;

export function readLeaf(line: Line): Form {
  const { rest } = trimmed(line.cursor);
  return (
    readDelimiter(line, rest) ??
    readSigns(line, rest) ??
    readRow(line, rest) ??
    readWords(line, rest, isHalf(rest) ? "withheld" : "flowing")
  );
}

/** Headings, fences and rules end whatever is open. */
function readSigns(line: Line, rest: string): Form | undefined {
  const heading = headingAt(rest);
  if (heading) {
    const prose = append(emptyProse, heading.rest);
    return add(line, { type: "heading", level: heading.level, prose }, heading.rest ? "flowing" : "withheld");
  }
  const fence = fenceAt(rest);
  if (fence) {
    const indent = Math.min(indentOf(line.cursor), 32);
    return add(line, { type: "code", ...fence, indent, text: undefined }, "whole");
  }
  return isRule(rest) ? add(line, { type: "rule" }, "whole") : undefined;
}

function add(line: Line, leaf: Leaf, form: Form): Form {
  begin(line, leaf);
  return form;
}

/** The paragraph that a line of words goes on with, also when it forgot its quote or indentation. */
function paragraphOf({ branch, isAfterBlank, hasBegun }: Line): ParagraphNode | undefined {
  const leaf = leafOf(branch);
  return leaf?.type === "paragraph" && !isAfterBlank && !hasBegun ? leaf : undefined;
}

/** The line before this one, if this one could make it a table's header. */
const headerOf = (line: Line): string | undefined => {
  const header = isInside(line) ? paragraphOf(line)?.line : undefined;
  return header !== undefined && isHeader(header) ? header : undefined;
};

/** Whether the line is the dashes below a header, which look like an item's marker too. */
export function isDelimiter(line: Line): boolean {
  const header = headerOf(line);
  return header !== undefined && alignsOf(trimmed(line.cursor).rest, header) !== undefined;
}

/** Whether it lacks something to be those dashes: until then it is no item, rule or words either, whatever it looks like. */
export function isHalfDelimiter(line: Line): boolean {
  return headerOf(line) !== undefined && isHalfDashes(trimmed(line.cursor).rest) && !isDelimiter(line);
}

/** Makes a table of the paragraph's last line. */
function readDelimiter(line: Line, rest: string): Form | undefined {
  const header = headerOf(line);
  const align = header === undefined ? undefined : alignsOf(rest, header);
  if (header === undefined || !align) return undefined;
  const above = paragraphOf(line)?.above;
  if (above) replaceLeaf(line.branch, { type: "paragraph", prose: above, above: undefined, line: undefined });
  else line.branch.pop();
  return add(line, newTable(header, align), "whole");
}

const newTable = (header: string, align: TableNode["align"]): TableNode => ({
  type: "table",
  isPiped: header.startsWith("|"),
  align,
  header: rowOf({ line: header }, cellsOf(header).length, false).value,
  rows: [],
  last: undefined,
});

/** Where the header began with a pipe, a line without one is no row but the paragraph after the table. */
function readRow(line: Line, rest: string): Form | undefined {
  const table = leafOf(line.branch);
  if (table?.type !== "table" || line.isAfterBlank || !isInside(line)) return undefined;
  if (table.isPiped && !rest.startsWith("|")) return undefined;
  const { rows, last, align } = table;
  const done = last ? push(rows, rowDone(last, align.length)) : rows;
  replaceLeaf(line.branch, { ...table, rows: done, last: { line: rest } });
  return isHalf(rest) ? "withheld" : "whole";
}

function readWords(line: Line, rest: string, form: Form): Form {
  const paragraph = paragraphOf(line);
  if (!paragraph) {
    begin(line, { type: "paragraph", prose: append(emptyProse, rest), above: undefined, line: rest });
    return form;
  }
  const { prose } = paragraph;
  replaceLeaf(line.branch, { ...paragraph, prose: append(prose, `\n${rest}`), above: prose, line: rest });
  return form;
}

const isHalf = (rest: string): boolean => isHalfMarker(rest) && !isRule(rest);

/** More words of a line that flows. */
export function flow(leaf: Leaf, text: string): Leaf {
  switch (leaf.type) {
    case "paragraph":
      return { ...leaf, prose: append(leaf.prose, text), line: longer(leaf.line, text) };
    case "heading":
      return { ...leaf, prose: append(leaf.prose, text) };
    case "code":
      return { ...leaf, text: (leaf.text ?? "") + text };
    case "table":
    case "rule":
      return leaf;
  }
}

/** A header that is longer than any line that is kept is no header. */
const longer = (line: string | undefined, text: string): string | undefined =>
  line !== undefined && line.length + text.length <= longestLine ? line + text : undefined;
