// What a reader sees of the blocks that may still grow.
import type { Block, Item, Row } from "./block.ts";
import type {
  BlockNode,
  ItemNode,
  ListNode,
  ParagraphNode,
  QuoteNode,
  Root,
  RowNode,
  TableNode,
} from "./node.ts";
import { sightOf, type Prose, type Sight } from "./prose.ts";
import { push, type Sequence } from "./sequence.ts";
import { rowOf } from "./table.ts";

/**
 * What was made of a node is made once, so a block that did not change stays the same object, also when it ends:
 * unless its end was guessed, it looks the same open and closed.
 */
const made = { open: new WeakMap<object, Sight<unknown>>(), closed: new WeakMap<object, Sight<unknown>>() };

function once<Value>(node: object, isOpen: boolean, make: () => Sight<Value>): Sight<Value> {
  const known = (isOpen ? made.open : made.closed).get(node) as Sight<Value> | undefined;
  if (known) return known;
  let sight = make();
  if (!sight.isGuess) sight = (made.closed.get(node) as Sight<Value> | undefined) ?? sight;
  if (!sight.isGuess) made.closed.set(node, sight);
  if (isOpen) made.open.set(node, sight);
  return sight;
}

export const blocksOf = (root: Root, isOpen: boolean): Sequence<Block> =>
  once(root, isOpen, () => held(root, isOpen)).value;

/** A block that has ended. */
export function blockOf(node: BlockNode): Block {
  return sight(node, false).value as Block;
}

export const itemOf = (node: ItemNode): Item => itemSight(node, false).value;

export const rowDone = (node: RowNode, columns: number): Row =>
  rowSight({ node, columns, isOpen: false }).value;

function sight(node: BlockNode, isOpen: boolean): Sight<Block | undefined> {
  return once<Block | undefined>(node, isOpen, () => {
    switch (node.type) {
      case "paragraph":
        return paragraphSight(node, isOpen);
      case "heading": {
        const { type, level } = node;
        const { value: children, isGuess } = sightOf(withoutClosingSigns(node.prose), isOpen);
        return { value: { type, level, children }, isGuess };
      }
      case "code":
        return sure({ type: "code", language: node.language, text: node.text ?? "" });
      case "quote": {
        const { value: blocks, isGuess } = held(node, isOpen);
        return { value: { type: "quote", blocks }, isGuess };
      }
      case "list":
        return listSight(node, isOpen);
      case "table":
        return tableSight(node, isOpen);
      case "rule":
        return sure({ type: "rule" });
    }
  });
}

const sure = <Value>(value: Value): Sight<Value> => ({ value, isGuess: false });

/** A line that begins with a pipe is most probably a table's header: it waits for the next line. */
function paragraphSight({ prose, above, line }: ParagraphNode, isOpen: boolean): Sight<Block | undefined> {
  const isHeader = isOpen && line?.startsWith("|");
  if (isHeader && !above) return { value: undefined, isGuess: true };
  const { value: children, isGuess } = sightOf(isHeader && above ? above : prose, isOpen);
  return { value: { type: "paragraph", children }, isGuess: isGuess || isHeader === true };
}

const withoutClosingSigns = (prose: Prose): Prose => ({
  ...prose,
  tail: prose.tail.replace(/(?:^|[ \t])#+[ \t]*$/, ""),
});

function held(node: Root | QuoteNode | ItemNode, isOpen: boolean): Sight<Sequence<Block>> {
  if (!node.open) return sure(node.blocks);
  const { value, isGuess } = sight(node.open, isOpen);
  return { value: value ? push(node.blocks, value) : node.blocks, isGuess };
}

function listSight({ items, open, ...list }: ListNode, isOpen: boolean): Sight<Block> {
  if (!open) return sure({ ...list, items });
  const { value, isGuess } = itemSight(open, isOpen);
  return { value: { ...list, items: push(items, value) }, isGuess };
}

const itemSight = (node: ItemNode, isOpen: boolean): Sight<Item> =>
  once(node, isOpen, () => {
    const { value: blocks, isGuess } = held(node, isOpen);
    const { isChecked } = node;
    return { value: isChecked === undefined ? { blocks } : { isChecked, blocks }, isGuess };
  });

type OpenRow = { readonly node: RowNode; readonly columns: number; readonly isOpen: boolean };

const rowSight = ({ node, columns, isOpen }: OpenRow): Sight<Row> =>
  once(node, isOpen, () => rowOf(node, columns, isOpen));

function tableSight({ align, header, rows, last }: TableNode, isOpen: boolean): Sight<Block> {
  const table = { type: "table", align, header } as const;
  if (!last) return sure({ ...table, rows });
  const { value, isGuess } = rowSight({ node: last, columns: align.length, isOpen });
  return { value: { ...table, rows: push(rows, value) }, isGuess };
}
