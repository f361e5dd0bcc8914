// The AI SDK's language models as ours: the real packages, over real HTTP, and all three specifications.
import { describe, expect, test } from "@jest/globals";
import { createOpenAI } from "@ai-sdk/openai";
import { simulateReadableStream } from "ai";
import { MockLanguageModelV3, MockLanguageModelV4 } from "ai/test";
import { ConversationChain } from "../server/chain/conversation-chain.ts";
import { type AISDKModel, fromAISDK } from "../server/models/ai-sdk.ts";
import { withRetry } from "../server/models/retry.ts";
import { chunksOf, hear, type Heard } from "./support/hear.ts";
import { startUpstream, type Upstream, type UpstreamRequest } from "./support/upstream.ts";
import { closing } from "./support/world.ts";

const finishing = (word: string) => ({ choices: [{ index: 0, delta: {}, finish_reason: word }] });

/** The real provider, at an upstream that behaves so. */
async function openOpenAI(onRequest?: (request: UpstreamRequest, count: number) => void) {
  let count = 0;
  const upstream: Upstream = await startUpstream((request) => onRequest?.(request, ++count));
  closing(() => upstream.close());
  return { openai: createOpenAI({ baseURL: upstream.url, apiKey: "k" }), upstream };
}

async function ask(onRequest: (request: UpstreamRequest) => void): Promise<Heard> {
  const { openai } = await openOpenAI(onRequest);
  return hear(fromAISDK(openai.chat("m")));
}

type Part = { type: string; [name: string]: unknown };

/** A model that streams these parts and ends. */
const fake = (specificationVersion: string, ...chunks: Part[]): AISDKModel => ({
  specificationVersion,
  provider: "fake",
  modelId: "m",
  doStream: async () => ({
    stream: simulateReadableStream({ chunks, initialDelayInMs: null, chunkDelayInMs: null }),
  }),
});

const text = (delta: string): Part => ({ type: "text-delta", id: "0", delta });

const said = ({ text, reasoning, last }: Heard) => [text, reasoning, last.finish, last.error?.code];

