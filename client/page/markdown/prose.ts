// Running text that grows: what nothing can change any more is settled, and only the short rest is read again.
import type { Inline } from "./inline.ts";
import { pushAll, type Sequence } from "./sequence.ts";
import type { Manner } from "./scan.ts";
import { spans } from "./span.ts";
import { characterBefore } from "./token.ts";

export type Prose = {
  readonly settled: Sequence<Inline>;
  /** The last character that is settled. */
  readonly before: string;
  readonly tail: string;
};

export const emptyProse: Prose = { settled: [], before: "", tail: "" };

/** The tail is looked at whenever its length is a multiple of this: so pieces of any size settle the same. */
const step = 256;
/** What is not closed within so many characters is given up: it is literal, as is the half of a longer address. */
export const longestTail = 1024;

export function append(prose: Prose, text: string): Prose {
  let grown = prose;
  for (let at = 0; at < text.length;) {
    const end = at + step - (grown.tail.length % step);
    grown = settle({ ...grown, tail: grown.tail + text.slice(at, end) });
    at = end;
  }
  return grown;
}

function settle(prose: Prose): Prose {
  const { before, tail } = prose;
  if (tail.length % step !== 0) return prose;
  const { safeCut, lastCut } = spans(tail, closed(before));
  if (safeCut > 0) return cut(prose, safeCut);
  if (tail.length < longestTail) return prose;
  return cut(prose, lastCut > 0 ? lastCut : wholeCharacters(tail));
}

function cut({ settled, before, tail }: Prose, end: number): Prose {
  const head = tail.slice(0, end);
  const { nodes } = spans(head, { ...closed(before), isTorn: end >= longestTail - 1 });
  return {
    settled: pushAll(settled, nodes),
    before: characterBefore(tail, end),
    tail: tail.slice(end),
  };
}

const closed = (before: string): Manner => ({ before, isOpen: false, isTorn: false });

const wholeCharacters = (text: string): number =>
  /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length;

/** What a reader sees, and whether the end of it is only guessed. */
export type Sight<Value> = { readonly value: Value; readonly isGuess: boolean };

export function sightOf({ settled, before, tail }: Prose, isOpen: boolean): Sight<Sequence<Inline>> {
  const { nodes, isGuess } = spans(tail.trimEnd(), { before, isOpen, isTorn: false });
  return { value: pushAll(settled, nodes), isGuess };
}
