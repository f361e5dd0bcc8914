// What providers' streams really do, and what an answer makes of it. Real HTTP, the real client.
import { describe, expect, test } from "@jest/globals";
import { generate } from "../server/chain/generation.ts";
import type { ChatGenerationChunk } from "../server/models/model.ts";
import type { Watchdogs } from "../server/chain/halt.ts";
import { ChatOpenAI } from "../server/models/openai.ts";
import { millisecondsOf } from "../server/models/fault.ts";
import { withRetry } from "../server/models/retry.ts";
import { delta, startUpstream, type Upstream, type UpstreamRequest } from "./support/upstream.ts";
import { closing } from "./support/world.ts";

type Heard = { text: string; reasoning: string; last: ChatGenerationChunk; upstream: Upstream };

/** Asks a model at an upstream that behaves so, and gives everything that came of it. */
async function ask(
  onRequest: (request: UpstreamRequest, count: number) => void,
  watchdogs?: Watchdogs,
): Promise<Heard> {
  let count = 0;
  const upstream = await startUpstream((request) => onRequest(request, ++count));
  closing(() => upstream.close());
  const llm = withRetry(new ChatOpenAI({ model: "m", apiKey: "k", baseURL: upstream.url }));
  const prompt = () => Promise.resolve([{ role: "user", content: "Hello" } as const]);
  let [text, reasoning] = ["", ""];
  for await (const chunk of generate({ llm, prompt, watchdogs })) {
    text += chunk.text;
    reasoning += chunk.reasoning ?? "";
    if (chunk.finish) return { text, reasoning, last: chunk, upstream };
  }
  throw new Error("there was no last chunk");
}

const finishing = (word: string) => ({ choices: [{ index: 0, delta: {}, finish_reason: word }] });

