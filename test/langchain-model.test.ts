// LangChain's chat models as ours: the real packages, over real HTTP, and the shapes of those that are not here.
import { describe, expect, test } from "@jest/globals";
import { AIMessageChunk } from "@langchain/core/messages";
import { FakeListChatModel, FakeStreamingChatModel } from "@langchain/core/utils/testing";
import { ChatOpenAI } from "@langchain/openai";
import { ConversationChain } from "../server/chain/conversation-chain.ts";
import { fromLangChain, type LangChainModel } from "../server/models/langchain.ts";
import type { LangChainChunk } from "../server/models/langchain-chunk.ts";
import type { ChatGenerationChunk } from "../server/models/model.ts";
import { withRetry } from "../server/models/retry.ts";
import { chunksOf, hear, type Heard } from "./support/hear.ts";
import { startUpstream, type Upstream, type UpstreamRequest } from "./support/upstream.ts";
import { closing } from "./support/world.ts";

const finishing = (word: string) => ({ choices: [{ index: 0, delta: {}, finish_reason: word }] });

/** The real `ChatOpenAI`, at an upstream that behaves so. It tries once. */
async function openChatOpenAI(
  onRequest?: (request: UpstreamRequest, count: number) => void,
  fields: { useResponsesApi?: boolean; maxRetries?: number } = {},
): Promise<{ model: ChatOpenAI; upstream: Upstream }> {
  let count = 0;
  const upstream = await startUpstream((request) => onRequest?.(request, ++count));
  closing(() => upstream.close());
  const configuration = { baseURL: upstream.url, logLevel: "off" as const };
  const model = new ChatOpenAI({ model: "m", apiKey: "k", maxRetries: 0, configuration, ...fields });
  return { model, upstream };
}

async function ask(
  onRequest: (request: UpstreamRequest) => void,
  fields?: { useResponsesApi: boolean },
): Promise<Heard> {
  const { model } = await openChatOpenAI(onRequest, fields);
  return hear(fromLangChain(model));
}

/** A model that gives these chunks and ends. */
const fake = (...chunks: LangChainChunk[]): LangChainModel => ({
  async stream() {
    return (async function* () {
      yield* chunks;
    })();
  },
});

const said = ({ text, reasoning, last }: Heard) => [text, reasoning, last.finish, last.error?.code];

