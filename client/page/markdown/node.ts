// The blocks that may still grow: a chain from the whole document down to the block that was written last.
import type { Align, Item, Level, Block, Row } from "./block.ts";
import type { Prose } from "./prose.ts";
import type { Sequence } from "./sequence.ts";

/** What holds blocks: those that are done, and the one that may still grow. */
type Holder = { readonly blocks: Sequence<Block>; readonly open: BlockNode | undefined };

export type Root = Holder & { readonly type: "root" };
export type QuoteNode = Holder & { readonly type: "quote" };

export type ItemNode = Holder & {
  readonly type: "item";
  /** Columns before its marker, and before its words. */
  readonly indent: number;
  readonly width: number;
  readonly isChecked: boolean | undefined;
};

export type ListNode = {
  readonly type: "list";
  readonly isOrdered: boolean;
  readonly start: number;
  readonly isTight: boolean;
  readonly items: Sequence<Item>;
  readonly open: ItemNode | undefined;
};

export type ParagraphNode = {
  readonly type: "paragraph";
  readonly prose: Prose;
  /** What it was before its last line, and that line: a table's header, if the next line says so. */
  readonly above: Prose | undefined;
  readonly line: string | undefined;
};

export type HeadingNode = { readonly type: "heading"; readonly level: Level; readonly prose: Prose };

export type CodeNode = {
  readonly type: "code";
  /** What it was opened with, and how far from the margin. Nothing when it was closed. */
  readonly fence: string | undefined;
  readonly indent: number;
  readonly language: string;
  /** Nothing before the first line, which may be empty. */
  readonly text: string | undefined;
};

export type TableNode = {
  readonly type: "table";
  /** Its header begins with a pipe, so every row does. */
  readonly isPiped: boolean;
  readonly align: readonly Align[];
  readonly header: Row;
  readonly rows: Sequence<Row>;
  readonly last: RowNode | undefined;
};

export type RowNode = { readonly line: string };

export type RuleNode = { readonly type: "rule" };

export type Leaf = ParagraphNode | HeadingNode | CodeNode | TableNode | RuleNode;
export type BlockNode = QuoteNode | ListNode | Leaf;
export type Node = Root | ItemNode | BlockNode;

export const emptyRoot: Root = { type: "root", blocks: [], open: undefined };

export const isLeaf = (node: Node): node is Leaf => !("open" in node);
