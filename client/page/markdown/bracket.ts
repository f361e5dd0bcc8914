// Links and images: `[words](address "title")`. An image is a link to it, for a page must not fetch what a model names.
import { destinationAt } from "./destination.ts";
import { gather } from "./emphasis.ts";
import { unescaped } from "./entity.ts";
import { addressOf, nameOf, straight } from "./href.ts";
import type { Inline } from "./inline.ts";
import type { Bracket, Scan } from "./scan.ts";
import { whole, type Token } from "./token.ts";

export function openBracket(scan: Scan, sign: "[" | "!["): void {
  scan.brackets.push({ at: scan.at, index: scan.tokens.length, isImage: sign === "![" });
  putLiteral(scan, sign);
}

export function closeBracket(scan: Scan): void {
  const { text, at } = scan;
  const bracket = scan.brackets.pop();
  if (bracket && at + 1 === text.length) scan.limit = Math.min(scan.limit, bracket.at);
  const destination = bracket && text.charAt(at + 1) === "(" ? destinationAt(text, at + 2) : undefined;
  if (!bracket || !destination) return putLiteral(scan, "]");
  if (destination === "open") return meetHalf(scan, bracket);
  scan.at = destination.end;
  scan.tokens.push(...linked(scan, bracket, unescaped(destination.address)));
  if (!bracket.isImage) forgetLinks(scan);
}

function putLiteral(scan: Scan, sign: string): void {
  scan.at += sign.length;
  scan.tokens.push(whole({ type: "text", text: sign }, scan.at));
}

/** The address is still being written: its words are shown, and it is not. */
function meetHalf(scan: Scan, bracket: Bracket): void {
  scan.limit = Math.min(scan.limit, bracket.at);
  if (!scan.isOpen || scan.text.includes("\n", scan.at)) return putLiteral(scan, "]");
  scan.isGuess = true;
  scan.tokens.push(...takeWords(scan, bracket));
  scan.at = scan.text.length;
}

/** What was read since the bracket, out of the reading, as it may stand in a link. */
const takeWords = (scan: Scan, bracket: Bracket): Token[] =>
  scan.tokens.splice(bracket.index).slice(1).flatMap(unlinked);

/** No link in a link, and nothing in it that turns the direction of what follows. */
function unlinked(token: Token): Token[] {
  if (token.type === "run") return [token];
  if (token.type === "plain") return [{ ...token, text: straight(token.text) }];
  const { node, end } = token;
  if (node.type === "link") return node.children.map((child) => whole(child, end));
  const isWords = node.type === "text" || node.type === "code";
  return [isWords ? whole({ ...node, text: straight(node.text) }, end) : token];
}

/** A link where one may lead; else its words alone. */
function linked(scan: Scan, bracket: Bracket, address: string): Token[] {
  const words = takeWords(scan, bracket);
  const target = addressOf(address);
  if (!target) return words;
  const { nodes } = gather(words, { limit: 0, isOpen: false });
  const isNamed = nodes.some((node) => node.type !== "text" || node.text.trim() !== "");
  const children: readonly Inline[] = isNamed ? nodes : [{ type: "text", text: nameOf(target) }];
  return [whole({ type: "link", href: target.href, children }, scan.at)];
}

/** What stands around a link cannot be one. */
function forgetLinks(scan: Scan): void {
  const images = scan.brackets.filter(({ isImage }) => isImage);
  scan.brackets.splice(0, scan.brackets.length, ...images);
}
