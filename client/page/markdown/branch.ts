// The chain of blocks that may still grow, unrolled for the reading of one line.
import { blockOf, itemOf } from "./sight.ts";
import { isLeaf, type BlockNode, type ItemNode, type Leaf, type Node, type Root } from "./node.ts";
import { push } from "./sequence.ts";

/** From the root down. What each node says of the next one is only put right at the end, by `rootOf`. */
export type Branch = Node[];

export function branchOf(root: Root): Branch {
  const branch: Branch = [];
  for (let node: Node | undefined = root; node; node = isLeaf(node) ? undefined : node.open)
    branch.push(node);
  return branch;
}

export const rootOf = (branch: Branch): Root => joined(branch) as Root;

/** The first of these nodes, holding all the others. Where nothing changed, it is the same object. */
const joined = (nodes: readonly Node[]): Node => nodes.reduceRight((child, parent) => holding(parent, child));

function holding(parent: Node, child: Node): Node {
  if (isLeaf(parent) || parent.open === child) return parent;
  return { ...parent, open: child } as Node;
}

export const leafOf = (branch: Branch): Leaf | undefined => {
  const last = branch.at(-1);
  return last && isLeaf(last) ? last : undefined;
};

/** Ends all that is deeper. */
export function endBelow(branch: Branch, depth: number): void {
  if (branch.length <= depth) return;
  const child = joined(branch.splice(depth));
  const parent = branch.pop();
  if (parent) branch.push(adopting(parent, child));
}

function adopting(parent: Node, child: Node): Node {
  if (isLeaf(parent)) return parent;
  if (parent.type === "list")
    return { ...parent, items: push(parent.items, itemOf(child as ItemNode)), open: undefined };
  return { ...parent, blocks: push(parent.blocks, blockOf(child as BlockNode)), open: undefined };
}

/** Puts another leaf in the place of the last one. */
export function replaceLeaf(branch: Branch, leaf: Leaf): void {
  branch[branch.length - 1] = leaf;
}

/** A blank line between two blocks of an item, or between two items, makes their list loose. */
export function loosen(branch: Branch): void {
  const index = branch.findLastIndex(({ type }) => type === "list");
  const list = branch[index];
  if (list?.type === "list") branch[index] = { ...list, isTight: false };
}

/** Quotes and items. */
export const depthOf = (branch: Branch): number =>
  branch.filter(({ type }) => type === "quote" || type === "item").length;