describe("Chat Completions over HTTP", () => {
  test.each<[string, (request: UpstreamRequest) => void, [string, string, string?]]>([
    ["a whole answer", (r) => (r.say("Zwölf ", "👩‍👩‍👧"), r.finish()), ["Zwölf 👩‍👩‍👧", "stop"]],
    ["a word without [DONE]", (r) => (r.say("a"), r.event(finishing("stop")), r.end()), ["a", "stop"]],
    ["length", (r) => (r.say("a"), r.finish("length")), ["a", "length"]],
    ["content_filter", (r) => (r.say("a"), r.finish("content_filter")), ["a", "content_filter"]],
    ["a tool's word", (r) => (r.say("a"), r.finish("tool_calls")), ["a", "error", "upstream_tool_call"]],
    [
      "a word that nobody knows, which is `other` there",
      (r) => (r.say("a"), r.finish("insufficient_system_resource")),
      ["a", "error", "upstream_error"],
    ],
    ["a word that is `other` there, and known here", (r) => (r.say("a"), r.finish("eos")), ["a", "stop"]],
    ["a quiet end", (r) => (r.say("a"), r.end()), ["a", "interrupted", "upstream_cut"]],
    ["an end before the first word", (r) => r.end(), ["", "interrupted", "upstream_cut"]],
    [
      "[DONE] without a word",
      (r) => (r.say("a"), r.raw("data: [DONE]\n\n"), r.end()),
      ["a", "interrupted", "upstream_cut"],
    ],
    [
      "a payload cut in the middle",
      (r) => (r.say("a"), r.raw('data: {"choices":[{"in'), r.end()),
      ["a", "interrupted", "upstream_cut"],
    ],
    [
      "a payload that is no JSON, with a finish word after it",
      (r) => (r.say("a"), r.raw('data: {"choices":[{"in\n\n'), r.finish()),
      ["a", "interrupted", "upstream_cut"],
    ],
    [
      "a fault in the stream, with a finish word after it",
      (r) => (r.say("a"), r.event({ error: { message: "secret", type: "server_error" } }), r.finish()),
      ["a", "error", "upstream_error"],
    ],
    [
      "a fault with a code of HTTP",
      (r) => (r.say("a"), r.event({ error: { message: "secret", code: 429 } }), r.end()),
      ["a", "error", "upstream_rate_limited"],
    ],
    [
      "a page of HTML, which the package hides",
      (r) => r.answer(200, "<html>", { "content-type": "text/html" }),
      ["", "interrupted", "upstream_cut"],
    ],
  ])("%s", async (_, onRequest, [words, finish, code]) => {
    const heard = await ask(onRequest);
    expect(said(heard)).toEqual([words, "", finish, code]);
    expect(JSON.stringify(heard)).not.toContain("secret");
  });

  test("a connection that breaks in the middle is interrupted, and what came stays", async () => {
    const { openai, upstream } = await openOpenAI((request) => request.say("kept"));
    const heard = await hear(fromAISDK(openai.chat("m")), {
      onChunk: ({ text: words }) => void (words && upstream.requests[0]?.reset()),
    });
    expect(said(heard)).toEqual(["kept", "", "interrupted", "upstream_cut"]);
  });

  test("usage is the provider's; of an answer that was cut it is estimated", async () => {
    const whole = await ask((request) => (request.say("a"), request.finish()));
    expect(whole.last.usage).toEqual({ input: 11, output: 7 });
    const cut = await ask((request) => (request.say("a"), request.end()));
    expect(cut.last.usage).toMatchObject({ estimated: true });
  });

  test("the messages arrive with their roles, and the name says provider and model", async () => {
    const { openai, upstream } = await openOpenAI((request) => (request.say("a"), request.finish()));
    const messages = [
      { role: "system", content: "Be kind." },
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hi" },
      { role: "user", content: "And?" },
    ] as const;
    const llm = fromAISDK(openai.chat("m"));
    await hear(llm, { messages });
    expect(upstream.requests[0]?.body.messages).toEqual(messages);
    expect(llm.name).toBe("openai.chat:m");
  });

  test.each([
    [400, "upstream_bad_request"],
    [401, "upstream_auth"],
    [404, "upstream_not_found"],
    [429, "upstream_rate_limited"],
    [500, "upstream_error"],
    [529, "upstream_overloaded"],
  ])("HTTP %i is %s, tried once, and nothing of the provider's text gets out", async (status, code) => {
    const headers = { "content-type": "application/json", "retry-after": "7" };
    const { openai, upstream } = await openOpenAI((request) =>
      request.answer(status, '{"error":{"message":"org-secret"}}', headers),
    );
    const { last } = await hear(fromAISDK(openai.chat("m")));
    expect(last).toMatchObject({ finish: "error", error: { code, retryAfterMs: 7_000 } });
    expect(JSON.stringify(last)).not.toContain("secret");
    expect(upstream.requests.length).toBe(1);
  });

  test("a question that the provider filtered ends as content_filter", async () => {
    const { last } = await ask((request) =>
      request.answer(400, '{"error":{"message":"x","code":"content_filter"}}'),
    );
    expect(last.finish).toBe("content_filter");
  });

  test("a server that is not there is upstream_unreachable", async () => {
    const { openai, upstream } = await openOpenAI();
    await upstream.close();
    const { last } = await hear(fromAISDK(openai.chat("m")));
    expect(last).toMatchObject({ finish: "error", error: { code: "upstream_unreachable" } });
  });

  test("withRetry tries a passing fault again, and the words come once", async () => {
    const { openai, upstream } = await openOpenAI((request, count) => {
      if (count < 3)
        return request.answer(503, "{}", { "content-type": "application/json", "retry-after": "0" });
      request.say("at last");
      request.finish();
    });
    const heard = await hear(withRetry(fromAISDK(openai.chat("m"))));
    expect(said(heard)).toEqual(["at last", "", "stop", undefined]);
    expect(upstream.requests.length).toBe(3);
  });
});

