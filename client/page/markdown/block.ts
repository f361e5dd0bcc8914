// What a document is made of. Whatever did not change from one reading to the next is the same object.
import type { Inline } from "./inline.ts";
import type { Sequence } from "./sequence.ts";

export type Block =
  | { readonly type: "paragraph"; readonly children: Sequence<Inline> }
  | { readonly type: "heading"; readonly level: Level; readonly children: Sequence<Inline> }
  | { readonly type: "code"; readonly language: string; readonly text: string }
  | { readonly type: "quote"; readonly blocks: Sequence<Block> }
  | List
  | Table
  | { readonly type: "rule" };

export type Level = 1 | 2 | 3 | 4 | 5 | 6;

export type List = {
  readonly type: "list";
  readonly isOrdered: boolean;
  /** The first number; 1 in a list of bullets. */
  readonly start: number;
  /** No blank line between its items: their paragraphs want no distance. */
  readonly isTight: boolean;
  readonly items: Sequence<Item>;
};

/** `isChecked` is there only on the items of a task list. */
export type Item = { readonly isChecked?: boolean; readonly blocks: Sequence<Block> };

/** Every row has as many cells as the header, and `align` as many places. */
export type Table = {
  readonly type: "table";
  readonly align: readonly Align[];
  readonly header: Row;
  readonly rows: Sequence<Row>;
};

export type Align = "left" | "center" | "right" | "none";

export type Row = { readonly cells: readonly Cell[] };

export type Cell = readonly Inline[];
