// From the answer of an HTTP request to pieces of an answer, for every provider that sends server-sent events.
import { setImmediate as turn } from "node:timers/promises";
import { drain } from "./drain.ts";
import { type ChatGenerationChunk, type ModelOptions, UpstreamError } from "./model.ts";
import { createEventParser, eventChars, type ServerSentEvent } from "./sse.ts";

/** What the events of one stream mean, one after the other. */
export interface EventReader {
  /** What the event says; undefined when it says nothing. @throws UpstreamError when it reports a fault */
  read(event: ServerSentEvent): ChatGenerationChunk | undefined;
  /** The words of whole events, where each of them looks like one that was read before and said nothing but words. */
  wordsIn?(bytes: Buffer): string[] | undefined;
  /** True when nothing that matters can follow. */
  readonly isDone: boolean;
  /** A fault that came beside words, which are shown before it. */
  readonly fault?: UpstreamError | undefined;
}

const newline = 0x0a;

/** Where so much comes at once, there is more: all the others get their turn before it is read. Bytes. */
const largePiece = 8_192;

type Options = Pick<ModelOptions, "joined"> & {
  /** A larger event is a fault of the upstream. UTF-16 code units. Default 256 Ki. */
  readonly largest?: number | undefined;
};

type Step = IteratorResult<ChatGenerationChunk, undefined>;

const over: Step = { done: true, value: undefined };

/**
 * Makes the request and gives what its events say. A connection that breaks ends them: the missing finish marker tells.
 * @throws what the request throws; UpstreamError what the reader throws, `upstream_not_a_stream`, `upstream_too_large`
 */
export const readEvents = (
  request: () => Promise<Response>,
  reader: EventReader,
  options: Options = {},
): AsyncIterableIterator<ChatGenerationChunk, undefined> => new EventStream(request, reader, options);

/** As an async generator would do it, with a third of its promises: of pieces there are many, and each is awaited. */
class EventStream implements AsyncIterableIterator<ChatGenerationChunk, undefined> {
  readonly #request: () => Promise<Response>;
  readonly #reader: EventReader;
  readonly #options: Options;
  #opened: Opened | undefined;
  #state: "reading" | "ended" | "left" = "reading";
  #wasLarge = false;
  /** What the last piece said, how much of that was asked for, and the fault that comes after it. */
  #ready: ChatGenerationChunk[] = [];
  #given = 0;
  #fault: unknown;
  /** The reading that is being waited for. */
  #current: Promise<Step> | undefined;

  constructor(request: () => Promise<Response>, reader: EventReader, options: Options) {
    this.#request = request;
    this.#reader = reader;
    this.#options = options;
  }

  /** One reading after the other, as a generator takes them. */
  readonly #again = (): Promise<Step> => this.next();