describe("OpenAI's Responses over HTTP", () => {
  const part = { item_id: "i", output_index: 0, content_index: 0 };
  const item = { type: "message", id: "i", role: "assistant", status: "in_progress", content: [] };
  const began = [
    { type: "response.created", response: { id: "r", created_at: 1, model: "m" } },
    { type: "response.output_item.added", output_index: 0, item },
    { type: "response.output_text.delta", ...part, delta: "a" },
  ];
  const ended = (type: string, fields: object = {}) => ({
    type: `response.${type}`,
    response: { usage: { input_tokens: 5, output_tokens: 3 }, ...fields },
  });

  test.each<[string, object[], [string, string?]]>([
    ["completed", [ended("completed")], ["stop"]],
    [
      "incomplete for its length",
      [ended("incomplete", { incomplete_details: { reason: "max_output_tokens" } })],
      ["length"],
    ],
    [
      "failed",
      [ended("failed", { error: { code: "server_error", message: "secret" } })],
      ["error", "upstream_error"],
    ],
    ["cut", [], ["interrupted", "upstream_cut"]],
  ])("%s", async (_, events, [finish, code]) => {
    const { openai } = await openOpenAI((request) => {
      for (const each of [...began, ...events]) request.event({ sequence_number: 1, ...each });
      request.end();
    });
    const heard = await hear(fromAISDK(openai.responses("m")));
    expect(said(heard)).toEqual(["a", "", finish, code]);
    if (finish === "stop") expect(heard.last.usage).toEqual({ input: 5, output: 3 });
  });
});

describe("the AI SDK's own mock models", () => {
  const usage = {
    inputTokens: { total: 5, noCache: 5, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 3, text: 2, reasoning: 1 },
  };
  const finishReason = { unified: "stop", raw: "stop" } as const;

  test("v4: text, reasoning, finish and usage; what else comes is skipped", async () => {
    const model = new MockLanguageModelV4({
      provider: "mock",
      modelId: "four",
      doStream: {
        stream: simulateReadableStream({
          initialDelayInMs: null,
          chunkDelayInMs: null,
          chunks: [
            { type: "stream-start", warnings: [] },
            { type: "ping" },
            { type: "reasoning-start", id: "r" },
            { type: "reasoning-delta", id: "r", delta: "hm" },
            { type: "reasoning-end", id: "r" },
            { type: "text-start", id: "t" },
            { type: "text-delta", id: "t", delta: "" },
            { type: "text-delta", id: "t", delta: "Hello" },
            { type: "text-end", id: "t" },
            { type: "finish", finishReason, usage },
          ],
        }),
      },
    });
    const llm = fromAISDK(model);
    expect(await chunksOf(llm.stream([{ role: "user", content: "Hi" }]))).toEqual([
      { text: "", reasoning: "hm" },
      { text: "Hello" },
      { text: "", finish: "stop", usage: { input: 5, output: 3 } },
    ]);
    expect(llm.name).toBe("mock:four");
    expect(model.doStreamCalls[0]?.prompt).toEqual([
      { role: "user", content: [{ type: "text", text: "Hi" }] },
    ]);
  });

  test("v3, through a conversation chain that remembers", async () => {
    const answer = (delta: string) => ({
      stream: simulateReadableStream({
        initialDelayInMs: null,
        chunkDelayInMs: null,
        chunks: [
          { type: "text-delta" as const, id: "t", delta },
          { type: "finish" as const, finishReason, usage },
        ],
      }),
    });
    const model = new MockLanguageModelV3({ doStream: [answer("one"), answer("two")] });
    const chain = new ConversationChain({ llm: fromAISDK(model) });
    expect(await chain.invoke({ input: "first" })).toEqual({ response: "one" });
    expect(await chain.invoke({ input: "second" })).toEqual({ response: "two" });
    expect(JSON.stringify(model.doStreamCalls[1]?.prompt)).toContain("one");
  });
});

