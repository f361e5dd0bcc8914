// From the answer of an HTTP request to pieces of an answer, for every provider that sends server-sent events.
import { setImmediate as turn } from "node:timers/promises";
import { type ChatGenerationChunk, UpstreamError } from "./model.ts";
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

type Options = {
  /** A larger event is a fault of the upstream. UTF-16 code units. Default 256 Ki. */
  readonly largest?: number;
};

/**
 * Makes the request and yields what its events say. A connection that breaks ends them: the missing finish marker tells.
 * @throws what the request throws; UpstreamError what the reader throws, `upstream_not_a_stream`, `upstream_too_large`
 */
export async function* readEvents(
  request: () => Promise<Response>,
  reader: EventReader,
  { largest = eventChars }: Options = {},
): AsyncGenerator<ChatGenerationChunk> {
  const body = bodyOf(await request());
  const decoder = new TextDecoder();
  const parse = createEventParser(largest);
  try {
    for await (const bytes of body) {
      for (const event of parse(decoder.decode(bytes, { stream: true }))) {
        const chunk = reader.read(event);
        if (chunk) yield chunk;
        if (reader.fault) throw reader.fault;
        if (reader.isDone) return;
      }
      if (bytes.length >= largePiece) await turn();
    }
    for (const event of parse("")) {
      const chunk = reader.read(event);
      if (chunk) yield chunk;
    }
    if (reader.fault) throw reader.fault;
  } catch (error) {
    if (error instanceof UpstreamError) throw error; // else the body broke (FIN, RST, abort): it is over
  }
}

/** An answer of another kind is a fault, whatever its status. */
function bodyOf({ headers, body, status }: Response): AsyncIterable<Uint8Array> {
  const type = headers.get("content-type");
  if (body && (type === null || type.startsWith("text/event-stream"))) return body;
  void body?.cancel().catch(() => {});
  throw new UpstreamError("upstream_not_a_stream", { status });
}

/** An object of JSON, or undefined: a payload that was cut on its way, after which nothing can be trusted. */
export function parseObject<T extends object>(data: string): T | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
