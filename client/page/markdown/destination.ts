// The part of a link in parentheses: where it leads, and a title, which is not shown.

/** `"open"` when the text ends before the parentheses do. */
export type Destination = { readonly address: string; readonly end: number } | "open" | undefined;

const deepestParentheses = 8;
const pointed = /<([^<>\n]*)>/y;
const title = /(?:\s+(?:"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|\((?:\\[^]|[^()\\])*\)))?\s*\)/y;
const unfinished = /(?:\s+(?:"(?:\\[^]|[^"\\])*"?|'(?:\\[^]|[^'\\])*'?|\((?:\\[^]|[^()\\])*\)?)?\s*)?$/y;

/** Reads what follows `](`. */
export function destinationAt(text: string, from: number): Destination {
  const start = from + (/^[ \t\n]*/.exec(text.slice(from, from + 32))?.[0].length ?? 0);
  const address = matchAt(pointed, text, start);
  const end = address ? start + address[0].length : addressEnd(text, start);
  if (end === undefined) return undefined;
  const ending = matchAt(title, text, end);
  if (ending) return { address: address?.[1] ?? text.slice(start, end), end: end + ending[0].length };
  return matchAt(unfinished, text, end) ? "open" : undefined;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Where a bare address ends: at a space or at the parenthesis that it did not open. */
function addressEnd(text: string, start: number): number | undefined {
  let depth = 0;
  let at = start;
  for (; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "\\") at++;
    else if (character <= " ") break;
    else if (character === "(" && ++depth > deepestParentheses) return undefined;
    else if (character === ")" && depth-- === 0) break;
  }
  if (at >= text.length) return text.length;
  return depth > 0 ? undefined : at;
}
