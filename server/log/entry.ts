// The arithmetic of entries: how wide they are, how neighbours merge, where they may be cut.
import type { Draft, Entry } from "../../shared/protocol.ts";

/** A token entry is never merged beyond this, as long as the longest message. UTF-16 code units. */
export const tokenChars = 32_768;

/** How far an entry moves the position: a token by its text, everything else by one. */
export const widthOf = (entry: Draft | Entry): number => (entry.type === "token" ? entry.text.length : 1);

/** Roughly what an entry costs to hold or to send: its text and an envelope. */
export const sizeOf = (entry: Draft | Entry): number =>
  64 + ("text" in entry ? entry.text.length : deltaSize(entry));

const deltaSize = (entry: Draft | Entry): number =>
  entry.type === "replaced" ? JSON.stringify(entry.delta).length : 0;

/** By what an entry can be found: the id of a message or a run, or that of a run with what happened to it in a document. */
export function nameOf(entry: Entry): string | undefined {
  switch (entry.type) {
    case "message":
      return entry.id;
    case "start":
      return entry.run;
    case "replaced":
    case "undone":
      return nameFor(entry.type, entry.run);
    case "token":
    case "end":
    case "rewind":
      return undefined;
  }
}

export const nameFor = (type: "replaced" | "undone", run: string): string => `${type}.${run}`;

export const startOf = (entry: Entry): number => entry.offset - widthOf(entry);

/** True when `next` may be appended to `last` as one token entry. */
export function joins(last: Draft | undefined, next: Draft): last is Extract<Draft, { type: "token" }> {
  return (
    last?.type === "token" &&
    next.type === "token" &&
    last.run === next.run &&
    last.kind === next.kind &&
    last.text.length + next.text.length <= tokenChars
  );
}

/** Gives drafts their places, from `head` on. */
export function place(drafts: readonly Draft[], head: number): Entry[] {
  let offset = head;
  return drafts.map((draft) => ({ ...draft, offset: (offset += widthOf(draft)) }));
}

/** Neighbouring tokens of one run as one entry; everything else as it is. */
export function merge(entries: readonly Entry[]): Entry[] {
  const merged: Entry[] = [];
  for (const entry of entries) {
    const last = merged.at(-1);
    if (last?.type === "token" && entry.type === "token" && joins(last, entry))
      merged[merged.length - 1] = { ...last, text: last.text + entry.text, offset: entry.offset };
    else merged.push(entry);
  }
  return merged;
}

/** The part of `entries` between two positions; a token that lies across an end is cut there. */
export function between(entries: readonly Entry[], after: number, before = Infinity): Entry[] {
  return entries
    .filter((entry) => entry.offset > after && startOf(entry) < before)
    .map((entry) => cut(entry, after, before));
}

function cut(entry: Entry, after: number, before: number): Entry {
  const start = startOf(entry);
  if (entry.type !== "token" || (start >= after && entry.offset <= before)) return entry;
  const text = entry.text.slice(Math.max(0, after - start), before - start);
  return { ...entry, text, offset: Math.min(entry.offset, before) };
}

/** True when a position lies inside a surrogate pair of this entry: such an offset does not exist. */
export function splitsPair(entry: Entry | undefined, offset: number): boolean {
  if (entry?.type !== "token") return false;
  const index = offset - startOf(entry);
  const isInside = index > 0 && index < entry.text.length;
  return isInside && /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(entry.text.slice(index - 1, index + 1));
}

/** The first index whose entry ends after `offset`. `entries` are in order. */
export function indexAfter(entries: readonly Entry[], offset: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle] as Entry).offset > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Entries from `index` on, as many as a budget (see `sizeOf`) allows, and at least one. */
export function within(entries: readonly Entry[], index: number, budget: number): Entry[] {
  let end = index;
  for (let left = budget; end < entries.length && (left > 0 || end === index); end++)
    left -= sizeOf(entries[end] as Entry);
  return entries.slice(index, end);
}

/** Entries that begin before `offset`, the last ones there are, as many as a budget allows, and at least one. */
export function withinBefore(entries: readonly Entry[], offset: number, budget: number): Entry[] {
  let end = indexAfter(entries, offset);
  const across = entries[end];
  if (across && startOf(across) < offset) end += 1;
  let start = end;
  for (let left = budget; start > 0 && (left > 0 || start === end); start--)
    left -= sizeOf(entries[start - 1] as Entry);
  return entries.slice(start, end);
}
