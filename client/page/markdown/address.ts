// Addresses that stand in the text by themselves, bare or in angle brackets.
import { addressOf } from "./href.ts";
import type { Link } from "./inline.ts";

const pointed = /<((?:https?:\/\/|mailto:)[^\s<>]+)>/iy;
/** Ends at spaces, at what delimits other things, and at the punctuation of scripts that write no spaces. */
const bare = /https?:\/\/[^\s<>"`{}|\\^[\]，。、；：！？（）「」『』【】《》]+/iy;

/** What was read, and its link, if it is one that may be followed. */
export type Address = { readonly source: string; readonly text: string; readonly link: Link | undefined };

export function pointedAddressAt(text: string, at: number): Address | undefined {
  pointed.lastIndex = at;
  const found = pointed.exec(text);
  return found ? { source: found[0], text: found[0], link: linkTo(found[1] ?? "") } : undefined;
}

export function bareAddressAt(text: string, at: number): Address | undefined {
  bare.lastIndex = at;
  const found = bare.exec(text);
  if (!found) return undefined;
  const source = withoutPunctuation(found[0]);
  return { source, text: source, link: linkTo(source) };
}

function linkTo(text: string): Link | undefined {
  const address = addressOf(text);
  return address && { type: "link", href: address.href, children: [{ type: "text", text }] };
}

/** A sentence's punctuation after an address is not part of it, nor is a parenthesis that it did not open. */
function withoutPunctuation(source: string): string {
  let surplus = source.split(")").length - source.split("(").length;
  let end = source.length;
  for (; end > 0; end--) {
    const last = source.charAt(end - 1);
    if (last === ")" && surplus-- > 0) continue;
    if (!"?!.,:;*_~'".includes(last)) break;
  }
  return source.slice(0, end);
}
