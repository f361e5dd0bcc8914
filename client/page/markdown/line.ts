// A line under way, and the one way in which it adds to what is open.
import { endBelow, leafOf, loosen, type Branch } from "./branch.ts";
import type { Cursor } from "./cursor.ts";
import type { Node } from "./node.ts";

export type Line = {
  readonly branch: Branch;
  /** How much of the branch this line goes on with. */
  depth: number;
  cursor: Cursor;
  readonly isAfterBlank: boolean;
  /** It has begun a block of its own. */
  hasBegun: boolean;
};

/**
 * What a line is as long as no more of it is known. `flowing`: whatever comes only adds words to its leaf.
 * `whole`: it is shown, but more of it may change what it is. `withheld`: it could still become too many things.
 */
export type Form = "flowing" | "whole" | "withheld";

/** The line goes on with all that holds the leaf. */
export const isInside = ({ branch, depth, hasBegun }: Line): boolean =>
  !hasBegun && depth === branch.length - (leafOf(branch) ? 1 : 0);

/** Ends what this line does not go on with, and adds to what it does. */
export function begin(line: Line, node: Node): void {
  const { branch, isAfterBlank, hasBegun } = line;
  endBelow(branch, line.depth);
  if (isAfterBlank && !hasBegun && branch.at(-1)?.type === "item") loosen(branch);
  branch.push(node);
  line.depth = branch.length;
  line.hasBegun = true;
}