describe("ChatOpenAI over HTTP", () => {
  test.each<[string, (request: UpstreamRequest) => void, [string, string, string?]]>([
    ["a whole answer", (r) => (r.say("Zwölf ", "👩‍👩‍👧"), r.finish()), ["Zwölf 👩‍👩‍👧", "stop"]],
    ["a word without [DONE]", (r) => (r.say("a"), r.event(finishing("stop")), r.end()), ["a", "stop"]],
    ["length", (r) => (r.say("a"), r.finish("length")), ["a", "length"]],
    ["content_filter", (r) => (r.say("a"), r.finish("content_filter")), ["a", "content_filter"]],
    ["a tool's word", (r) => (r.say("a"), r.finish("tool_calls")), ["a", "error", "upstream_tool_call"]],
    ["a word that nobody knows", (r) => (r.say("a"), r.finish("nap")), ["a", "error", "upstream_error"]],
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
      "a fault in the stream",
      (r) => (r.say("a"), r.event({ error: { message: "secret", code: 400 } }), r.end()),
      ["a", "error", "upstream_error"],
    ],
    [
      "a page of HTML, which the package hides",
      (r) => r.answer(200, "<html>", { "content-type": "text/html" }),
      ["", "interrupted", "upstream_cut"],
    ],
  ])("%s", async (_, onRequest, [text, finish, code]) => {
    const heard = await ask(onRequest);
    expect(said(heard)).toEqual([text, "", finish, code]);
    expect(JSON.stringify(heard)).not.toContain("secret");
  });

  test("a connection that breaks in the middle is interrupted, and what came stays", async () => {
    const { model, upstream } = await openChatOpenAI((request) => request.say("kept"));
    const heard = await hear(fromLangChain(model), {
      onChunk: ({ text }) => void (text && upstream.requests[0]?.reset()),
    });
    expect(said(heard)).toEqual(["kept", "", "interrupted", "upstream_cut"]);
  });

  test("usage is the provider's; of an answer that was cut it is estimated", async () => {
    const whole = await ask((request) => (request.say("a"), request.finish()));
    expect(whole.last.usage).toEqual({ input: 11, output: 7 });
    const cut = await ask((request) => (request.say("a"), request.end()));
    expect(cut.last.usage).toMatchObject({ estimated: true });
  });

  test("the messages arrive with their roles, and the name is the model's", async () => {
    const { model, upstream } = await openChatOpenAI((request) => (request.say("a"), request.finish()));
    const messages = [
      { role: "system", content: "Be kind." },
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hi" },
      { role: "user", content: "{not a template}" },
    ] as const;
    await hear(fromLangChain(model), { messages });
    expect(upstream.requests[0]?.body.messages).toEqual(messages);
    expect(fromLangChain(model).name).toBe("langchain:m");
    expect(fromLangChain(new FakeStreamingChatModel({})).name).toBe("langchain:fake");
    expect(fromLangChain(fake()).name).toBe("langchain:model");
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
    const { model, upstream } = await openChatOpenAI((request) =>
      request.answer(status, '{"error":{"message":"org-secret"}}', headers),
    );
    const { last } = await hear(fromLangChain(model));
    expect(last).toMatchObject({ finish: "error", error: { code, retryAfterMs: 7_000 } });
    expect(JSON.stringify(last)).not.toContain("secret");
    expect(upstream.requests.length).toBe(1);
  });

  test("a question that is too long for the model is a bad request, under LangChain's own error too", async () => {
    const { last } = await ask((request) =>
      request.answer(400, '{"error":{"message":"x","code":"context_length_exceeded"}}'),
    );
    expect(last.error?.code).toBe("upstream_bad_request");
  });

  test("a question that the provider filtered ends as content_filter", async () => {
    const { last } = await ask((request) => request.answer(400, '{"error":{"code":"content_filter"}}'));
    expect(last.finish).toBe("content_filter");
  });

  test("a server that is not there is upstream_unreachable", async () => {
    const { model, upstream } = await openChatOpenAI();
    await upstream.close();
    const { last } = await hear(fromLangChain(model));
    expect(last).toMatchObject({ finish: "error", error: { code: "upstream_unreachable" } });
  });

  test("withRetry tries a passing fault again, and the words come once", async () => {
    const { model, upstream } = await openChatOpenAI((request, count) => {
      if (count < 3)
        return request.answer(503, "{}", { "content-type": "application/json", "retry-after": "0" });
      request.say("at last");
      request.finish();
    });
    expect(said(await hear(withRetry(fromLangChain(model))))).toEqual(["at last", "", "stop", undefined]);
    expect(upstream.requests.length).toBe(3);
  });

  test("by itself LangChain tries again too", async () => {
    const { model, upstream } = await openChatOpenAI(
      (request, count) => (count === 1 ? request.answer(500, "{}") : (request.say("a"), request.finish())),
      { maxRetries: 1 },
    );
    expect((await hear(fromLangChain(model))).text).toBe("a");
    expect(upstream.requests.length).toBe(2);
  });
});

describe("OpenAI's Responses over HTTP", () => {
  const event = (type: string, fields: object = {}) => ({ type, sequence_number: 1, ...fields });
  const ended = (status: string, fields: object = {}) =>
    event(`response.${status}`, {
      response: {
        ...{ id: "r", object: "response", status, model: "m", output: [], ...fields },
        usage: { input_tokens: 5, output_tokens: 3, total_tokens: 8 },
      },
    });
  const words = event("response.output_text.delta", { delta: "a", content_index: 0, output_index: 0 });

  test.each<[string, object[], [string, string, string, string?]]>([
    ["completed", [words, ended("completed")], ["a", "", "stop"]],
    [
      "incomplete for its length",
      [words, ended("incomplete", { incomplete_details: { reason: "max_output_tokens" } })],
      ["a", "", "length"],
    ],
    [
      "incomplete for a filter",
      [words, ended("incomplete", { incomplete_details: { reason: "content_filter" } })],
      ["a", "", "content_filter"],
    ],
    ["incomplete for no reason", [words, ended("incomplete")], ["a", "", "error", "upstream_error"]],
    [
      "failed, which the package hides",
      [words, ended("failed", { error: { code: "server_error", message: "x" } })],
      ["a", "", "interrupted", "upstream_cut"],
    ],
    ["cut", [words], ["a", "", "interrupted", "upstream_cut"]],
    [
      "with a summary of its reasoning",
      [event("response.reasoning_summary_text.delta", { delta: "hm" }), words, ended("completed")],
      ["a", "hm", "stop"],
    ],
    [
      "with a call of a tool",
      [
        words,
        event("response.output_item.added", {
          item: { type: "function_call", name: "f", arguments: "", call_id: "c", id: "i" },
        }),
        ended("completed"),
      ],
      ["a", "", "error", "upstream_tool_call"],
    ],
  ])("%s", async (_, events, [text, reasoning, finish, code]) => {
    const heard = await ask(
      (request) => {
        for (const each of events) request.event(each);
        request.end();
      },
      { useResponsesApi: true },
    );
    expect(said(heard)).toEqual([text, reasoning, finish, code]);
    if (finish === "stop") expect(heard.last.usage).toEqual({ input: 5, output: 3 });
  });
});