describe("finish reasons", () => {
  const v4 = (unified: string, raw?: string) => ({ unified, raw });

  test.each<[string, [version: string, reason: unknown], [finish: string, code?: string]]>([
    ["a word of v2", ["v2", "stop"], ["stop"]],
    ["length in v2", ["v2", "length"], ["length"]],
    ["content-filter in v2", ["v2", "content-filter"], ["content_filter"]],
    ["tool-calls in v2", ["v2", "tool-calls"], ["error", "upstream_tool_call"]],
    ["error in v2", ["v2", "error"], ["error", "upstream_error"]],
    ["other in v2", ["v2", "other"], ["error", "upstream_error"]],
    ["unknown in v2: the provider gave none", ["v2", "unknown"], ["interrupted", "upstream_cut"]],
    ["unified in v3", ["v3", v4("stop", "end_turn")], ["stop"]],
    ["content-filter in v3", ["v3", v4("content-filter", "refusal")], ["content_filter"]],
    [
      "other without a word in v3: the provider gave none",
      ["v3", v4("other")],
      ["interrupted", "upstream_cut"],
    ],
    ["other with a word that we know", ["v3", v4("other", "model_length")], ["length"]],
    ["other with a word that we do not know", ["v3", v4("other", "OTHER")], ["error", "upstream_error"]],
    ["unified in v4, without a word (Responses)", ["v4", v4("stop")], ["stop"]],
    ["interrupted in v4", ["v4", v4("interrupted")], ["interrupted", "upstream_cut"]],
    ["error in v4", ["v4", v4("error", "x")], ["error", "upstream_error"]],
    ["tool-calls in v4", ["v4", v4("tool-calls", "tool_use")], ["error", "upstream_tool_call"]],
    ["a pause that is called stop", ["v4", v4("stop", "pause_turn")], ["error", "upstream_error"]],
    ["a tool that only makes JSON", ["v4", v4("stop", "tool_use")], ["stop"]],
    ["something new", ["v4", v4("nap")], ["error", "upstream_error"]],
    ["nothing", ["v4", undefined], ["interrupted", "upstream_cut"]],
  ])("%s", async (_, [version, finishReason], [finish, code]) => {
    const usage = { inputTokens: 1, outputTokens: 1 };
    const model = fake(version, text("a"), { type: "finish", finishReason, usage });
    expect(said(await hear(fromAISDK(model)))).toEqual(["a", "", finish, code]);
  });

  test("a stream without a finish part is interrupted", async () => {
    expect(said(await hear(fromAISDK(fake("v4", text("a")))))).toEqual([
      "a",
      "",
      "interrupted",
      "upstream_cut",
    ]);
  });

  test("a call of a tool ends the answer, but not of one that the provider runs itself", async () => {
    const finish = { type: "finish", finishReason: "stop" };
    const asked = await hear(fromAISDK(fake("v2", { type: "tool-call", toolName: "f" }, finish)));
    expect(asked.last.error?.code).toBe("upstream_tool_call");
    const served = fake("v2", { type: "tool-call", toolName: "search", providerExecuted: true }, finish);
    expect((await hear(fromAISDK(served))).last.finish).toBe("stop");
  });
});

describe("usage", () => {
  test.each<[string, unknown, object]>([
    ["numbers in v2", { inputTokens: 5, outputTokens: 3 }, { input: 5, output: 3 }],
    ["totals since v3", { inputTokens: { total: 5 }, outputTokens: { total: 3 } }, { input: 5, output: 3 }],
    ["a part of it", { inputTokens: 5, outputTokens: undefined }, { estimated: true }],
    ["no totals", { inputTokens: {}, outputTokens: {} }, { estimated: true }],
    ["none", undefined, { estimated: true }],
  ])("%s", async (_, usage, expected) => {
    const model = fake("v3", text("a"), { type: "finish", finishReason: { unified: "stop" }, usage });
    expect((await hear(fromAISDK(model))).last.usage).toMatchObject(expected);
  });
});

describe("error parts", () => {
  test.each<[string, unknown, string]>([
    [
      "an error with a status",
      Object.assign(new Error("secret"), { statusCode: 503 }),
      "upstream_overloaded",
    ],
    ["an object with a status", { message: "secret", statusCode: 429 }, "upstream_rate_limited"],
    ["an error of the network", Object.assign(new Error("secret"), { code: "ECONNRESET" }), "upstream_cut"],
    ["any other error", new Error("secret"), "upstream_error"],
    ["a text", "secret", "upstream_error"],
    ["nothing", undefined, "upstream_error"],
  ])("%s", async (_, error, code) => {
    const finish = { type: "finish", finishReason: { unified: "stop" } };
    const { last } = await hear(fromAISDK(fake("v4", text("a"), { type: "error", error }, finish)));
    expect(last.error?.code).toBe(code);
    expect(JSON.stringify(last)).not.toContain("secret");
  });

  test("what the package calls final is not tried again", async () => {
    let count = 0;
    const error = Object.assign(new Error("x"), { statusCode: 429, isRetryable: false });
    const model = { ...fake("v4"), doStream: () => (count++, Promise.reject(error)) };
    const { last } = await hear(withRetry(fromAISDK(model)));
    expect([last.error?.code, count]).toEqual(["upstream_rate_limited", 1]);
  });
});

