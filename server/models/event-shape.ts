// Most events of a stream differ in nothing but their words, and padding. Once one was parsed, those of the same shape
// need not be: all that stands around the words is compared, so what is read is exactly what parsing would read.

/** Providers pad events to hide the length of their words. */
const padding = /"(?:obfuscation|p)":"(?=[^"\\]*")/;

const [quote, backslash, space] = [0x22, 0x5c, 0x20];

/** Where a string that begins here ends, or -1: one with an escape, or with a control character, is for the parser. */
function endOfPlain(data: string, start: number): number {
  for (let index = start; index < data.length; index++) {
    const code = data.charCodeAt(index);
    if (code === quote) return index;
    if (code === backslash || code < space) return -1;
  }
  return -1;
}

/** As `startsWith` says it, at a tenth of its cost where the text is no constant. */
const hasAt = (data: string, text: string, at: number): boolean => data.slice(at, at + text.length) === text;

export class EventShape {
  readonly #before: string;
  /** What follows the words: all of it, or what stands around the padding. */
  readonly #after: readonly [string] | readonly [string, string];

  private constructor(before: string, after: readonly [string] | readonly [string, string]) {
    this.#before = before;
    this.#after = after;
  }

  /** The shape of an event in which these words stand as the value of `key`; undefined when that is not certain. */
  static of(data: string, key: string, words: string): EventShape | undefined {
    const field = `"${key}":"${words}"`;
    const at = data.indexOf(field);
    if (endOfPlain(`${words}"`, 0) !== words.length || at < 0 || data.indexOf(field, at + 1) >= 0)
      return undefined;
    const before = data.slice(0, at + key.length + 4);
    const after = data.slice(before.length + words.length);
    const pad = padding.exec(after);
    if (!pad) return new EventShape(before, [after]);
    const start = pad.index + pad[0].length;
    return new EventShape(before, [after.slice(0, start), after.slice(after.indexOf('"', start))]);
  }

  /** An event of this shape with other words. */
  with(words: string): string {
    return this.#before + words + this.#after.join("");
  }

  /** The words of an event; undefined when it is of another shape. */
  wordsOf(data: string): string | undefined {
    if (!hasAt(data, this.#before, 0)) return undefined;
    const end = endOfPlain(data, this.#before.length);
    return end >= 0 && this.#endsLike(data, end) ? data.slice(this.#before.length, end) : undefined;
  }

  #endsLike(data: string, end: number): boolean {
    const [first, last] = this.#after;
    if (!hasAt(data, first, end)) return false;
    const start = end + first.length;
    if (last === undefined) return data.length === start;
    const padEnd = endOfPlain(data, start);
    return padEnd >= 0 && data.length === padEnd + last.length && hasAt(data, last, padEnd);
  }
}