describe("LangChain's own fake models", () => {
  const responses = [new AIMessageChunk("Hello there")];

  test("a model that gives no finish word is interrupted, unless its caller vouches for a quiet end", async () => {
    const model = new FakeStreamingChatModel({ responses, sleep: 0 });
    expect(said(await hear(fromLangChain(model)))).toEqual([
      "Hello there",
      "",
      "interrupted",
      "upstream_cut",
    ]);
    const vouched = await hear(fromLangChain(model, { quietEnd: "stop" }));
    expect(said(vouched)).toEqual(["Hello there", "", "stop", undefined]);
  });

  test("a finish word counts, also for a caller who vouches", async () => {
    const model = new FakeListChatModel({ responses: ["ab"], generationInfo: { finish_reason: "length" } });
    expect(said(await hear(fromLangChain(model)))).toEqual(["ab", "", "length", undefined]);
    expect((await hear(fromLangChain(model, { quietEnd: "stop" }))).last.finish).toBe("length");
  });

  test("whoever vouches vouches for quiet ends only: an error stays one, and is not told in its own words", async () => {
    const model = new FakeStreamingChatModel({ responses, thrownErrorString: "secret" });
    const { last } = await hear(fromLangChain(model, { quietEnd: "stop" }));
    expect(last).toMatchObject({ finish: "error", error: { code: "internal" } });
    expect(JSON.stringify(last)).not.toContain("secret");
  });

  test("a model that cannot stream answers in one piece", async () => {
    const model = new FakeListChatModel({ responses: ["ab"] });
    model.disableStreaming = true;
    expect((await hear(fromLangChain(model, { quietEnd: "stop" }))).text).toBe("ab");
  });

  test("a conversation chain remembers what it said", async () => {
    const model = new FakeListChatModel({ responses: ["one", "two"] });
    const chain = new ConversationChain({ llm: fromLangChain(model, { quietEnd: "stop" }) });
    expect(await chain.invoke({ input: "first" })).toEqual({ response: "one" });
    expect(await chain.invoke({ input: "second" })).toEqual({ response: "two" });
  });
});

describe("the places of the finish word", () => {
  const ending = (metadata: object, kwargs: object = {}): LangChainChunk => ({
    content: "",
    response_metadata: metadata,
    additional_kwargs: kwargs,
  });

  test.each<[string, LangChainChunk, string]>([
    ["OpenAI", ending({ finish_reason: "stop" }), "stop"],
    ["Anthropic, whose package puts it elsewhere", ending({}, { stop_reason: "end_turn" }), "stop"],
    ["Anthropic, not streamed", ending({ stop_reason: "max_tokens" }), "length"],
    ["Anthropic's refusal", ending({}, { stop_reason: "refusal" }), "content_filter"],
    ["Anthropic's pause", ending({}, { stop_reason: "pause_turn" }), "error"],
    ["Google", ending({ finishReason: "STOP", index: 0 }), "stop"],
    ["Google's MAX_TOKENS", ending({ finishReason: "MAX_TOKENS" }), "length"],
    ["Google's SAFETY", ending({ finishReason: "SAFETY" }), "content_filter"],
    ["Google's OTHER", ending({ finishReason: "OTHER" }), "error"],
    ["Vertex", ending({ finish_reason: "STOP", safety_ratings: [] }), "stop"],
    ["Ollama", ending({ done_reason: "stop", model_provider: "ollama" }), "stop"],
    ["Bedrock", ending({ messageStop: { stopReason: "end_turn" } }), "stop"],
    [
      "Bedrock's guardrail",
      ending({ messageStop: { stopReason: "guardrail_intervened" } }),
      "content_filter",
    ],
    ["Bedrock, not streamed", ending({ stopReason: "tool_use" }), "error"],
    ["Mistral", ending({ prompt: 0, completion: 0, model: "m", finishReason: "stop" }), "stop"],
    ["Cohere", ending({ eventType: "stream-end", finishReason: "COMPLETE" }), "stop"],
    [
      "Perplexity, beside a word",
      { content: "b", response_metadata: { finishReason: "stop" } } satisfies LangChainChunk,
      "stop",
    ],
    ["none yet", ending({ finish_reason: null, stop_reason: "" }), "interrupted"],
    ["a status that is not OpenAI's", ending({ status: "queued" }), "interrupted"],
    ["none at all", { content: "" }, "interrupted"],
    ["Google's own invention, which also ends a cut stream", ending({ finishReason: "stop" }), "interrupted"],
  ])("%s", async (_, chunk, finish) => {
    const { text, last } = await hear(fromLangChain(fake({ content: "a" }, chunk)));
    expect([text[0], last.finish]).toEqual(["a", finish]);
  });

  test("what Google's packages invent at the end does not hide the word before it", async () => {
    const chunks = [ending({ finish_reason: "MAX_TOKENS" }), ending({ finishReason: "stop" })];
    expect((await hear(fromLangChain(fake(...chunks)))).last.finish).toBe("length");
  });
});

