// Most events of a stream differ in nothing but their words, and padding. Once one was parsed, those of the same shape
// need not be: all that stands around the words is compared, so what is read is exactly what parsing would read. That is
// done with the bytes as they come, so that of an event which is known nothing but its words becomes a text.

/** Providers pad events to hide the length of their words. */
const padding = /"(?:obfuscation|p)":"(?=[^"\\]*")/;

const [quote, backslash, space] = [0x22, 0x5c, 0x20];

/** Where a string that begins here ends, or -1: one with an escape, or with a control character, is for the parser. */
function endOfPlain(bytes: Uint8Array, start: number): number {
  for (let index = start; index < bytes.length; index++) {
    const byte = bytes[index] as number;
    if (byte === quote) return index;
    if (byte === backslash || byte < space) return -1;
  }
  return -1;
}

function hasAt(bytes: Uint8Array, part: Uint8Array, at: number): boolean {
  if (at + part.length > bytes.length) return false;
  for (let index = 0; index < part.length; index++) if (bytes[at + index] !== part[index]) return false;
  return true;
}

/** What stands around the data of an event that is sent as one line. */
const [begin, end] = ["data: ", "\n\n"];

const isPlain = (words: string): boolean =>
  endOfPlain(Buffer.from(`${words}"`), 0) === Buffer.byteLength(words);

export class EventShape {
  readonly #before: Buffer;
  /** What follows the words: all of it, or what stands around the padding. */
  readonly #after: readonly [Buffer] | readonly [Buffer, Buffer];

  private constructor(before: string, ...after: readonly [string] | readonly [string, string]) {
    this.#before = Buffer.from(before);
    const [first, last] = after;
    this.#after = last === undefined ? [Buffer.from(first)] : [Buffer.from(first), Buffer.from(last)];
  }

  /** The shape of an event in which these words stand as the value of `key`; undefined when that is not certain. */
  static of(data: string, key: string, words: string): EventShape | undefined {
    const field = `"${key}":"${words}"`;
    const at = data.indexOf(field);
    if (!isPlain(words) || at < 0 || data.indexOf(field, at + 1) >= 0 || /[\r\n]/.test(data))
      return undefined;
    const before = data.slice(0, at + key.length + 4);
    const after = data.slice(before.length + words.length);
    const pad = padding.exec(after);
    if (!pad) return new EventShape(begin + before, after + end);
    const start = pad.index + pad[0].length;
    const rest = after.slice(after.indexOf('"', start));
    return new EventShape(begin + before, after.slice(0, start), rest + end);
  }

  /** The data of an event of this shape with other words. */
  with(words: string): string {
    return `${this.#before.toString()}${words}${this.#after.join("")}`.slice(begin.length, -end.length);
  }

  /** The words of an event; undefined when it is of another shape. */
  wordsOf(data: string): string | undefined {
    const [words, ...others] = this.wordsIn(Buffer.from(begin + data + end)) ?? [];
    return others.length > 0 ? undefined : words;
  }

  /** The words of each event, when these bytes are events of this shape and nothing else. */
  wordsIn(bytes: Buffer): string[] | undefined {
    const words: string[] = [];
    for (let at = 0; at < bytes.length;) {
      const start = at + this.#before.length;
      const stop = hasAt(bytes, this.#before, at) ? endOfPlain(bytes, start) : -1;
      at = stop < 0 ? -1 : this.#endAfter(bytes, stop);
      if (at < 0) return undefined;
      words.push(bytes.toString("utf8", start, stop));
    }
    return words;
  }

  /** Where the event ends whose words end here, or -1. */
  #endAfter(bytes: Buffer, stop: number): number {
    const [first, last] = this.#after;
    if (!hasAt(bytes, first, stop)) return -1;
    const start = stop + first.length;
    if (last === undefined) return start;
    const padEnd = endOfPlain(bytes, start);
    return padEnd >= 0 && hasAt(bytes, last, padEnd) ? padEnd + last.length : -1;
  }
}
