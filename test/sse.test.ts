// Server-sent events: every way to end a line, in pieces of every size.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createEventParser, eventChars, type ServerSentEvent } from "../server/models/sse.ts";

/** All events of a text that comes in these pieces. */
function parse(...pieces: string[]): ServerSentEvent[] {
  const parser = createEventParser();
  return [...pieces, ""].flatMap((piece) => (piece === "" ? [] : parser(piece))).concat(parser(""));
}

const dataOf = (...pieces: string[]): string[] => parse(...pieces).map(({ data }) => data);

describe("server-sent events", () => {
  test.each(["\n", "\r\n", "\r"])("lines that end in %j", (end) => {
    const text = ["event: note", "data: one", "data:two", ": comment", "", "data: three", "", ""].join(end);
    expect(parse(text)).toEqual([
      { event: "note", data: "one\ntwo" },
      { event: "message", data: "three" },
    ]);
  });

  test("in pieces of any size the events are the same", () => {
    const line = fc.constantFrom("data: a", "data:b", "event: e", ": c", "", "", "data", "id: 1", "nonsense");
    const text = fc
      .tuple(fc.array(line), fc.constantFrom("\n", "\r\n", "\r"))
      .map(([lines, end]) => [...lines, "", ""].join(end));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 5 }), (whole, size) => {
        const pieces = whole.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
        expect(parse(...pieces)).toEqual(parse(whole));
      }),
      { numRuns: 500, seed: 2 },
    );
  });

  test("an event that no blank line finishes is dropped", () => {
    expect(dataOf("data: one\n\ndata: two\n")).toEqual(["one"]);
    expect(dataOf("data: one\n\ndata: tw")).toEqual(["one"]);
    expect(dataOf("data: one\r\r")).toEqual(["one"]);
  });

  test("an event without data is none", () => {
    expect(parse("event: ping\n\n: x\n\n")).toEqual([]);
  });

  test("a line, or the lines of one event, larger than the bound are refused", () => {
    expect(() => parse(`data: ${"x".repeat(eventChars)}`)).toThrow("upstream_too_large");
    const lines = Array.from({ length: 5 }, () => `data: ${"x".repeat(eventChars / 4)}\n`);
    expect(() => parse(...lines)).toThrow("upstream_too_large");
    expect(() => parse("data\n".repeat(eventChars + 1))).toThrow("upstream_too_large");
  });

  test("a line in very small pieces costs what it is long, and not the square of it", () => {
    const parser = createEventParser();
    const text = "data: ".padEnd(eventChars, "x");
    for (const character of text) parser(character); // would take minutes
    expect(parser("\n\n").map(({ data }) => data.length)).toEqual([eventChars - "data: ".length]);
  });
});