/** A whole answer in every shape of delta. */
const streams: [
  string,
  (request: UpstreamRequest) => void,
  { text: string; reasoning?: string; finish: string },
][] = [
  ["the usual stream", (r) => (r.say("a", "b"), r.finish()), { text: "ab", finish: "stop" }],
  [
    "no [DONE], only a finish word",
    (r) => (r.say("a"), r.event(finishing("stop")), r.end()),
    { text: "a", finish: "stop" },
  ],
  [
    "no finish word, only [DONE]",
    (r) => (r.say("a"), r.raw("data: [DONE]\n\n"), r.end()),
    { text: "a", finish: "stop" },
  ],
  ["length", (r) => (r.say("a"), r.finish("length")), { text: "a", finish: "length" }],
  ["model_length", (r) => (r.say("a"), r.finish("model_length")), { text: "a", finish: "length" }],
  ["eos", (r) => (r.say("a"), r.finish("eos")), { text: "a", finish: "stop" }],
  [
    "content_filter in the middle",
    (r) => (r.say("a"), r.finish("content_filter")),
    { text: "a", finish: "content_filter" },
  ],
  ["an end without a finish marker", (r) => (r.say("a"), r.end()), { text: "a", finish: "interrupted" }],
  ["an end before the first word", (r) => r.end(), { text: "", finish: "interrupted" }],
  ["a tool call", (r) => (r.say("a"), r.finish("tool_calls")), { text: "a", finish: "error" }],
  [
    "a finish word that nobody knows",
    (r) => (r.say("a"), r.finish("insufficient_system_resource")),
    { text: "a", finish: "error" },
  ],
  [
    "text and finish word in one chunk",
    (r) => (r.event({ choices: [{ delta: { content: "a" }, finish_reason: "stop" }] }), r.end()),
    { text: "a", finish: "stop" },
  ],
  [
    "text and a tool call's finish word in one chunk",
    (r) => (r.event({ choices: [{ delta: { content: "a" }, finish_reason: "tool_calls" }] }), r.end()),
    { text: "a", finish: "error" },
  ],
  [
    "an error beside a finish word",
    (r) => (
      r.say("a"),
      r.event(finishing("length")),
      r.event({ error: { code: 400, message: "x" } }),
      r.end()
    ),
    { text: "a", finish: "error" },
  ],
  [
    "an event named error",
    (r) => (r.say("a"), r.raw('event: error\ndata: {"message":"x"}\n\n'), r.end()),
    { text: "a", finish: "error" },
  ],
  [
    "a line of no SSE field",
    (r) => (r.say("a"), r.raw('error: {"x":1}\n\n'), r.end()),
    { text: "a", finish: "interrupted" },
  ],
  [
    "a payload cut in the middle",
    (r) => (r.say("a"), r.raw('data: {"choices":[{"index":0,"del'), r.end()),
    { text: "a", finish: "interrupted" },
  ],
  [
    "a payload that is no JSON",
    (r) => (r.say("a"), r.raw('data: {"choices":[{"in\n\n'), r.say("b"), r.finish()),
    { text: "a", finish: "interrupted" },
  ],
  [
    "chunks without choices, without delta, with an empty delta",
    (r) => {
      r.event({ choices: [], prompt_filter_results: [] });
      r.event({ choices: [{ index: 0, content_filter_offsets: {} }] });
      r.event({ choices: [{ index: 0, delta: { role: "assistant", content: "" } }] });
      r.event({ choices: [{ index: 0, delta: { content: null } }] });
      r.event({ choices: [null] });
      r.event({});
      r.say("a");
      r.finish();
    },
    { text: "a", finish: "stop" },
  ],
  [
    "several choices",
    (r) => (
      r.event({
        choices: [
          { index: 1, delta: { content: "x" } },
          { index: 0, delta: { content: "a" } },
        ],
      }),
      r.finish()
    ),
    { text: "a", finish: "stop" },
  ],
  [
    "content in parts, with thinking",
    (r) => {
      r.event(delta({ content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] }));
      r.event(delta({ content: [{ type: "text", text: "a" }, { type: "image" }, null] }));
      r.finish();
    },
    { text: "a", reasoning: "hm", finish: "stop" },
  ],
  [
    "reasoning_content",
    (r) => (r.event(delta({ content: null, reasoning_content: "hm" })), r.say("a"), r.finish()),
    { text: "a", reasoning: "hm", finish: "stop" },
  ],
  [
    "reasoning, with an empty reasoning_content beside it",
    (r) => (r.event(delta({ reasoning: "hm", reasoning_content: "" })), r.say("a"), r.finish()),
    { text: "a", reasoning: "hm", finish: "stop" },
  ],
  [
    "comments, CRLF, no space after the colon, other fields",
    (r) => {
      r.raw(": PROCESSING\r\n\r\nid: 7\r\nretry: 10\r\n");
      r.raw(`data:${JSON.stringify(delta({ content: "a" }))}\r\n\r\n: ping\r\n\r\n`);
      r.finish();
    },
    { text: "a", finish: "stop" },
  ],
];

