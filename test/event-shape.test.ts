// Events that are read by their shape must say exactly what they say when they are parsed.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ChatCompletionsReader } from "../server/models/chat-completions.ts";
import { EventShape } from "../server/models/event-shape.ts";
import type { ChatGenerationChunk } from "../server/models/model.ts";

const awkward = [
  ...['"', "\\", "\n", "\u0000", "\ud83d", "\u2028", "}", "{", '"}', '","', "\\u0041", '{"content":"x"}'],
  ...['"delta":{"content":"', "finish_reason", '"error":', "proof", "", " ", "日本", "😀"],
];
const word = fc.oneof(fc.constantFrom(...awkward), fc.string(), fc.string({ unit: "grapheme" }));

const delta = fc.oneof(
  { weight: 6, arbitrary: fc.record({ content: word }) },
  fc.record({ content: word, role: fc.constant("assistant") }),
  fc.record({ content: word, reasoning: word }),
  fc.record({ reasoning_content: word }),
  fc.record({ refusal: word }),
  fc.record({ content: fc.constant(null) }),
);
const usage = fc.constantFrom(
  null,
  null,
  ...[3, 5].map((each) => ({ prompt_tokens: each, completion_tokens: 4 })),
);
const event = fc.record(
  {
    id: fc.constantFrom("a", "b"),
    choices: fc.array(
      fc.record({
        index: fc.constantFrom(0, 0, 0, 1),
        delta,
        finish_reason: fc.constantFrom(null, null, "stop"),
      }),
      { minLength: 0, maxLength: 2 },
    ),
    message: fc.record({ content: word }),
    usage,
    error: fc.constant({ message: "x" }),
    obfuscation: word,
    p: word,
  },
  { requiredKeys: ["id", "choices"] },
);
/** Most events of a stream look alike. */
const stream = fc
  .tuple(event, fc.array(fc.oneof({ weight: 5, arbitrary: fc.tuple(word, word) }, event), { maxLength: 30 }))
  .map(([pattern, rest]) =>
    [pattern, ...rest].map((item) => {
      if (!Array.isArray(item)) return item;
      const [content, obfuscation] = item;
      return {
        id: "a",
        choices: [{ index: 0, delta: { content }, finish_reason: null }],
        usage: null,
        obfuscation,
      };
    }),
  )
  .map((events) => events.map((each) => JSON.stringify(each)));

type Meaning = { said: (ChatGenerationChunk | undefined)[]; fault: string | undefined };

function meaningOf(events: readonly string[], readerOf: (index: number) => ChatCompletionsReader): Meaning {
  const said: Meaning["said"] = [];
  for (const [index, data] of events.entries()) {
    const reader = readerOf(index);
    said.push(reader.read({ event: "message", data }));
    if (reader.fault) return { said, fault: reader.fault.code };
  }
  return { said, fault: undefined };
}

describe("the shape of an event", () => {
  test("a reader that has learnt shapes reads what one reads that parses every event", () => {
    fc.assert(
      fc.property(stream, (events) => {
        const one = new ChatCompletionsReader();
        expect(meaningOf(events, () => one)).toEqual(meaningOf(events, () => new ChatCompletionsReader()));
      }),
      { numRuns: 2_000 },
    );
  });

  test("is recognised by all that stands around the words, whatever the padding", () => {
    const data = '{"id":"1","choices":[{"delta":{"content":"tea"}}],"obfuscation":"abc","usage":null}';
    const shape = EventShape.of(data, "content", "tea");
    expect(shape?.wordsOf(data.replace("tea", "milk").replace("abc", ""))).toBe("milk");
    expect(shape?.wordsOf(data.replace("abc", "a longer one"))).toBe("tea");
    const bare = '{"choices":[{"delta":{"content":"tea"},"finish":0}]}';
    expect(EventShape.of(bare, "content", "tea")?.wordsOf(bare.replace("0", "1"))).toBeUndefined();
    for (const other of [
      data.replace('"1"', '"2"'),
      data.replace("null", "1"),
      data.replace('}}],"', '}}]]"'),
      data.replace("tea", "te\\na"),
      data.replace("abc", 'abc","content":"x'),
      data.slice(0, -1),
      `${data}}`,
      data.slice(0, 40),
      "",
    ])
      expect(shape?.wordsOf(other)).toBeUndefined();
  });

  test("is not learnt where the words stand twice, or not as they are", () => {
    expect(EventShape.of('{"a":{"content":"x"},"b":{"content":"x"}}', "content", "x")).toBeUndefined();
    expect(EventShape.of('{"content":"a\\nb"}', "content", "a\nb")).toBeUndefined();
    expect(EventShape.of('{"content": "x"}', "content", "x")).toBeUndefined();
  });
});