describe("what is no language model of these versions", () => {
  test.each<[string, unknown, RegExp]>([
    ["a specification that we do not know", { ...fake("v5") }, /v2, v3, v4; this is specification v5/],
    ["an older one", { ...fake("v1") }, /specification v1/],
    ["a model's name", "openai/gpt-5", /something else/],
    ["an embedding model", { specificationVersion: "v3", doEmbed() {} }, /needs a language model/],
    ["nothing", undefined, /something else/],
  ])("%s is refused at once, in words", (_, model, message) => {
    expect(() => fromAISDK(model as AISDKModel)).toThrow(message);
  });
});

describe("an abort", () => {
  test("before the call makes no request", async () => {
    const { openai, upstream } = await openOpenAI();
    const { last } = await hear(fromAISDK(openai.chat("m")), { signal: AbortSignal.abort() });
    expect(last.finish).toBe("cancelled");
    const alone = fromAISDK(openai.chat("m")).stream([], { signal: AbortSignal.abort() });
    expect(await chunksOf(alone)).toEqual([]);
    expect(upstream.requests.length).toBe(0);
  });

  test("while the answer is awaited closes the request", async () => {
    const { openai, upstream } = await openOpenAI();
    const abort = new AbortController();
    const heard = hear(fromAISDK(openai.chat("m")), { signal: abort.signal });
    const request = await upstream.next();
    abort.abort();
    expect(said(await heard)).toEqual(["", "", "cancelled", undefined]);
    await request.closed;
  });

  test("in the middle closes the request, and what came stays", async () => {
    const { openai, upstream } = await openOpenAI((request) => request.say("half"));
    const abort = new AbortController();
    const heard = await hear(fromAISDK(openai.chat("m")), {
      signal: abort.signal,
      onChunk: ({ text: words }) => void (words && abort.abort()),
    });
    expect(said(heard)).toEqual(["half", "", "cancelled", undefined]);
    await upstream.requests[0]?.closed;
  });

  test("leaving the loop closes the request, also when nothing more comes", async () => {
    const { openai, upstream } = await openOpenAI((request) => request.say("half"));
    for await (const chunk of fromAISDK(openai.chat("m")).stream([{ role: "user", content: "Hello" }])) {
      expect(chunk.text).toBe("half");
      break;
    }
    await upstream.requests[0]?.closed;
  });
});

describe("a model that ignores the signal", () => {
  /** A model whose stream is in the test's hand: it says one word, then nothing. */
  function deaf() {
    const [asked, opened, cancelled] = [
      Promise.withResolvers<void>(),
      Promise.withResolvers<void>(),
      Promise.withResolvers<void>(),
    ];
    const stream = new ReadableStream<Part>({
      start: (controller) => controller.enqueue(text("half")),
      cancel: () => cancelled.resolve(),
    });
    const doStream = async () => {
      asked.resolve();
      await opened.promise;
      return { stream };
    };
    return {
      model: { ...fake("v4"), doStream },
      asked: asked.promise,
      open: opened.resolve,
      cancelled: cancelled.promise,
    };
  }

  test("hangs nobody while it opens; what it opens later is cancelled", async () => {
    const { model, asked, open, cancelled } = deaf();
    const abort = new AbortController();
    const heard = hear(fromAISDK(model), { signal: abort.signal });
    await asked;
    abort.abort();
    expect((await heard).last.finish).toBe("cancelled");
    open();
    await cancelled;
  });

  test("hangs nobody in the middle, and is cancelled", async () => {
    const { model, open, cancelled } = deaf();
    open();
    const abort = new AbortController();
    const heard = await hear(fromAISDK(model), {
      signal: abort.signal,
      onChunk: ({ text: words }) => void (words && setImmediate(() => abort.abort())),
    });
    expect(said(heard)).toEqual(["half", "", "cancelled", undefined]);
    await cancelled;
  });

  test("may fail after we left: nobody hears of it", async () => {
    const late = Promise.withResolvers<never>();
    const abort = new AbortController();
    const model = { ...fake("v4"), doStream: () => (abort.abort(), late.promise) };
    expect(await chunksOf(fromAISDK(model).stream([], { signal: abort.signal }))).toEqual([]);
    late.reject(new Error("too late"));
    await new Promise(setImmediate); // an unhandled rejection would fail this test now
  });
});