describe("streams of Chat Completions", () => {
  test.each(streams)("%s", async (_, onRequest, { text, reasoning = "", finish }) => {
    const heard = await ask(onRequest);
    expect([heard.text, heard.reasoning, heard.last.finish]).toEqual([text, reasoning, finish]);
  });

  test("[R1] HTTP 200 with a JSON error, or a page of HTML, is an error", async () => {
    const json = await ask((request) => request.answer(200, '{"error":{"message":"no"}}'));
    expect(json.last).toMatchObject({ finish: "error", error: { code: "upstream_not_a_stream" } });
    const html = await ask((request) => request.answer(200, "<html>", { "content-type": "text/html" }));
    expect(html.last).toMatchObject({ finish: "error", error: { code: "upstream_not_a_stream" } });
  });

  test("a connection that breaks in the middle is interrupted, and what came stays", async () => {
    const { text, last } = await ask((request) => {
      request.say("kept");
      setImmediate(() => request.reset());
    });
    expect(last.finish).toBe("interrupted");
    expect(["", "kept"]).toContain(text); // the reset may overtake the word, and never doubles it
  });

  test("byte by byte, cut inside characters, lines and events, the text is the same", async () => {
    const payload = `data: ${JSON.stringify(delta({ content: "Zwölf 👩‍👩‍👧 𝔘" }))}\r\n\r\n`;
    const { text, last } = await ask((request) => {
      for (const byte of Buffer.from(payload)) request.raw(Buffer.from([byte]));
      request.finish();
    });
    expect([text, last.finish]).toEqual(["Zwölf 👩‍👩‍👧 𝔘", "stop"]);
  });

  test("an event that is too large is an error, and is not kept", async () => {
    const { last } = await ask((request) => {
      request.raw('data: {"choices":[{"delta":{"content":"');
      for (let index = 0; index < 40; index++) request.raw("x".repeat(10_000));
    });
    expect(last).toMatchObject({ finish: "error", error: { code: "upstream_too_large" } });
  });

  test("the last usage counts; without any, or after a cut, it is estimated and says so", async () => {
    const reported = await ask((request) => {
      request.event({ ...delta({ content: "a" }), usage: { prompt_tokens: 1, completion_tokens: 1 } });
      request.event({ ...finishing("stop"), usage: { prompt_tokens: 5, completion_tokens: 2 } });
      request.end();
    });
    expect(reported.last.usage).toEqual({ input: 5, output: 2 });
    const cut = await ask((request) => (request.say("four words of text"), request.end()));
    expect(cut.last.usage).toEqual({ input: 6, output: 5, estimated: true });
  });

  test("a server that refuses to be asked for usage is asked once more without", async () => {
    const { text, last, upstream } = await ask((request) => {
      if ("stream_options" in request.body)
        return request.answer(400, '{"error":{"message":"unknown field"}}');
      request.say("a");
      request.event(finishing("stop"));
      request.end();
    });
    expect([text, last.finish, upstream.requests.length]).toEqual(["a", "stop", 2]);
  });
});

describe("requests at once", () => {
  test("each learns by itself that the server refuses to be asked for usage", async () => {
    const upstream = await startUpstream((request) => {
      if ("stream_options" in request.body) return request.answer(400, "{}");
      request.say("a");
      request.finish();
    });
    closing(() => upstream.close());
    const llm = new ChatOpenAI({ model: "m", apiKey: "k", baseURL: upstream.url });
    const last = async (): Promise<ChatGenerationChunk["finish"]> => {
      for await (const { finish } of generate({ llm, prompt: () => Promise.resolve([]) }))
        if (finish) return finish;
      return undefined;
    };
    expect(await Promise.all([last(), last(), last(), last()])).toEqual(["stop", "stop", "stop", "stop"]);
    expect(await last()).toBe("stop");
    expect(upstream.requests.length).toBe(9);
  });
});

