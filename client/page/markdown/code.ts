// Lines of fenced code.
import { leafOf, replaceLeaf, type Branch } from "./branch.ts";
import { indentOf, skip, type Cursor } from "./cursor.ts";
import type { Form, Line } from "./line.ts";
import { fenceSigns } from "./marker.ts";
import type { CodeNode } from "./node.ts";

/** A fence may be further in than the one that it closes, but not as far as code would be. */
const furtherIn = 3;

/** The code whose fence has not come yet. */
export function openCode(branch: Branch): CodeNode | undefined {
  const leaf = leafOf(branch);
  return leaf?.type === "code" && leaf.fence !== undefined ? leaf : undefined;
}

/** Reads a line of the code that is open. */
export function readCode({ branch, cursor }: Line): Form {
  const code = branch.at(-1) as CodeNode;
  const { fence = "", indent } = code;
  const signs = fenceSigns(cursor.rest, fence.charAt(0));
  const isClosing = signs !== undefined && signs.length >= fence.length;
  if (isClosing && indentOf(cursor) <= indent + furtherIn) {
    replaceLeaf(branch, { ...code, fence: undefined });
    return "whole";
  }
  replaceLeaf(branch, { ...code, text: longer(code, cursor) });
  return signs === undefined ? "flowing" : "withheld";
}

/** The text stays unjoined until someone looks at it: adding to it costs what is added. */
function longer({ text, indent }: CodeNode, cursor: Cursor): string {
  const { rest } = skip(cursor, indent);
  return text === undefined ? rest : `${text}\n${rest}`;
}