describe("content", () => {
  const stop: LangChainChunk = { content: "", response_metadata: { finish_reason: "stop" } };

  test("blocks of text are the answer, blocks of reasoning or thinking are reasoning, others are skipped", async () => {
    const chunks: LangChainChunk[] = [
      { content: [{ type: "thinking", thinking: "h", index: 0 }] },
      { content: [{ type: "reasoning", reasoning: "m" }] },
      { content: [{ type: "thinking", signature: "x" }, { type: "image", text: "no" }, null, "odd"] },
      {
        content: [
          { type: "text", text: "a" },
          { type: "text", text: "b" },
        ],
      },
      { content: [] },
      stop,
    ];
    expect(said(await hear(fromLangChain(fake(...chunks))))).toEqual(["ab", "hm", "stop", undefined]);
  });

  test("reasoning beside the content counts (DeepSeek, Ollama), once", async () => {
    const additional_kwargs = { reasoning_content: "hm" };
    const beside = await hear(fromLangChain(fake({ content: "", additional_kwargs }, stop)));
    expect(beside.reasoning).toBe("hm");
    const both = fake({ content: [{ type: "reasoning", reasoning: "hm" }], additional_kwargs }, stop);
    expect((await hear(fromLangChain(both))).reasoning).toBe("hm");
  });

  test("chunks that say nothing come to nobody", async () => {
    const model = fake({ content: "" }, { content: [] }, { content: "a" }, { content: undefined }, stop);
    expect(await chunksOf(fromLangChain(model).stream([]))).toEqual([
      { text: "a" },
      { text: "", finish: "stop" },
    ]);
  });

  test.each<[string, LangChainChunk]>([
    ["a piece of a call", { content: "", tool_call_chunks: [{ name: "f", args: "", index: 0 }] }],
    ["a whole call", { content: "", tool_calls: [{ name: "f", args: {} }] }],
  ])("%s ends the answer, whatever word comes after it", async (_, call) => {
    const heard = await hear(fromLangChain(fake({ content: "a" }, call, { content: "b" }, stop)));
    expect(said(heard)).toEqual(["a", "", "error", "upstream_tool_call"]);
  });

  test("pieces of a call that has no name belong to a tool of the provider, and are skipped", async () => {
    const piece = { content: [{ type: "input_json_delta" }], tool_call_chunks: [{ index: 0, args: "{}" }] };
    expect((await hear(fromLangChain(fake(piece, stop)))).last.finish).toBe("stop");
  });
});

describe("usage", () => {
  const count = (input: number, output: number, fields: object = {}): LangChainChunk => ({
    content: "a",
    usage_metadata: { input_tokens: input, output_tokens: output },
    ...fields,
  });
  const word = { response_metadata: { finish_reason: "stop" } };

  test("adds up, as LangChain's chunks do", async () => {
    const model = fake(count(5, 1), count(0, 2), count(0, 4, word));
    expect((await hear(fromLangChain(model))).last.usage).toEqual({ input: 5, output: 7 });
  });

  test("of Anthropic the last count of the output is the whole one", async () => {
    const first = count(5, 3, { response_metadata: { model_provider: "anthropic" } });
    const model = fake(first, count(0, 9, { additional_kwargs: { stop_reason: "end_turn" } }));
    expect((await hear(fromLangChain(model))).last.usage).toEqual({ input: 5, output: 9 });
  });

  test("may follow the finish word", async () => {
    const model = fake({ content: "", ...word }, count(5, 1));
    expect((await hear(fromLangChain(model))).last.usage).toEqual({ input: 5, output: 1 });
  });

  test("of an answer without an end is not told, since it would be a part", async () => {
    expect((await hear(fromLangChain(fake(count(5, 1))))).last.usage?.estimated).toBe(true);
  });
});

