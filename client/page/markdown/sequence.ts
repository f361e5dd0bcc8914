// A list that grows at its end, in groups of which the full ones never change again.

/**
 * Adding to a plain array would copy all of it for each piece of an answer. In groups, adding copies the last group and
 * one reference for each 32 parts before it, and a view can compare a whole group by reference. `flat()` makes one array.
 */
export type Sequence<Part> = readonly (readonly Part[])[];

const groupSize = 32;

export function pushAll<Part>(sequence: Sequence<Part>, parts: readonly Part[]): Sequence<Part> {
  if (parts.length === 0) return sequence;
  const last = sequence.at(-1) ?? [];
  const isFull = last.length === groupSize;
  const groups = isFull ? sequence.slice() : sequence.slice(0, -1);
  const open = isFull ? parts : [...last, ...parts];
  for (let from = 0; from < open.length; from += groupSize) groups.push(open.slice(from, from + groupSize));
  return groups;
}

export const push = <Part>(sequence: Sequence<Part>, part: Part): Sequence<Part> => pushAll(sequence, [part]);
