// A place in a line: what is left of it, and in which column that begins, for a tab reaches to the next fourth column.

export type Cursor = { readonly rest: string; readonly column: number };

/** How many columns of space stand here. */
export function indentOf({ rest, column }: Cursor): number {
  let end = column;
  for (const character of rest) {
    if (character === " ") end++;
    else if (character === "\t") end += 4 - (end % 4);
    else break;
  }
  return end - column;
}

/** Goes over so many columns of space, or as many as there are. What is left of a tab are spaces. */
export function skip({ rest, column }: Cursor, columns: number): Cursor {
  const end = column + columns;
  let at = 0;
  let here = column;
  while (here < end && (rest[at] === " " || rest[at] === "\t"))
    here += rest[at++] === " " ? 1 : 4 - (here % 4);
  return { rest: " ".repeat(Math.max(0, here - end)) + rest.slice(at), column: Math.min(here, end) };
}

/** Goes over characters that are no space. */
export const pass = ({ rest, column }: Cursor, length: number): Cursor => ({
  rest: rest.slice(length),
  column: column + length,
});

export const isBlank = ({ rest }: Cursor): boolean => /^[ \t]*$/.test(rest);

/** Goes over all space. */
export const trimmed = (cursor: Cursor): Cursor => skip(cursor, indentOf(cursor));
