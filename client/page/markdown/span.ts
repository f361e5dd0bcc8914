// Reads a piece of text that is short enough to be read again and again: the inside of a paragraph, a heading or a cell.
import { bareAddressAt, pointedAddressAt, type Address } from "./address.ts";
import { closeBracket, openBracket } from "./bracket.ts";
import { codeAt } from "./code-span.ts";
import { gather, type Gathered } from "./emphasis.ts";
import { entityAt } from "./entity.ts";
import type { Manner, Scan } from "./scan.ts";
import { characterAt, characterBefore, plain, runBetween, whole } from "./token.ts";

const special = /[\\&`<\]*_~\n]|!?\[|(?<![A-Za-z0-9])https?:\/\//gi;

export function spans(source: string, manner: Manner): Gathered {
  const text = manner.isOpen ? withoutHalfSign(source) : source;
  const isGuess = text !== source;
  const scan: Scan = { ...manner, text, at: 0, tokens: [], brackets: [], limit: text.length, isGuess };
  while (scan.at < text.length) step(scan);
  const limit = Math.min(scan.limit, scan.brackets[0]?.at ?? text.length);
  const gathered = gather(scan.tokens, { limit, isOpen: manner.isOpen });
  return { ...gathered, isGuess: scan.isGuess || gathered.isGuess };
}

/** A sign at the very end may be half of one, or open what is not there yet: it waits for its neighbour. */
function withoutHalfSign(text: string): string {
  let end = text.length;
  while (end > 0 && "*~`".includes(text.charAt(end - 1))) end--;
  if (end === text.length) return text.endsWith("\\") ? text.slice(0, -1) : text;
  return text.charAt(end - 1) === "\\" ? text : text.slice(0, end);
}

function step(scan: Scan): void {
  special.lastIndex = scan.at;
  const found = special.exec(scan.text);
  const end = found?.index ?? scan.text.length;
  if (end > scan.at) scan.tokens.push(plain(scan.text.slice(scan.at, end), scan.at));
  scan.at = end;
  if (found) readSpecial(scan, found[0]);
}

function readSpecial(scan: Scan, sign: string): void {
  switch (sign) {
    case "\\":
      return readEscape(scan);
    case "&":
      return readEntity(scan);
    case "`":
      return codeAt(scan);
    case "<":
      return readAddress(scan, pointedAddressAt(scan.text, scan.at));
    case "[":
    case "![":
      return openBracket(scan, sign);
    case "]":
      return closeBracket(scan);
    case "\n":
      return readBreak(scan);
    case "*":
    case "_":
    case "~":
      return readRun(scan, sign);
    default:
      return readAddress(scan, bareAddressAt(scan.text, scan.at));
  }
}

/** Puts a text that means itself. */
function put(scan: Scan, text: string, length: number): void {
  scan.at += length;
  scan.tokens.push(whole({ type: "text", text }, scan.at));
}

function readEscape(scan: Scan): void {
  const next = scan.text.charAt(scan.at + 1);
  if (next === "\n") scan.at++;
  else if (/[!-/:-@[-`{-~]/.test(next)) put(scan, next, 2);
  else put(scan, "\\", 1);
}

function readEntity(scan: Scan): void {
  const { source, meaning } = entityAt(scan.text, scan.at) ?? { source: "&", meaning: "&" };
  put(scan, meaning, source.length);
}

function readAddress(scan: Scan, address: Address | undefined): void {
  if (!address) return put(scan, scan.text.charAt(scan.at), 1);
  const isHalf = scan.isTorn && scan.at + address.source.length === scan.text.length;
  if (!address.link || isHalf) return put(scan, address.text, address.source.length);
  scan.at += address.source.length;
  scan.tokens.push(whole(address.link, scan.at));
}

/** Models end lines where they want them ended. Spaces around a line's end are not shown. */
function readBreak(scan: Scan): void {
  const last = scan.tokens.at(-1);
  if (last?.type === "plain") scan.tokens[scan.tokens.length - 1] = plain(last.text.trimEnd(), last.at);
  scan.at++;
  scan.tokens.push(whole({ type: "break" }, scan.at));
}

function readRun(scan: Scan, sign: string): void {
  const start = scan.at;
  while (scan.text.charAt(scan.at) === sign) scan.at++;
  const before = start === 0 ? scan.before : characterBefore(scan.text, start);
  const signs = scan.text.slice(start, scan.at);
  scan.tokens.push(runBetween(before, signs, characterAt(scan.text, scan.at)));
}