  next(): Promise<Step> {
    if (this.#current) return this.#current.then(this.#again, this.#again);
    const value = this.#nextReady();
    if (value) return Promise.resolve({ done: false, value });
    if (this.#state === "left") return Promise.resolve(over);
    return (this.#current = this.#read());
  }

  async return(): Promise<Step> {
    await this.#leave();
    return over;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #nextReady(): ChatGenerationChunk | undefined {
    return this.#state === "left" ? undefined : this.#ready[this.#given++];
  }

  async #read(): Promise<Step> {
    try {
      const opened = (this.#opened ??= await this.#open());
      while (this.#state === "reading" && !this.#fault && !this.#reader.isDone) {
        if (this.#wasLarge) await turn();
        try {
          this.#take(opened, await opened.body.next());
        } catch {
          if (this.#state === "reading") this.#state = "ended"; // it broke: FIN, RST, abort
        }
        const value = this.#nextReady();
        if (value) return { done: false, value };
      }
      await this.#leave();
    } finally {
      this.#current = undefined;
    }
    if (this.#fault) throw this.#fault as Error;
    return over;
  }

  async #open(): Promise<Opened> {
    try {
      const response = await this.#request();
      const body = bodyOf(response)[Symbol.asyncIterator]();
      if (this.#state === "left") await body.return?.();
      return { body, meaning: createMeaning(this.#reader, { ...this.#options, status: response.status }) };
    } catch (error) {
      this.#state = "left";
      throw error;
    }
  }

  #take({ meaning }: Opened, step: IteratorResult<Uint8Array>): void {
    if (step.done && this.#state === "reading") this.#state = "ended";
    this.#wasLarge = !step.done && step.value.length >= largePiece;
    this.#ready = [];
    this.#given = 0;
    try {
      for (const chunk of meaning(step.done ? undefined : step.value)) this.#ready.push(chunk);
    } catch (error) {
      this.#fault = error;
    }
  }

  /** Whoever leaves when nothing that matters can follow has the rest read behind his back; before that it is closed. */
  async #leave(): Promise<void> {
    const wasReading = this.#state === "reading";
    this.#state = "left";
    if (!wasReading || !this.#opened) return;
    if (this.#reader.isDone) void drain(this.#opened.body);
    else await this.#opened.body.return?.();
  }
}

type Opened = {
  readonly body: AsyncIterator<Uint8Array>;
  readonly meaning: ReturnType<typeof createMeaning>;
};

/** What pieces of a body say, one after the other; without a piece, what is left at its end. */
function createMeaning(
  reader: EventReader,
  { largest = eventChars, joined = false, status }: Options & { status: number },
) {
  const decoder = new TextDecoder();
  const parse = createEventParser(largest);
  let [hasBegun, isBetween] = [false, false]; // two events
  const told = (chunks: Iterable<ChatGenerationChunk>): Iterable<ChatGenerationChunk> =>
    joined ? join(chunks) : chunks;
  return (bytes: Uint8Array | undefined): Iterable<ChatGenerationChunk> => {
    const words =
      isBetween && bytes && bytes.length <= largest ? reader.wordsIn?.(bufferOf(bytes)) : undefined;
    if (words) return words.length === 1 ? chunksIn(words) : told(chunksIn(words));
    const text = bytes ? decoder.decode(bytes, { stream: true }) : "";
    hasBegun ||= begins(text, status);
    isBetween = text.endsWith("\n\n") && bytes?.at(-1) === newline; // half a character may follow
    return told(chunksOf(parse(text), reader));
  };
}

const chunksIn = (words: readonly string[]): ChatGenerationChunk[] =>
  words.filter((text) => text !== "").map((text) => ({ text }));

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** What events say, up to the one after which nothing matters. @throws UpstreamError after the words that came beside it */
function* chunksOf(events: readonly ServerSentEvent[], reader: EventReader): Generator<ChatGenerationChunk> {
  for (const event of events) {
    const chunk = reader.read(event);
    if (chunk) yield chunk;
    if (reader.fault) throw reader.fault;
    if (reader.isDone) return;
  }
}

/** Words are joined until they are so many. UTF-16 code units. */
const enoughChars = 8_192;

/** Words that follow each other as one chunk; whatever else is said is told where it was said. */
function* join(chunks: Iterable<ChatGenerationChunk>): Generator<ChatGenerationChunk> {
  let words = "";
  try {
    for (const chunk of chunks) {
      const isWords = !chunk.reasoning && !chunk.finish && !chunk.usage;
      if (isWords) words += chunk.text;
      if (isWords && words.length < enoughChars) continue;
      if (words) yield { text: words };
      words = "";
      if (!isWords) yield chunk;
    }
  } catch (error) {
    if (words) yield { text: words };
    throw error;
  }
  if (words) yield { text: words };
}

/** An answer of another kind is a fault, whatever its status. */
function bodyOf({ headers, body, status }: Response): AsyncIterable<Uint8Array> {
  const type = headers.get("content-type") ?? "text/event-stream";
  const isPacked = (headers.get("content-encoding") ?? "identity") !== "identity";
  const isStream = type.toLowerCase().startsWith("text/event-stream") && !isPacked && status !== 204;
  if (body && isStream) return body;
  void body?.cancel().catch(() => {});
  throw new UpstreamError("upstream_not_a_stream", { status });
}

/**
 * True when it begins as events do, false when it has not begun.
 * @throws UpstreamError `upstream_not_a_stream`: it is JSON or HTML, whatever it is called
 */
function begins(text: string, status: number): boolean {
  const [first] = text.trimStart();
  if (first !== undefined && "{[<".includes(first))
    throw new UpstreamError("upstream_not_a_stream", { status });
  return first !== undefined;
}

/** JSON of brackets takes a hundred times as long to parse as JSON of words. No event of a provider has so many. */
const mostBrackets = 65_536;

/**
 * An object of JSON, or undefined: a payload that was cut on its way, after which nothing can be trusted.
 * @throws UpstreamError `upstream_too_large` when it has too many brackets
 */
export function parseObject<T extends object>(data: string): T | undefined {
  if (data.length > mostBrackets && hasTooManyBrackets(data)) throw new UpstreamError("upstream_too_large");
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

/** Those in strings, as in an answer about code, are words. */
function hasTooManyBrackets(json: string): boolean {
  let count = 0;
  let isInString = false;
  for (let index = 0; index < json.length && count <= mostBrackets; index++) {
    const character = json[index];
    if (character === "\\") index++;
    else if (character === '"') isInString = !isInString;
    else if (!isInString && (character === "[" || character === "{")) count++;
  }
  return count > mostBrackets;
}

/** A number of tokens; whatever else a provider reports is none. */
export const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;
