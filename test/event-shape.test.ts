// Events that are read by their shape must say exactly what they say when they are parsed.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ChatCompletionsReader } from "../server/models/chat-completions.ts";
import { readEvents } from "../server/models/event-reading.ts";
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

type Heard = { text: string; reasoning: string; finish: string | undefined; fault: string | undefined };

/** What is heard of a body that comes in these pieces. */
async function heardOf(pieces: readonly Uint8Array[], joined: boolean): Promise<Heard> {
  const headers = { "content-type": "text/event-stream" };
  const body = ReadableStream.from(pieces);
  const heard: Heard = { text: "", reasoning: "", finish: undefined, fault: undefined };
  try {
    const request = () => Promise.resolve(new Response(body, { headers }));
    for await (const chunk of readEvents(request, new ChatCompletionsReader(), { joined })) {
      heard.text += chunk.text;
      heard.reasoning += chunk.reasoning ?? "";
      heard.finish ??= chunk.finish;
    }
  } catch (error) {
    heard.fault = String(error);
  }
  return heard;
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [...new Set([0, ...at.map((each) => each % bytes.length), bytes.length])].sort(
    (a, b) => a - b,
  );
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

describe("the shape of an event", () => {
  test("however a body is cut, it says what it says in one piece", async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.array(fc.nat()), fc.boolean(), async (events, at, joined) => {
        const each = events.map((data) => Buffer.from(`data: ${data}\n\n`));
        const whole = Buffer.concat(each);
        const expected = await heardOf([whole], false);
        expect(await heardOf(each, joined)).toEqual(expected);
        expect(await heardOf(cut(whole, at), joined)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test("whoever asks for several pieces at once gets them in their order, of one request", async () => {
    const words = ["one", "two", "three"].map((content) =>
      JSON.stringify({ choices: [{ delta: { content } }] }),
    );
    const pieces = words.map((data) => Buffer.from(`data: ${data}\n\n`));
    let requests = 0;
    const request = (): Promise<Response> => {
      requests += 1;
      const headers = { "content-type": "text/event-stream" };
      return Promise.resolve(new Response(ReadableStream.from(pieces), { headers }));
    };
    const chunks = readEvents(request, new ChatCompletionsReader());
    const steps = await Promise.all(Array.from({ length: 4 }, () => chunks.next()));
    expect(steps.map(({ value }) => value?.text)).toEqual(["one", "two", "three", undefined]);
    expect(requests).toBe(1);
  });

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
