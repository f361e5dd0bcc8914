// What the words of a paragraph are first cut into: nodes that are complete, and runs that may still become emphasis.
import type { Inline } from "./inline.ts";

export type Token = Plain | Whole | Run;

/** Words as they stand in the source, from `at` on. */
export type Plain = { readonly type: "plain"; readonly text: string; readonly at: number };

/** Ends at `end` in the source. */
export type Whole = { readonly type: "whole"; readonly node: Inline; readonly end: number };

/** `*`, `_` or `~`, several times over. */
export type Run = {
  readonly type: "run";
  readonly sign: string;
  readonly length: number;
  readonly canOpen: boolean;
  readonly canClose: boolean;
};

export const plain = (text: string, at: number): Plain => ({ type: "plain", text, at });
export const whole = (node: Inline, end: number): Whole => ({ type: "whole", node, end });

const space = /\s/;
const punctuation = /[\p{P}\p{S}]/u;
/** Scripts without spaces between words: there a sign may touch a letter and a full stop at once. */
const dense = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/u;

/** A run between two characters; "" is the border of the text. CommonMark's flanking rules, but for dense scripts. */
export function runBetween(before: string, signs: string, after: string): Run {
  const opens = leans(after, before);
  const closes = leans(before, after);
  const [sign = ""] = signs;
  const isWordly = sign === "_";
  return {
    type: "run",
    sign,
    length: signs.length,
    canOpen: opens && (!isWordly || !closes || punctuation.test(before)),
    canClose: closes && (!isWordly || !opens || punctuation.test(after)),
  };
}

/** Whether a run leans on the character on this side rather than on the one beyond. */
function leans(on: string, beyond: string): boolean {
  if (isBorder(on)) return false;
  return !punctuation.test(on) || isBorder(beyond) || punctuation.test(beyond) || dense.test(beyond);
}

const isBorder = (character: string): boolean => character === "" || space.test(character);

/** The whole character that begins, or ends, here. */
export const characterAt = (text: string, at: number): string =>
  at < text.length ? String.fromCodePoint(text.codePointAt(at) ?? 0) : "";

export function characterBefore(text: string, at: number): string {
  if (at === 0) return "";
  const isPair = at > 1 && (text.codePointAt(at - 2) ?? 0) > 0xffff;
  return characterAt(text, isPair ? at - 2 : at - 1);
}
