// Server-sent events, read from a stream of text as the WHATWG specification says, with a bound on each event.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
import { UpstreamError } from "./model.ts";

export type ServerSentEvent = { readonly event: string; readonly data: string };

/** An event larger than this is a fault of the upstream. UTF-16 code units. */
export const eventChars = 262_144;

/**
 * Takes text as it comes and gives the events that it finishes. Comments give nothing; an event that is not finished by
 * a blank line is dropped. An empty text says that no more will come.
 * @param largest a larger event is refused
 * @throws UpstreamError `upstream_too_large`, from what it returns
 */
export function createEventParser(largest = eventChars): (text: string) => ServerSentEvent[] {
  const lines = createLineSplitter(largest);
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
    if (size > largest) throw new UpstreamError("upstream_too_large");
  }

  function dispatch(): ServerSentEvent[] {
    const finished = data.length > 0 ? [{ event: event || "message", data: data.join("\n") }] : [];
    [event, data, size] = ["", [], 0];
    return finished;
  }

  const general = (text: string): ServerSentEvent[] =>
    lines.take(text).flatMap((line) => {
      if (line === "") return dispatch();
      field(line);
      return [];
    });
  const isFresh = (): boolean => lines.isEmpty() && data.length === 0 && event === "";
  return (text) => (isFresh() && plainEvents(text, largest)) || general(text);
}

/** The usual shape, for which nothing needs to be remembered: whole events that are one line `data: ...` each. */
function plainEvents(text: string, largest: number): ServerSentEvent[] | undefined {
  if (!text.startsWith("data: ") || !text.endsWith("\n\n") || text.includes("\r")) return undefined;
  const events: ServerSentEvent[] = [];
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start);
    if (text[end + 1] !== "\n" || !text.startsWith("data: ", start) || end - start > largest)
      return undefined;
    events.push({ event: "message", data: text.slice(start + 6, end) });
    start = end + 2;
  }
  return events;
}

/** Lines end in LF, CRLF or CR. Looks at each character once, however small the pieces are. */
function createLineSplitter(largest: number) {
  let rest = ""; // is only added to until a line ends: to look into it would copy it each time
  let endsInCR = false;
  return {
    isEmpty: () => rest === "",
    take(text: string): string[] {
      const hasEnd = endsInCR || /[\r\n]/.test(text);
      rest += text;
      if (rest.length > largest && !hasEnd) throw new UpstreamError("upstream_too_large");
      if (!hasEnd) return [];
      // a CR at the very end may be half of a CRLF, so its line waits for what comes next
      const found = rest.split(text === "" ? /\r\n|\n|\r/ : /\r\n|\n|\r(?!$)/);
      rest = found.pop() ?? "";
      endsInCR = rest.endsWith("\r");
      return found;
    },
  };
}
