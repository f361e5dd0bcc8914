// Where a reading stands between two lines, and what the next line, or the beginning of one, makes of it.
import { branchOf, rootOf } from "./branch.ts";
import { openCode, readCode } from "./code.ts";
import { descend } from "./container.ts";
import { isBlank } from "./cursor.ts";
import { isHalfDelimiter, readLeaf } from "./leaf.ts";
import { isInside, type Form, type Line } from "./line.ts";
import { match } from "./match.ts";
import { emptyRoot, type Root } from "./node.ts";

export type Place = {
  readonly root: Root;
  /** After a blank line: how deep in the branch that line was. What is deeper cannot go on, and no paragraph can. */
  readonly blankAt: number | undefined;
};

export const start: Place = { root: emptyRoot, blankAt: undefined };

export type Outcome = { readonly place: Place; readonly form: Form };

export function readLine({ root, blankAt }: Place, source: string): Outcome {
  const branch = branchOf(root);
  const { depth, cursor } = match(branch, { rest: source, column: 0 }, blankAt);
  const line: Line = { branch, depth, cursor, isAfterBlank: blankAt !== undefined, hasBegun: false };
  if (openCode(branch) && isInside(line)) return outcome(line, readCode(line));
  if (isBlank(cursor))
    return { place: { root, blankAt: Math.min(depth, blankAt ?? depth) }, form: "withheld" };
  const isUndecided = isHalfDelimiter(line);
  const form = descend(line) ?? readLeaf(line);
  return outcome(line, isUndecided ? "withheld" : form);
}

const outcome = ({ branch }: Line, form: Form): Outcome => ({
  place: { root: rootOf(branch), blankAt: undefined },
  form,
});
