// From the answer of an HTTP request to pieces of an answer, for every provider that sends server-sent events.
import { setImmediate as turn } from "node:timers/promises";
import { type ChatGenerationChunk, type ModelOptions, UpstreamError } from "./model.ts";
import { createEventParser, eventChars, type ServerSentEvent } from "./sse.ts";

/** What the events of one stream mean, one after the other. */
export interface EventReader {
  /** What the event says; undefined when it says nothing. @throws UpstreamError when it reports a fault */
  read(event: ServerSentEvent): ChatGenerationChunk | undefined;
  /** True when nothing that matters can follow. */
  readonly isDone: boolean;
  /** A fault that came beside words, which are shown before it. */
  readonly fault?: UpstreamError | undefined;
}

/** Where so much comes at once, there is more: all the others get their turn before it is read. Bytes. */
const largePiece = 8_192;

type Options = Pick<ModelOptions, "joined"> & {
  /** A larger event is a fault of the upstream. UTF-16 code units. Default 256 Ki. */
  readonly largest?: number | undefined;
};

/**
 * Makes the request and yields what its events say. A connection that breaks ends them: the missing finish marker tells.
 * @throws what the request throws; UpstreamError what the reader throws, `upstream_not_a_stream`, `upstream_too_large`
 */
export async function* readEvents(
  request: () => Promise<Response>,
  reader: EventReader,
  { largest = eventChars, joined = false }: Options = {},
): AsyncGenerator<ChatGenerationChunk> {
  const response = await request();
  const body = drainedAtItsEnd(bodyOf(response), reader);
  const decoder = new TextDecoder();
  const parse = createEventParser(largest);
  const chunksIn = (text: string): Iterable<ChatGenerationChunk> =>
    joined ? join(chunksOf(parse(text), reader)) : chunksOf(parse(text), reader);
  let hasBegun = false;
  try {
    for await (const bytes of body) {
      const text = decoder.decode(bytes, { stream: true });
      hasBegun ||= begins(text, response);
      for (const chunk of chunksIn(text)) yield chunk; // `yield*` would make two more promises of each
      if (reader.isDone) return;
      if (bytes.length >= largePiece) await turn();
    }
    for (const chunk of chunksIn("")) yield chunk;
  } catch (error) {
    if (error instanceof UpstreamError) throw error; // else the body broke (FIN, RST, abort): it is over
  }
}

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
function begins(text: string, { status }: Response): boolean {
  const [first] = text.trimStart();
  if (first !== undefined && "{[<".includes(first))
    throw new UpstreamError("upstream_not_a_stream", { status });
  return first !== undefined;
}

/** What may follow when nothing that matters can. Bytes, and milliseconds. */
const mostAfter = 65_536;
const afterMs = 1_000;

/**
 * The same pieces. A connection is used again when its answer was read to the end, so whoever leaves when the reader is
 * done has the rest read behind his back; whoever leaves before that closes it.
 */
function drainedAtItsEnd(body: AsyncIterable<Uint8Array>, reader: EventReader): AsyncIterable<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]();
  const leave = async (): Promise<IteratorResult<Uint8Array>> => {
    if (reader.isDone) void drain(pieces);
    else await pieces.return?.();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next: () => pieces.next(), return: leave }) };
}

async function drain(pieces: AsyncIterator<Uint8Array>): Promise<void> {
  const giveUp = (): void => void pieces.return?.().catch(() => {});
  const timer = setTimeout(giveUp, afterMs).unref();
  try {
    for (let left = mostAfter; left > 0;) {
      const step = await pieces.next();
      if (step.done) return;
      left -= step.value.length;
    }
    giveUp();
  } catch {
    // it broke, or was aborted
  } finally {
    clearTimeout(timer);
  }
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
