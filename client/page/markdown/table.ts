// The lines of a table: rows of cells between pipes, and the line of dashes that makes a table of them.
import type { Align, Cell, Row } from "./block.ts";
import { closingRun, runLength } from "./code-span.ts";
import type { RowNode } from "./node.ts";
import type { Sight } from "./prose.ts";
import { spans } from "./span.ts";

const dashes = /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/** How the columns are aligned, if this line says that the one before it is a table's header. */
export function alignsOf(line: string, header: string): readonly Align[] | undefined {
  if (!isHeader(header) || !line.includes("|") || !dashes.test(line)) return undefined;
  const aligns = cellsOf(line).map(alignOf);
  // Models miscount dashes. The header knows better.
  return cellsOf(header).map((_, index) => aligns[index] ?? "none");
}

export const isHeader = (line: string): boolean => pipes(line).length > 0;

const halfDashes = /^\|?[ \t]*(?::?-+:?[ \t]*\|[ \t]*)*(?::|:?-+:?[ \t]*)?$/;

/** A line that may become one of dashes. */
export const isHalfDashes = (line: string): boolean => halfDashes.test(line);

function alignOf(dashes: string): Align {
  const [left, right] = [dashes.startsWith(":"), dashes.endsWith(":")];
  if (left && right) return "center";
  return left ? "left" : right ? "right" : "none";
}

/** The source of each cell. With a number of columns it has so many: what is too much stays in the last one. */
export function cellsOf(line: string, columns?: number): readonly string[] {
  const inner = line.trim();
  const borders = pipes(inner);
  const start = borders[0] === 0 ? 1 : 0;
  const end = borders.at(-1) === inner.length - 1 && inner.length > 1 ? inner.length - 1 : inner.length;
  const inside = borders.filter((at) => at >= start && at < end).slice(0, columns && columns - 1);
  const cells = [...inside, end].map((to, index) =>
    inner.slice(index ? (inside[index - 1] ?? 0) + 1 : start, to),
  );
  while (columns !== undefined && cells.length < columns) cells.push("");
  return cells.map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** Where the pipes are that part cells: neither escaped nor in code. */
function pipes(line: string): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === "\\") at++;
    else if (character === "|") found.push(at);
    else if (character === "`") at = endOfCode(line, at) - 1;
  }
  return found;
}

function endOfCode(line: string, at: number): number {
  const length = runLength(line, at);
  const end = closingRun(line, at + length, length);
  return (end === -1 ? at : end) + length;
}

/** A row as a reader sees it. Only its last words can be unfinished. */
export function rowOf({ line }: RowNode, columns: number, isOpen: boolean): Sight<Row> {
  const sources = cellsOf(line, columns);
  const last = sources.findLastIndex((source) => source !== "");
  const sights = sources.map((source, index) => cellOf(source, isOpen && index === last));
  return {
    value: { cells: sights.map(({ value }) => value) },
    isGuess: sights.some(({ isGuess }) => isGuess),
  };
}

function cellOf(source: string, isOpen: boolean): Sight<Cell> {
  const { nodes, isGuess } = spans(source, { before: "", isOpen, isTorn: false });
  return { value: nodes, isGuess };
}