describe("an abort", () => {
  test("before the call makes no request", async () => {
    const { model, upstream } = await openChatOpenAI();
    const { last } = await hear(fromLangChain(model), { signal: AbortSignal.abort() });
    expect(last.finish).toBe("cancelled");
    const alone = fromLangChain(model).stream([], { signal: AbortSignal.abort() });
    expect(await chunksOf(alone)).toEqual([]);
    expect(upstream.requests.length).toBe(0);
  });

  test("while the answer is awaited closes the request", async () => {
    const { model, upstream } = await openChatOpenAI();
    const abort = new AbortController();
    const heard = hear(fromLangChain(model), { signal: abort.signal });
    const request = await upstream.next();
    abort.abort();
    expect(said(await heard)).toEqual(["", "", "cancelled", undefined]);
    await request.closed;
  });

  test("in the middle closes the request, and what came stays in the memory of a chain", async () => {
    const { model, upstream } = await openChatOpenAI((request) => request.say("half"));
    const chain = new ConversationChain({ llm: fromLangChain(model) });
    const abort = new AbortController();
    for await (const { text } of chain.stream({ input: "Hello" }, { signal: abort.signal }))
      if (text) abort.abort();
    await upstream.requests[0]?.closed;
    const again = chain.stream({ input: "Go on" });
    const next = again.next();
    const request = await upstream.next().then(() => upstream.next());
    expect(request.body.messages.map(({ content }) => content)).toContainEqual(
      expect.stringMatching(/^half/),
    );
    await next;
    await again.return(undefined);
    await request.closed;
  });

  test("leaving the loop closes the request, also when nothing more comes", async () => {
    const { model, upstream } = await openChatOpenAI((request) => request.say("half"));
    for await (const { text } of fromLangChain(model).stream([{ role: "user", content: "Hello" }])) {
      expect(text).toBe("half");
      break;
    }
    await upstream.requests[0]?.closed;
  });

  test("ends a vouched answer as cancelled, not as stop", async () => {
    const { model } = await openChatOpenAI((request) => request.say("half"));
    const abort = new AbortController();
    const chunks: ChatGenerationChunk[] = [];
    const llm = fromLangChain(model, { quietEnd: "stop" });
    for await (const chunk of llm.stream([{ role: "user", content: "Hello" }], { signal: abort.signal })) {
      chunks.push(chunk);
      abort.abort();
    }
    expect(chunks).toEqual([{ text: "half" }]);
  });
});

