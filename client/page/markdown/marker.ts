// How lines begin that are more than words.
import type { Level } from "./block.ts";
import { indentOf, isBlank, pass, skip, trimmed, type Cursor } from "./cursor.ts";
import { straight } from "./href.ts";

/** One more `>`, and the space after it. */
export function afterQuoteMarker(cursor: Cursor): Cursor | undefined {
  const start = trimmed(cursor);
  if (!start.rest.startsWith(">")) return undefined;
  return skip(pass(start, 1), 1);
}

export type ItemMarker = {
  readonly isOrdered: boolean;
  readonly number: number;
  /** Columns before the marker, and before what follows it. */
  readonly indent: number;
  readonly width: number;
  readonly isEmpty: boolean;
  readonly after: Cursor;
};

const itemMarker = /^(?:[-+*]|(\d{1,9})[.)])(?=[ \t]|$)/;

export function itemMarkerAt(cursor: Cursor): ItemMarker | undefined {
  const indent = indentOf(cursor);
  const start = skip(cursor, indent);
  const [marker, number] = itemMarker.exec(start.rest) ?? [];
  if (marker === undefined || isRule(start.rest)) return undefined;
  const end = pass(start, marker.length);
  const isEmpty = isBlank(end);
  const space = indentOf(end);
  const gap = isEmpty || space > 4 ? 1 : space;
  return {
    isOrdered: number !== undefined,
    number: Number(number ?? 1),
    indent,
    width: indent + marker.length + gap,
    isEmpty,
    after: skip(end, gap),
  };
}

/** The box of a task, and what follows it. */
export function taskAt(cursor: Cursor): { isChecked: boolean; after: Cursor } | undefined {
  const start = trimmed(cursor);
  const box = /^\[([ xX])\](?=[ \t]|$)/.exec(start.rest);
  return box ? { isChecked: box[1] !== " ", after: skip(pass(start, 3), 1) } : undefined;
}

/** A box of which something is missing. */
export const isHalfTask = (cursor: Cursor): boolean => /^[ \t]*\[(?:[ xX]\]?)?$/.test(cursor.rest);

export const isRule = (rest: string): boolean => /^([-*_])(?:[ \t]*\1){2,}[ \t]*$/.test(rest);

export type Heading = { readonly level: Level; readonly rest: string };

export function headingAt(rest: string): Heading | undefined {
  const [marker, signs = ""] = /^(#{1,6})(?:[ \t]+|$)/.exec(rest) ?? [];
  return marker === undefined ? undefined : { level: signs.length as Level, rest: rest.slice(marker.length) };
}

export type Fence = { readonly fence: string; readonly language: string };

const longestLanguage = 32;

export function fenceAt(rest: string): Fence | undefined {
  const [, fence, information = ""] = /^(`{3,64}(?=[^`]*$)|~{3,64}(?!~))(.*)$/u.exec(rest) ?? [];
  if (fence === undefined) return undefined;
  const [word = ""] = straight(information).trim().split(/\s/);
  return { fence, language: [...word].slice(0, longestLanguage).join("") };
}

/** The signs of a line that is nothing but a fence, or the beginning of one. The lengths bound how long that is open. */
export const fenceSigns = (rest: string, sign: string): string | undefined =>
  /^[ \t]{0,32}((?:`{0,64}|~{0,64}))[ \t]{0,32}$/
    .exec(rest)
    ?.slice(1)
    .find((signs) => signs === sign.repeat(signs.length));

const half = /^(?:#{1,6}[ \t]*|\d{1,9}(?:[.)][ \t]*)?|`{1,2}|~{1,2}|[-+*][ \t]*|([-*_])(?:[ \t]*\1)*[ \t]*)$/;

/** What may still become another kind of line when more of it comes. */
export const isHalfMarker = (rest: string): boolean => half.test(rest);