describe("faults before the first word", () => {
  test.each([
    [429, "upstream_rate_limited", 3],
    [500, "upstream_error", 3],
    [503, "upstream_overloaded", 3],
    [401, "upstream_auth", 1],
    [404, "upstream_not_found", 1],
    [422, "upstream_bad_request", 1],
  ])(
    "HTTP %i ends as %s, after %i requests, and nothing of the provider's text gets out",
    async (status, code, requests) => {
      const { last, upstream } = await ask((request) =>
        request.answer(status, '{"error":{"message":"org-secret sk-tail"}}', {
          "content-type": "application/json",
          "retry-after": "0",
        }),
      );
      expect(last).toMatchObject({ finish: "error", error: { code } });
      expect(JSON.stringify(last)).not.toContain("secret");
      expect(upstream.requests.length).toBe(requests);
    },
  );

  test("a passing fault is tried again, and the words come once", async () => {
    const { text, last } = await ask((request, count) => {
      if (count < 3)
        return request.answer(503, "{}", { "content-type": "application/json", "retry-after": "0" });
      request.say("at last");
      request.finish();
    });
    expect([text, last.finish]).toEqual(["at last", "stop"]);
  });

  test("after the first word nothing is tried again", async () => {
    const { text, upstream } = await ask(
      (request) => (request.say("a"), request.event({ error: {} }), request.end()),
    );
    expect([text, upstream.requests.length]).toEqual(["a", 1]);
  });

  test("a Retry-After beyond 20 seconds is not waited for: the run fails and says when", async () => {
    const { last, upstream } = await ask((request) =>
      request.answer(429, "{}", { "content-type": "application/json", "retry-after": "120" }),
    );
    expect(last).toMatchObject({
      finish: "error",
      error: { code: "upstream_rate_limited", retryAfterMs: 120_000 },
    });
    expect(upstream.requests.length).toBe(1);
  });

  test("Retry-After may be seconds, a date, or rubbish", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    expect(millisecondsOf("1.5", now)).toBe(1_500);
    expect(millisecondsOf("Thu, 01 Jan 2026 00:00:10 GMT", now)).toBe(10_000);
    expect(millisecondsOf("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
    for (const rubbish of [null, "", "soon"]) expect(millisecondsOf(rubbish, now)).toBeUndefined();
  });

  test("a prompt that the provider filtered ends as content_filter", async () => {
    const { last } = await ask((request) => request.answer(400, '{"error":{"code":"content_filter"}}'));
    expect(last.finish).toBe("content_filter");
  });

  test("a server that is not there is upstream_unreachable", async () => {
    const upstream = await startUpstream();
    await upstream.close();
    const llm = new ChatOpenAI({ model: "m", apiKey: "k", baseURL: upstream.url });
    const chunks: ChatGenerationChunk[] = [];
    for await (const chunk of generate({ llm, prompt: () => Promise.resolve([]) })) chunks.push(chunk);
    expect(chunks).toMatchObject([{ finish: "error", error: { code: "upstream_unreachable" } }]);
  });
});

describe("watchdogs", () => {
  const patient: Watchdogs = { firstTokenMs: 0, idleMs: 0, runMs: 0 };

  test("no first word in time: timeout, and the request is let go", async () => {
    const { last, upstream } = await ask((request) => request.open(), { ...patient, firstTokenMs: 30 });
    expect(last).toMatchObject({ finish: "timeout", error: { code: "first_token_timeout" } });
    await upstream.requests[0]?.closed;
  });

  test("silence in the middle: timeout, with the words kept; keep-alives are no words", async () => {
    let timer: NodeJS.Timeout | undefined;
    const { text, last } = await ask(
      (request) => {
        request.say("half");
        timer = setInterval(() => request.raw(": ping\n\n"), 5);
        void request.closed.then(() => clearInterval(timer));
      },
      { ...patient, idleMs: 60 },
    );
    expect([text, last.finish, last.error?.code]).toEqual(["half", "timeout", "idle_timeout"]);
  });

  test("words without end: timeout of the whole run; reasoning counts as words", async () => {
    const { reasoning, last } = await ask(
      (request) => {
        const timer = setInterval(() => request.event(delta({ reasoning: "hm " })), 5);
        void request.closed.then(() => clearInterval(timer));
      },
      { firstTokenMs: 5_000, idleMs: 5_000, runMs: 100 },
    );
    expect(last).toMatchObject({ finish: "timeout", error: { code: "run_timeout" } });
    expect(reasoning.length).toBeGreaterThan(0);
  });

  test("a finish word counts even when the upstream never hangs up after it", async () => {
    const { text, last, upstream } = await ask(
      (request) => (request.say("a"), request.event(finishing("stop"))),
    );
    expect([text, last.finish]).toEqual(["a", "stop"]);
    await upstream.requests[0]?.closed;
  });
});
