// Most events of a stream differ in nothing but their words, and padding. Once one was parsed, those of the same shape
// need not be: all that stands around the words is compared, so what is read is exactly what parsing would read.

/** Providers pad events to hide the length of their words. */
const padding = /"(?:obfuscation|p)":"(?=[^"\\]*")/;

// eslint-disable-next-line no-control-regex -- they may not stand in JSON, so an event with one is for the parser
const isPlain = (text: string): boolean => !/["\\\u0000-\u001f]/.test(text);

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
    if (!isPlain(words) || at < 0 || data.indexOf(field, at + 1) >= 0) return undefined;
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
    const start = this.#before.length;
    if (!data.startsWith(this.#before)) return undefined;
    const end = data.indexOf('"', start);
    const words = data.slice(start, end);
    return end >= 0 && isPlain(words) && this.#endsLike(data, end) ? words : undefined;
  }

  #endsLike(data: string, end: number): boolean {
    const [first, last] = this.#after;
    if (!data.startsWith(first, end)) return false;
    const start = end + first.length;
    if (last === undefined) return data.length === start;
    const padEnd = data.length - last.length;
    return padEnd >= start && data.endsWith(last) && isPlain(data.slice(start, padEnd));
  }
}
