// Server-sent events, read from a byte stream as the WHATWG specification says, with a bound on each event.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
import { UpstreamError } from "./model.ts";

export type ServerSentEvent = { readonly event: string; readonly data: string };

/** An event larger than this is a fault of the upstream. UTF-16 code units. */
export const eventChars = 262_144;

/**
 * Yields the events of a body, as many together as came together. Comments yield nothing; an event that is not
 * finished by a blank line is dropped.
 * @throws UpstreamError `upstream_too_large`
 */
export async function* serverSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent[]> {
  const decoder = new TextDecoder();
  const parser = createEventParser();
  for await (const bytes of body) {
    const events = parser(decoder.decode(bytes, { stream: true }));
    if (events.length > 0) yield events;
  }
  const last = parser("");
  if (last.length > 0) yield last;
}

/** Takes text as it comes and gives the events that it finishes. An empty text says that no more will come. */
export function createEventParser(): (text: string) => ServerSentEvent[] {
  const lines = createLineSplitter();
  let event = "";
  let data: string[] = [];
  let size = 0;

  function field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "event") event = value;
    if (name !== "data") return;
    data.push(value);
    size += value.length + 1; // an empty line costs too
    if (size > eventChars) throw new UpstreamError("upstream_too_large");
  }

  function dispatch(): ServerSentEvent[] {
    const finished = data.length > 0 ? [{ event: event || "message", data: data.join("\n") }] : [];
    [event, data, size] = ["", [], 0];
    return finished;
  }

  return (text) =>
    lines(text).flatMap((line) => {
      if (line === "") return dispatch();
      field(line);
      return [];
    });
}

/** Lines end in LF, CRLF or CR. Looks at each character once, however small the pieces are. */
function createLineSplitter(): (text: string) => string[] {
  let rest = "";
  return (text) => {
    const hasEnd = rest.endsWith("\r") || /[\r\n]/.test(text);
    rest += text;
    if (rest.length > eventChars && !hasEnd) throw new UpstreamError("upstream_too_large");
    if (!hasEnd) return [];
    // a CR at the very end may be half of a CRLF, so its line waits for what comes next
    const found = rest.split(text === "" ? /\r\n|\n|\r/ : /\r\n|\n|\r(?!$)/);
    rest = found.pop() ?? "";
    return found;
  };
}
