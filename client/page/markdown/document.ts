// A Markdown document that grows: each reading adds more text, and shares with the one before it whatever stayed the same.
import type { Block } from "./block.ts";
import { branchOf, leafOf, replaceLeaf, rootOf } from "./branch.ts";
import { flow, longestLine } from "./leaf.ts";
import { readLine, start, type Place } from "./place.ts";
import { blocksOf } from "./sight.ts";
import type { Sequence } from "./sequence.ts";

export type Document = { readonly blocks: Sequence<Block>; readonly reading: Reading };

/** Depends on the text alone, not on the pieces it came in. */
type Reading = {
  readonly place: Place;
  /** The open line, as long as more of it may change what it is. */
  readonly line: string;
  /** The place after that line, if it ended here. */
  readonly ahead: Place | undefined;
  /** That place is shown already. */
  readonly isShown: boolean;
  /** The open line is decided, and already read into the place. */
  readonly isFlowing: boolean;
  /** A line feed that comes next belongs to the line end that was read. */
  readonly isAfterReturn: boolean;
};

type Draft = { -readonly [Key in keyof Reading]: Reading[Key] };

const begun: Reading = {
  place: start,
  line: "",
  ahead: undefined,
  isShown: false,
  isFlowing: false,
  isAfterReturn: false,
};

export const emptyDocument: Document = { blocks: [], reading: begun };

/**
 * The document with more text at its end. While text may still come, its end is shown as what it probably becomes:
 *
 * - A line that can still become several things (`-`, `12.`, two backticks, `#`, `[`, half a closing fence; `- | :` where a table's
 *   dashes may come) is not shown yet, nor is a paragraph's line that begins with a pipe, until the next line says whether it is
 *   a table's header.
 * - An opened `**`, `*`, `~~` or backtick is closed at the end of the open paragraph, if no line ended since; `_` is not,
 *   for it is in names. A sign at the very end is not shown, whether it is half of one or opens what is not there yet.
 * - Of `[words](half an addr` the words are shown.
 *
 * A blank line or another block takes back what was guessed wrongly, and so does `finish`.
 */
export function read(document: Document, text: string): Document {
  if (text === "") return document;
  const draft: Draft = { ...document.reading };
  const ends = /\r\n?|\n/g;
  let at = draft.isAfterReturn && text.startsWith("\n") ? 1 : 0;
  draft.isAfterReturn = text.endsWith("\r");
  ends.lastIndex = at;
  for (let end = ends.exec(text); end; end = ends.exec(text)) {
    addWords(draft, text.slice(at, end.index));
    endLine(draft);
    at = ends.lastIndex;
  }
  addWords(draft, text.slice(at));
  return { blocks: shown(draft), reading: draft };
}

/**
 * The document as it is when no more text comes: nothing is guessed or held back, and a `**` that nobody closed is two
 * stars. More can be read into it all the same, as if it had not been finished.
 */
export function finish({ reading }: Document): Document {
  const { root } = reading.ahead ?? reading.place;
  return { blocks: blocksOf(root, false), reading };
}

function shown({ place, ahead, isShown }: Reading): Sequence<Block> {
  const { root, blankAt } = isShown && ahead ? ahead : place;
  return blocksOf(root, blankAt === undefined);
}

/** Adds what is no line end. A line that stays undecided for too long ends there, as if it had been told to. */
function addWords(draft: Draft, words: string): void {
  let at = 0;
  while (at < words.length && !draft.isFlowing) {
    const end = at + longestLine - draft.line.length;
    decide(draft, draft.line + words.slice(at, end));
    if (draft.line.length === longestLine) endLine(draft);
    at = end;
  }
  if (at < words.length) draft.place = flowInto(draft.place, words.slice(at));
}

function decide(draft: Draft, line: string): void {
  const { place, form } = readLine(draft.place, line.replaceAll("\0", "\ufffd"));
  draft.isFlowing = form === "flowing";
  draft.isShown = form === "whole";
  draft.line = draft.isFlowing ? "" : line;
  draft.ahead = draft.isFlowing ? undefined : place;
  if (draft.isFlowing) draft.place = place;
}

function endLine(draft: Draft): void {
  if (!draft.isFlowing) draft.place = draft.ahead ?? readLine(draft.place, "").place;
  draft.line = "";
  draft.ahead = undefined;
  draft.isShown = false;
  draft.isFlowing = false;
}

function flowInto({ root, blankAt }: Place, words: string): Place {
  const branch = branchOf(root);
  const leaf = leafOf(branch);
  if (leaf) replaceLeaf(branch, flow(leaf, words.replaceAll("\0", "\ufffd")));
  return { root: rootOf(branch), blankAt };
}