describe("a model that ignores the signal", () => {
  const never = new Promise<never>(() => {});

  /** Streams what `next` gives, and tells when it is closed. */
  function deaf(next: () => Promise<IteratorResult<LangChainChunk>>) {
    const closed = Promise.withResolvers<void>();
    const iterator = {
      next,
      return: async () => {
        closed.resolve();
        return { done: true as const, value: undefined };
      },
    };
    return { closed: closed.promise, stream: { [Symbol.asyncIterator]: () => iterator } };
  }

  /** Gives what comes of a model that is aborted when the gate opens. */
  async function abortedAt(gate: Promise<unknown>, model: LangChainModel): Promise<ChatGenerationChunk[]> {
    const abort = new AbortController();
    void gate.then(() => abort.abort());
    return chunksOf(fromLangChain(model).stream([], { signal: abort.signal }));
  }

  test("hangs nobody while it opens; what it opens later is closed", async () => {
    const asked = Promise.withResolvers<void>();
    const opening = Promise.withResolvers<AsyncIterable<LangChainChunk>>();
    const { stream, closed } = deaf(() => never);
    const model: LangChainModel = { stream: () => (asked.resolve(), opening.promise) };
    expect(await abortedAt(asked.promise, model)).toEqual([]);
    opening.resolve(stream);
    await closed;
  });

  test("hangs nobody in the middle, and is closed", async () => {
    const asked = Promise.withResolvers<void>();
    const steps = [{ done: false as const, value: { content: "half" } }];
    const { stream, closed } = deaf(async () => steps.shift() ?? (asked.resolve(), never));
    const model: LangChainModel = { stream: async () => stream };
    expect(await abortedAt(asked.promise, model)).toEqual([{ text: "half" }]);
    await closed;
  });

  test("may fail after we left: nobody hears of it", async () => {
    const asked = Promise.withResolvers<void>();
    const opening = Promise.withResolvers<never>();
    const model: LangChainModel = { stream: () => (asked.resolve(), opening.promise) };
    expect(await abortedAt(asked.promise, model)).toEqual([]);
    opening.reject(new Error("too late"));
    const reading = Promise.withResolvers<void>();
    const step = Promise.withResolvers<never>();
    const { stream } = deaf(() => (reading.resolve(), step.promise));
    expect(await abortedAt(reading.promise, { stream: async () => stream })).toEqual([]);
    step.reject(new Error("too late"));
    await new Promise(setImmediate); // an unhandled rejection would fail this test now
  });

  test("is asked for nothing when it is too late, neither for a stream nor for its next words", async () => {
    let [streams, steps] = [0, 0];
    const { stream } = deaf(async () => ({ done: false, value: { content: `${++steps}` } }));
    const llm = fromLangChain({ stream: async () => (streams++, stream) });
    expect(await chunksOf(llm.stream([], { signal: AbortSignal.abort() }))).toEqual([]);
    expect(streams).toBe(0);
    const abort = new AbortController();
    for await (const { text } of llm.stream([], { signal: abort.signal })) if (text === "2") abort.abort();
    expect(steps).toBe(2);
  });

  test("that throws before it gives a promise is a fault like another", async () => {
    const stream = (): never => {
      throw Object.assign(new Error("secret"), { response: { status: 403 } });
    };
    expect((await hear(fromLangChain({ stream }))).last.error?.code).toBe("upstream_auth");
  });
});

describe("what other packages throw", () => {
  const failing = (error: unknown, ...before: LangChainChunk[]): LangChainModel => ({
    async stream() {
      return (async function* () {
        yield* before;
        throw error;
      })();
    },
  });

  test.each<[string, object, string]>([
    ["a status", { status: 429 }, "upstream_rate_limited"],
    ["a statusCode", { statusCode: 503 }, "upstream_overloaded"],
    ["a status as a text", { status: "404" }, "upstream_not_found"],
    ["a response", { response: { status: 401 } }, "upstream_auth"],
    ["the metadata of AWS", { $metadata: { httpStatusCode: 429 } }, "upstream_rate_limited"],
    ["a cause with a status", { cause: { cause: { status: 400 } } }, "upstream_bad_request"],
    ["a code of the network", { code: "ECONNRESET" }, "upstream_cut"],
    ["a cause with a code", { cause: { code: "UND_ERR_SOCKET" } }, "upstream_cut"],
    ["its own timeout", { name: "TimeoutError" }, "upstream_cut"],
    ["nothing that we know", { code: "ERR_INVALID_ARG_TYPE" }, "internal"],
  ])("%s", async (_, facts, code) => {
    const error = Object.assign(new Error("secret"), facts);
    const { text, last } = await hear(fromLangChain(failing(error, { content: "a" })));
    expect([text, last.error?.code]).toEqual(["a", code]);
    expect(JSON.stringify(last)).not.toContain("secret");
  });

  class APIConnectionError extends Error {}
  class APIConnectionTimeoutError extends APIConnectionError {}

  test.each<[string, Error]>([
    ["a code", Object.assign(new Error("x"), { code: "ENOTFOUND" })],
    ["fetch's own words", new TypeError("fetch failed")],
    ["a class that providers' packages share", new APIConnectionTimeoutError("x")],
  ])("the network before the stream is open is unreachable: %s", async (_, error) => {
    const stream = () => Promise.reject(error);
    expect((await hear(fromLangChain({ stream }))).last.error?.code).toBe("upstream_unreachable");
  });

  test("a body that broke before its first word: cut, since somebody was there", async () => {
    const cause = Object.assign(new Error("x"), { code: "ECONNRESET" });
    const stream = () => Promise.reject(new TypeError("terminated", { cause }));
    expect((await hear(fromLangChain({ stream }))).last.error?.code).toBe("upstream_cut");
  });

  test("headers may be an object, and its names in any letters", async () => {
    const error = { status: 429, response: { headers: { "Retry-After": "3" } } };
    const { last } = await hear(fromLangChain(failing(error)));
    expect(last.error).toMatchObject({ code: "upstream_rate_limited", retryAfterMs: 3_000 });
  });
});
