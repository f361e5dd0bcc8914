// What an answer is shown of a document: the text around its place, and what is selected. Both are cut.
import type * as Y from "yjs";
import { limits } from "../../shared/limits.ts";
import type { Passage } from "../../shared/target.ts";
import type { Excerpt } from "../models/message.ts";
import { plainOf, textsOf, type Root, type Spot } from "./shared-text.ts";

/** What is selected lies between two spots; they are the same where nothing is. */
export type Range = { readonly from: Spot; readonly to: Spot };

/** Without a range all of it is selected. */
export function excerptOf(root: Root, mode: Passage["mode"], range?: Range): Excerpt {
  const texts = textsOf(root);
  const plain = texts.map(plainOf);
  const whole = plain.join("\n");
  const offsetOf = ({ text, index }: Spot): number =>
    plain.slice(0, texts.indexOf(text)).reduce((sum, { length }) => sum + length + 1, index);
  const ends = range ? [offsetOf(range.from), offsetOf(range.to)] : [0, whole.length];
  const [from, to] = [Math.min(...ends), Math.max(...ends)]; // who selects backwards has them the other way round
  return {
    mode,
    before: cut(whole.slice(Math.max(0, from - limits.surroundingChars), from)),
    selection: cut(whole.slice(from, Math.min(to, from + limits.selectionChars))),
    after: cut(whole.slice(to, to + limits.surroundingChars)),
  };
}

/** Without the half of a character at either end. */
const cut = (text: string): string => text.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, "");

/** At the end of a document everything stands before the place. */
export const atEnd = (text: Y.Text): Range => {
  const spot = { text, index: text.length };
  return { from: spot, to: spot };
};
