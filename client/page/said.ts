// What was said, in short: to name it elsewhere.
import type { SaidMessage } from "../index.ts";

const mostChars = 80;

/** In quotes, on one line. */
export function quoted({ text }: SaidMessage): string {
  const characters = [
    ...text
      .slice(0, 4 * mostChars)
      .trim()
      .replace(/\s+/g, " "),
  ];
  const isShort = characters.length <= mostChars && text.length <= 4 * mostChars;
  return `“${isShort ? characters.join("") : `${characters.slice(0, mostChars).join("").trimEnd()}…`}”`;
}
