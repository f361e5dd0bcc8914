// What is asked of providers, how a request ends that fails or is not wanted any more, and who is asked next.
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { inspect } from "node:util";
import { ChatAnthropic } from "../server/models/anthropic.ts";
import { AzureChatOpenAI, type AzureChatOpenAIOptions } from "../server/models/azure.ts";
import { withFallbacks } from "../server/models/fallback.ts";
import { MissingPackageError } from "../server/models/missing-package.ts";
import {
  type ChatGenerationChunk,
  type ChatMessage,
  type ChatModel,
  type ModelOptions,
  UpstreamError,
} from "../server/models/model.ts";
import { ChatOpenAI } from "../server/models/openai.ts";
import { withRetry } from "../server/models/retry.ts";
import { hear } from "./support/hear.ts";
import { createScriptedModel, type ModelCall, type ScriptedModel } from "./support/scripted-model.ts";
import { startUpstream, type Upstream, type UpstreamRequest } from "./support/upstream.ts";
import { closing } from "./support/world.ts";

const variables = [
  ...["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_VERSION"],
  ...["AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"],
];
const environment = { ...process.env };

beforeEach(() => variables.forEach((name) => delete process.env[name]));
afterEach(() => void Object.assign(process.env, environment));

async function open(onRequest?: (request: UpstreamRequest, count: number) => void): Promise<Upstream> {
  let count = 0;
  const upstream = await startUpstream((request) => onRequest?.(request, ++count));
  closing(() => upstream.close());
  return upstream;
}

const originOf = ({ url }: { url: string }): string => new URL(url).origin;

const azureAt = (upstream: { url: string }, options: Partial<AzureChatOpenAIOptions> = {}): ChatModel =>
  new AzureChatOpenAI({
    ...{ deployment: "our-gpt", endpoint: originOf(upstream), apiVersion: "2025-04-01-preview" },
    ...(!options.azureADTokenProvider && { apiKey: "azure-key" }),
    ...options,
  });

/** Every class, and what of it is the same for all: a word, and an end. */
const classes: readonly (readonly [string, (upstream: { url: string }) => ChatModel, Words])[] = [
  ["ChatOpenAI", ({ url }) => new ChatOpenAI({ model: "m", apiKey: "k", baseURL: url }), chatWords()],
  ["AzureChatOpenAI", azureAt, chatWords()],
  [
    "ChatOpenAI with the Responses API",
    ({ url }) => new ChatOpenAI({ model: "m", apiKey: "k", baseURL: url, useResponsesApi: true }),
    {
      say: (request, delta) => request.event({ type: "response.output_text.delta", delta }),
      finish: (request) => (request.event({ type: "response.completed", response: {} }), request.end()),
    },
  ],
  [
    "ChatAnthropic",
    (upstream) => new ChatAnthropic({ model: "m", apiKey: "k", baseURL: originOf(upstream) }),
    {
      say: (request, text) =>
        request.event({ type: "content_block_delta", delta: { type: "text_delta", text } }),
      finish: (request) => {
        request.event({ type: "message_delta", delta: { stop_reason: "end_turn" } });
        request.event({ type: "message_stop" });
        request.end();
      },
    },
  ],
];

type Words = {
  say: (request: UpstreamRequest, text: string) => void;
  finish: (request: UpstreamRequest) => void;
};

function chatWords(): Words {
  return { say: (request, text) => request.say(text), finish: (request) => request.finish() };
}

const talk: readonly ChatMessage[] = [
  { id: "s", role: "system", content: "Be kind." },
  { id: "u", role: "user", content: "Hello", author: { id: "1", name: "Ada" } },
  { id: "a", role: "assistant", content: "Hel", cut: "cancelled" },
  { id: "v", role: "user", content: "Go on" },
];
const bareTalk = talk.map(({ role, content }) => ({ role, content }));

/** The request that a model makes, which is answered at once. */
async function requestOf(
  modelAt: (upstream: Upstream) => ChatModel,
  messages = talk,
): Promise<UpstreamRequest> {
  const upstream = await open((request) => request.end());
  await hear(modelAt(upstream), { messages });
  expect(upstream.requests.length).toBe(1);
  return upstream.requests[0] as UpstreamRequest;
}

describe("what is sent", () => {
  test("Chat Completions: the messages alone, and a wish for usage", async () => {
    const { path, headers, body } = await requestOf(
      ({ url }) => new ChatOpenAI({ model: "gpt-5-mini", apiKey: "open-key", baseURL: url }),
    );
    expect([path, headers.authorization]).toEqual(["/v1/chat/completions", "Bearer open-key"]);
    expect(body).toEqual({
      model: "gpt-5-mini",
      messages: bareTalk,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test("Chat Completions: OPENAI_BASE_URL and OPENAI_API_KEY lead to a compatible server", async () => {
    const { path, headers, body } = await requestOf(({ url }) => {
      Object.assign(process.env, { OPENAI_BASE_URL: url, OPENAI_API_KEY: "key-of-the-environment" });
      return new ChatOpenAI({ model: "m", temperature: 0.2 });
    });
    expect([path, headers.authorization]).toEqual(["/v1/chat/completions", "Bearer key-of-the-environment"]);
    expect(body["temperature"]).toBe(0.2);
  });

  test("Chat Completions: a server with an address of its own needs no key", async () => {
    const { path } = await requestOf(({ url }) => new ChatOpenAI({ model: "m", baseURL: url }));
    expect(path).toBe("/v1/chat/completions");
  });

  test("Responses: the messages as input, and nothing is to be stored", async () => {
    const { path, body } = await requestOf(
      ({ url }) =>
        new ChatOpenAI({
          model: "gpt-5-mini",
          apiKey: "k",
          baseURL: url,
          useResponsesApi: true,
          temperature: 0,
        }),
    );
    expect(path).toBe("/v1/responses");
    expect(body).toEqual({
      model: "gpt-5-mini",
      input: bareTalk,
      store: false,
      stream: true,
      temperature: 0,
    });
  });

  test("Azure: the deployment in the path, the key in a header of its own", async () => {
    const { path, headers, body } = await requestOf(azureAt);
    expect(path).toBe("/openai/deployments/our-gpt/chat/completions?api-version=2025-04-01-preview");
    expect([headers["api-key"], headers.authorization]).toEqual(["azure-key", undefined]);
    expect(body).toMatchObject({ messages: bareTalk, stream: true, stream_options: { include_usage: true } });
  });

  test("Azure: everything but the deployment may stand in the environment", async () => {
    const { path, headers } = await requestOf((upstream) => {
      process.env["AZURE_OPENAI_ENDPOINT"] = `${originOf(upstream)}/`;
      process.env["AZURE_OPENAI_API_KEY"] = "key-of-the-environment";
      process.env["OPENAI_API_VERSION"] = "2024-10-21";
      return new AzureChatOpenAI({ deployment: "d" });
    });
    expect(path).toBe("/openai/deployments/d/chat/completions?api-version=2024-10-21");
    expect(headers["api-key"]).toBe("key-of-the-environment");
  });

  test("Azure: a token of Entra is asked for with each request, also beside a key in the environment", async () => {
    process.env["AZURE_OPENAI_API_KEY"] = "key-of-the-environment";
    const upstream = await open((request) => request.finish());
    let tokens = 0;
    const llm = azureAt(upstream, { azureADTokenProvider: () => Promise.resolve(`token-${++tokens}`) });
    const finishes = [(await hear(llm)).last.finish, (await hear(llm)).last.finish];
    expect(finishes).toEqual(["stop", "stop"]);
    const sent = upstream.requests.map(({ headers }) => [headers.authorization, headers["api-key"]]);
    expect(sent).toEqual([
      ["Bearer token-1", undefined],
      ["Bearer token-2", undefined],
    ]);
  });

  test("Azure: OPENAI_BASE_URL does not divert requests, nor the key", async () => {
    const elsewhere = await open((request) => request.finish());
    process.env["OPENAI_BASE_URL"] = elsewhere.url;
    const { headers } = await requestOf(azureAt);
    expect(headers["api-key"]).toBe("azure-key");
    const fromEnvironment = await requestOf((upstream) => {
      process.env["AZURE_OPENAI_ENDPOINT"] = originOf(upstream);
      return azureAt(upstream, { endpoint: undefined });
    });
    expect(fromEnvironment.headers["api-key"]).toBe("azure-key");
    expect(elsewhere.requests).toEqual([]);
  });

  test("Anthropic: what the system says stands beside the messages", async () => {
    const messages = [...talk, { role: "system", content: "Be brief." } as const];
    const { path, headers, body } = await requestOf(
      (upstream) =>
        new ChatAnthropic({ model: "claude-haiku-4-5", apiKey: "ant-key", baseURL: originOf(upstream) }),
      messages,
    );
    expect(path).toBe("/v1/messages");
    expect(headers["anthropic-version"]).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    // the header is the package's business: x-api-key until version 0, a bearer's since version 1
    expect([headers["x-api-key"], headers.authorization]).toContainEqual(
      expect.stringMatching(/^(Bearer )?ant-key$/),
    );
    expect(body).toEqual({
      model: "claude-haiku-4-5",
      max_tokens: 16_384,
      system: "Be kind.\n\nBe brief.",
      messages: bareTalk.filter(({ role }) => role !== "system"),
      stream: true,
    });
  });

  test("Anthropic: no system, another length, a temperature, the key of the environment", async () => {
    process.env["ANTHROPIC_API_KEY"] = "key-of-the-environment";
    const { headers, body } = await requestOf(
      (upstream) =>
        new ChatAnthropic({ model: "m", baseURL: originOf(upstream), maxTokens: 100, temperature: 0 }),
      [{ role: "user", content: "Hello" }],
    );
    expect(JSON.stringify(headers)).toContain("key-of-the-environment");
    const messages = [{ role: "user", content: "Hello" }];
    expect(body).toEqual({ model: "m", max_tokens: 100, messages, stream: true, temperature: 0 });
  });

  const asking = classes.slice(0, 2);

  test.each(
    asking.flatMap(([name, modelAt]) => [[name, 400, modelAt] as const, [name, 422, modelAt] as const]),
  )(
    "%s: a server that refuses with %i to be asked for usage is asked without, from then on",
    async (_, status, modelAt) => {
      const upstream = await open((request) => {
        if ("stream_options" in request.body)
          return request.answer(status, '{"error":{"message":"unknown field"}}');
        request.say("a");
        request.finish();
      });
      const llm = modelAt(upstream);
      const finishes = [(await hear(llm)).last.finish, (await hear(llm)).last.finish];
      expect(finishes).toEqual(["stop", "stop"]);
      expect(upstream.requests.map(({ body }) => "stream_options" in body)).toEqual([true, false, false]);
    },
  );

  test.each(asking)(
    "%s: a request that is refused for another reason teaches nothing",
    async (_, modelAt) => {
      const upstream = await open((request) => request.answer(400, '{"error":{"message":"too long"}}'));
      const llm = modelAt(upstream);
      const codes = [(await hear(llm)).last.error?.code, (await hear(llm)).last.error?.code];
      expect(codes).toEqual(["upstream_bad_request", "upstream_bad_request"]);
      expect(upstream.requests.map(({ body }) => "stream_options" in body)).toEqual([
        true,
        false,
        true,
        false,
      ]);
    },
  );
});

/** Everything that an error shows to whoever looks closely. */
const shown = (error: unknown): string => {
  expect(error).not.toHaveProperty("cause"); // whatever the package threw stays where it was thrown
  return [String(error), JSON.stringify(error), inspect(error, { depth: 10, showHidden: true })].join("\n");
};

/** What a model throws when it is used alone. */
async function errorOf(llm: ChatModel, messages = talk, options?: ModelOptions): Promise<unknown> {
  try {
    for await (const chunk of llm.stream(messages, options)) void chunk;
  } catch (error) {
    return error;
  }
  return undefined;
}

const secrets = /hidden|secret|sk-tail|Be kind|127\.0\.0\.1/;
const secretBody = JSON.stringify({
  type: "error",
  error: {
    type: "invalid_request_error",
    code: "code-hidden",
    message: "org-hidden: the key that ends in sk-tail asked `Be kind.` of 127.0.0.1",
    param: "secret",
  },
  request_id: "req-hidden",
});
const secretHeaders = {
  "content-type": "application/json",
  "x-request-id": "req-hidden",
  "request-id": "req-hidden",
  "openai-organization": "org-hidden",
};

describe.each(classes)("faults of %s", (_, modelAt, { say }) => {
  test.each([
    [400, "upstream_bad_request", false],
    [401, "upstream_auth", false],
    [403, "upstream_auth", false],
    [404, "upstream_not_found", false],
    [408, "upstream_bad_request", true],
    [409, "upstream_bad_request", true],
    [413, "upstream_bad_request", false],
    [422, "upstream_bad_request", false],
    [429, "upstream_rate_limited", true],
    [500, "upstream_error", true],
    [502, "upstream_error", true],
    [503, "upstream_overloaded", true],
    [529, "upstream_overloaded", true],
  ])("HTTP %i is %s, and tells nothing of the provider's", async (status, code, isPassing) => {
    const upstream = await open((request) =>
      request.answer(status, secretBody, { ...secretHeaders, "retry-after": "7" }),
    );
    const error = await errorOf(modelAt(upstream));
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ code, status, isPassing, retryAfterMs: 7_000 });
    expect(shown(error)).not.toMatch(secrets);
    const { last } = await hear(modelAt(upstream), { messages: talk });
    expect(last).toMatchObject({ finish: "error", error: { code, retryAfterMs: 7_000 } });
    expect(shown(last)).not.toMatch(secrets);
  });

  test("a refusal in HTML tells nothing either", async () => {
    const upstream = await open((request) =>
      request.answer(502, "<h1>org-hidden</h1>", { "content-type": "text/html" }),
    );
    const error = await errorOf(modelAt(upstream));
    expect(error).toMatchObject({ code: "upstream_error", status: 502 });
    expect(shown(error)).not.toMatch(secrets);
  });

  test("an error in the middle of a stream tells nothing", async () => {
    const upstream = await open((request) => {
      say(request, "a");
      request.raw(`event: error\ndata: ${secretBody}\n\n`);
      request.end();
    });
    const error = await errorOf(modelAt(upstream));
    expect(error).toMatchObject({ code: "upstream_error" });
    expect(shown(error)).not.toMatch(secrets);
  });

  test("a server that is not there tells nothing, not even where it is not", async () => {
    const upstream = await startUpstream();
    await upstream.close();
    const error = await errorOf(modelAt(upstream));
    expect(error).toMatchObject({ code: "upstream_unreachable", isPassing: true });
    expect(shown(error)).not.toMatch(secrets);
  });

  test("a connection that breaks before the headers is unreachable", async () => {
    const upstream = await open((request) => request.reset());
    const error = await errorOf(modelAt(upstream));
    expect(error).toMatchObject({ code: "upstream_unreachable", isPassing: true });
    expect(shown(error)).not.toMatch(secrets);
  });
});

type Ended = { readonly llm: ChatModel; readonly ended: Promise<void> };

/** The same model, which tells when its own loop is over: what hears it may have gone long before. */
function telling(llm: ChatModel): Ended {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const stream: ChatModel["stream"] = async function* (messages, options) {
    try {
      yield* llm.stream(messages, options);
    } finally {
      resolve();
    }
  };
  return { llm: { ...llm, name: llm.name, stream }, ended };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe.each(classes)("an abort of %s", (_, modelAt, { say, finish }) => {
  test("before the request: none is made", async () => {
    const upstream = await open();
    const signal = AbortSignal.abort(new Error("never mind"));
    expect((await hear(modelAt(upstream), { signal })).last.finish).toBe("cancelled");
    expect(await errorOf(modelAt(upstream), talk, { signal })).toMatchObject({ message: "never mind" });
    await turn();
    expect(upstream.requests).toEqual([]);
  });

  test("between the call and the request: none is made", async () => {
    const upstream = await open();
    const controller = new AbortController();
    const error = errorOf(modelAt(upstream), talk, { signal: controller.signal });
    controller.abort();
    expect(await error).not.toBeInstanceOf(UpstreamError);
    await turn();
    expect(upstream.requests).toEqual([]);
  });

  test("while it connects: the loop ends, and the connection is let go", async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket.on("error", () => {}).resume()));
    silent.listen(0, "127.0.0.1");
    closing(async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => silent.close(resolve));
    });
    await once(silent, "listening");
    // it never answers to TLS, so there is a connection, and yet there is none
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}/v1`;
    const controller = new AbortController();
    const { llm, ended } = telling(modelAt({ url }));
    const heard = hear(llm, { signal: controller.signal });
    const [socket] = (await once(silent, "connection")) as [Socket];
    const closed = once(socket, "close");
    controller.abort();
    expect((await heard).last.finish).toBe("cancelled");
    await ended;
    await closed;
  });

  test("before the headers: the connection is closed", async () => {
    const upstream = await open();
    const controller = new AbortController();
    const { llm, ended } = telling(modelAt(upstream));
    const heard = hear(llm, { signal: controller.signal });
    const request = await upstream.next();
    controller.abort();
    expect((await heard).last).toMatchObject({ text: "", finish: "cancelled", usage: { estimated: true } });
    await ended;
    await request.closed;
    expect(upstream.requests.length).toBe(1);
  });

  test("between the headers and the first word: the connection is closed", async () => {
    const upstream = await open((request) => request.raw(": ping\n\n"));
    const controller = new AbortController();
    const { llm, ended } = telling(modelAt(upstream));
    const heard = hear(llm, { signal: controller.signal });
    const request = await upstream.next();
    for (let turns = 0; turns < 10; turns++) await turn(); // for the headers to arrive
    controller.abort();
    expect((await heard).last.finish).toBe("cancelled");
    await ended;
    await request.closed;
  });

  test("in the middle: the words stay, no more come, the connection is closed", async () => {
    const upstream = await open((request) =>
      ["one ", "two ", "three "].forEach((text) => say(request, text)),
    );
    const controller = new AbortController();
    const { llm, ended } = telling(modelAt(upstream));
    const onChunk = (): void => controller.abort();
    const { text, last } = await hear(llm, { signal: controller.signal, onChunk });
    expect([text, last.finish, last.usage?.estimated]).toEqual(["one ", "cancelled", true]);
    await ended;
    await upstream.requests[0]?.closed;
  });

  test("in the middle of a silence: the model's own loop ends without an error", async () => {
    const upstream = await open((request) => say(request, "one "));
    const controller = new AbortController();
    let text = "";
    for await (const chunk of modelAt(upstream).stream(talk, { signal: controller.signal })) {
      text += chunk.text;
      void turn().then(() => controller.abort());
    }
    expect(text).toBe("one ");
    await upstream.requests[0]?.closed;
  });

  test("leaving the loop closes the connection", async () => {
    const upstream = await open((request) => say(request, "one "));
    for await (const chunk of modelAt(upstream).stream(talk)) {
      expect(chunk.text).toBe("one ");
      break;
    }
    await upstream.requests[0]?.closed;
  });

  test("in the wait before the next try: no further try is made", async () => {
    const upstream = await open((request) =>
      request.answer(429, "{}", { "content-type": "application/json", "retry-after": "20" }),
    );
    const controller = new AbortController();
    const { llm, ended } = telling(withRetry(modelAt(upstream)));
    const heard = hear(llm, { signal: controller.signal });
    await upstream.next();
    for (let turns = 0; turns < 10; turns++) await turn(); // for the answer to arrive
    controller.abort();
    expect((await heard).last.finish).toBe("cancelled");
    await ended;
    expect(upstream.requests.length).toBe(1);
  }, 10_000);

  test("after the end: nothing happens", async () => {
    const upstream = await open((request) => (say(request, "all"), finish(request)));
    const controller = new AbortController();
    const { text, last } = await hear(modelAt(upstream), { signal: controller.signal });
    controller.abort();
    expect([text, last.finish]).toEqual(["all", "stop"]);
  });
});

const fault = (code: UpstreamError["code"], facts?: ConstructorParameters<typeof UpstreamError>[1]) =>
  new UpstreamError(code, facts);

const answering = (text: string): ScriptedModel =>
  createScriptedModel({ onCall: (call) => (call.say(text), call.finish()) });
const failing = (error: unknown): ScriptedModel =>
  createScriptedModel({ onCall: (call) => call.fail(error) });
const doing = (onCall: (call: ModelCall) => void): ScriptedModel => createScriptedModel({ onCall });

describe("fallbacks", () => {
  test("they bear the names of all, and their handlers hear once", () => {
    const [one, other] = [{ handleLLMStart() {} }, { handleLLMEnd() {} }];
    const models = [
      { ...answering("a"), name: "openai:a", callbacks: [one, other] },
      { ...answering("b"), name: "anthropic:b" },
      { ...answering("c"), name: "azure:c", callbacks: [other] },
    ] as const;
    const { name, callbacks } = withFallbacks(models);
    expect([name, callbacks]).toEqual(["openai:a,anthropic:b,azure:c", [one, other]]);
  });

  test("the first one that answers is the only one that is asked", async () => {
    const second = answering("second");
    const { text } = await hear(withFallbacks([answering("first"), second]));
    expect([text, second.calls.length]).toEqual(["first", 0]);
  });

  test.each([
    ...["upstream_auth", "upstream_rate_limited", "upstream_overloaded", "upstream_unreachable"],
    ...["upstream_bad_request", "upstream_not_found", "upstream_error", "upstream_not_a_stream"],
    ...["upstream_too_large", "upstream_tool_call"],
  ] as const)("one that fails with %s is followed by the next, with the same question", async (code) => {
    const second = answering("second");
    const { text, last } = await hear(withFallbacks([failing(fault(code)), second]), { messages: talk });
    expect([text, last.finish]).toEqual(["second", "stop"]);
    expect(second.calls.map(({ messages }) => messages)).toEqual([talk]);
  });

  test("one that hangs up before its first word is followed by the next", async () => {
    const { text } = await hear(withFallbacks([doing((call) => call.end()), answering("second")]));
    expect(text).toBe("second");
  });

  test("what came before the first word, and was none, changes nothing", async () => {
    const first = doing((call) => {
      call.chunk({ text: "" });
      call.chunk({ text: "", usage: { input: 3, output: 0 } });
      call.fail(fault("upstream_error"));
    });
    const { text, last } = await hear(withFallbacks([first, answering("second")]));
    expect([text, last.finish]).toEqual(["second", "stop"]);
  });

  test.each([
    ["a word", { text: "a" }],
    ["reasoning", { text: "", reasoning: "hm" }],
  ])("after %s nobody else is asked", async (_, chunk) => {
    const second = answering("second");
    const failed = doing((call) => (call.chunk(chunk), call.fail(fault("upstream_overloaded"))));
    const { last } = await hear(withFallbacks([failed, second]));
    expect(last).toMatchObject({ finish: "error", error: { code: "upstream_overloaded" } });
    const hungUp = doing((call) => (call.chunk(chunk), call.end()));
    expect((await hear(withFallbacks([hungUp, second]))).last.finish).toBe("interrupted");
    expect(second.calls.length).toBe(0);
  });

  test("an empty answer is an answer", async () => {
    const second = answering("second");
    const { text, last } = await hear(withFallbacks([doing((call) => call.finish()), second]));
    expect([text, last.finish, second.calls.length]).toEqual(["", "stop", 0]);
  });

  test("a filtered question is an answer", async () => {
    const second = answering("second");
    const { last } = await hear(
      withFallbacks([failing(fault("upstream_filtered", { status: 400 })), second]),
    );
    expect([last.finish, second.calls.length]).toEqual(["content_filter", 0]);
  });

  test("whatever else one throws is a failure: a package that is missing, a bug", async () => {
    const failures = [new MissingPackageError("@anthropic-ai/sdk"), new TypeError("a bug")];
    for (const error of failures) {
      const { text, last } = await hear(withFallbacks([failing(error), answering("second")]));
      expect([text, last.finish]).toEqual(["second", "stop"]);
    }
  });

  test("one without a key is followed by the next", async () => {
    const models = [new ChatOpenAI({ model: "m" }), new ChatAnthropic({ model: "m" })] as const;
    const { text, last } = await hear(withFallbacks([...models, answering("third")]));
    expect([text, last.finish]).toEqual(["third", "stop"]);
  });

  test("a bug of the last one is not covered up", async () => {
    const bug = new TypeError("a bug");
    const llm = withFallbacks([failing(fault("upstream_error")), failing(bug)]);
    expect(await errorOf(llm)).toBe(bug);
    expect((await hear(llm)).last).toMatchObject({ finish: "error", error: { code: "internal" } });
  });

  test("when all fail, the last one's fault is told", async () => {
    const last = fault("upstream_rate_limited", { status: 429, retryAfterMs: 9_000 });
    const models = [failing(fault("upstream_auth")), doing((call) => call.end()), failing(last)] as const;
    const heard = await hear(withFallbacks(models));
    expect(heard.last.error).toMatchObject({ code: "upstream_rate_limited", retryAfterMs: 9_000 });
    const quiet = await hear(withFallbacks([failing(last), doing((call) => call.end())]));
    expect(quiet.last).toMatchObject({ finish: "interrupted", error: { code: "upstream_cut" } });
  });

  test("an abort while the first one is silent asks nobody else", async () => {
    const [first, second] = [createScriptedModel(), answering("second")];
    const controller = new AbortController();
    const { llm, ended } = telling(withFallbacks([first, second]));
    const heard = hear(llm, { signal: controller.signal });
    const { signal } = await first.nextCall();
    controller.abort();
    expect((await heard).last.finish).toBe("cancelled");
    await ended;
    expect([signal?.aborted, second.calls.length]).toEqual([true, 0]);
  });

  test("an abort while the second one is silent reaches it, and asks nobody else", async () => {
    const [second, third] = [createScriptedModel(), answering("third")];
    const controller = new AbortController();
    const { llm, ended } = telling(withFallbacks([failing(fault("upstream_error")), second, third]));
    const heard = hear(llm, { signal: controller.signal });
    const { signal } = await second.nextCall();
    controller.abort();
    expect((await heard).last.finish).toBe("cancelled");
    await ended;
    expect([signal?.aborted, third.calls.length]).toEqual([true, 0]);
  });

  test("an abort at the moment of a failure asks nobody else", async () => {
    const controller = new AbortController();
    const second = answering("second");
    const first = doing((call) => (call.fail(fault("upstream_error")), controller.abort()));
    expect((await hear(withFallbacks([first, second]), { signal: controller.signal })).last.finish).toBe(
      "cancelled",
    );
    const quiet = doing((call) => (call.end(), controller.abort()));
    await errorOf(withFallbacks([quiet, second]), talk, { signal: controller.signal });
    expect(second.calls.length).toBe(0);
  });

  test("over real providers: overloaded, then refused, then words", async () => {
    const anthropic = await open((request) => request.answer(529, secretBody, secretHeaders));
    const azure = await open((request) => request.answer(401, secretBody, secretHeaders));
    const openai = await open((request) => (request.say("at last"), request.finish()));
    const [[, openaiAt], [, azureModelAt], , [, anthropicAt]] = classes as [Class, Class, Class, Class];
    const llm = withFallbacks([anthropicAt(anthropic), azureModelAt(azure), openaiAt(openai)]);
    const { text, last } = await hear(llm);
    expect([text, last.finish, last.usage]).toEqual(["at last", "stop", { input: 11, output: 7 }]);
    expect([anthropic, azure, openai].map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
  });
});

type Class = (typeof classes)[number];

describe.each<[string, (model: ChatModel) => ChatModel]>([
  ["withRetry", withRetry],
  ["withFallbacks", (model) => withFallbacks([model, answering("another")])],
])("the iterator of %s", (_, wrap) => {
  const open = (model: ChatModel): AsyncIterator<ChatGenerationChunk> =>
    wrap(model).stream(talk)[Symbol.asyncIterator]();

  test("steps that are asked for at once come from one request, in their order", async () => {
    const model = doing((call) => (call.say("one", "two"), call.finish()));
    const words = open(model);
    const steps = await Promise.all([words.next(), words.next(), words.next(), words.next()]);
    const texts = steps.map(({ done, value }) => (done ? "over" : value.text));
    expect([texts, model.calls.length]).toEqual([["one", "two", "", "over"], 1]);
  });

  test("nobody is asked for one who has left before", async () => {
    const model = answering("one");
    const words = open(model);
    await words.return?.();
    expect([await words.next(), model.calls.length]).toEqual([{ done: true, value: undefined }, 0]);
  });

  test("what begins after its reader has left is closed", async () => {
    let isClosed = false;
    const { promise: word, resolve: say } = Promise.withResolvers<ChatGenerationChunk>();
    const words = open({
      name: "slow",
      async *stream() {
        try {
          yield await word;
          yield { text: "never read" };
        } finally {
          isClosed = true;
        }
      },
    });
    const first = words.next();
    await words.return?.();
    say({ text: "late" });
    await first;
    expect(isClosed).toBe(true);
  });

  test("after a failure it is over", async () => {
    const model = failing(fault("upstream_filtered"));
    const words = open(model);
    const steps = await Promise.allSettled([words.next(), words.next()]);
    expect(steps.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect([(await words.next()).done, model.calls.length]).toEqual([true, 1]);
  });
});

describe("the patience of fallbacks", () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask"] }));
  afterEach(() => void jest.useRealTimers());

  const patienceMs = 1_000;

  test("one that is silent too long is told so, and the next is asked", async () => {
    const first = createScriptedModel();
    let wasTold: boolean | undefined;
    const second = doing((call) => {
      wasTold = first.calls[0]?.signal?.aborted;
      call.say("second");
      call.finish();
    });
    const heard = hear(withFallbacks([first, second], { patienceMs }));
    const { signal } = await first.nextCall();
    jest.advanceTimersByTime(patienceMs - 1);
    await turn();
    expect([signal?.aborted, second.calls.length]).toEqual([false, 0]);
    jest.advanceTimersByTime(1);
    expect([(await heard).text, wasTold]).toEqual(["second", true]);
  });

  test("one that sends chunks without words is silent", async () => {
    const [first, second] = [createScriptedModel(), answering("second")];
    const heard = hear(withFallbacks([first, second], { patienceMs }));
    const call = await first.nextCall();
    jest.advanceTimersByTime(patienceMs - 1);
    call.chunk({ text: "", usage: { input: 1, output: 0 } });
    await turn();
    jest.advanceTimersByTime(1);
    expect((await heard).text).toBe("second");
  });

  test("one that is given up and ends without an error is followed too", async () => {
    const [first, second] = [createScriptedModel({ ignoresSignal: true }), answering("second")];
    const heard = hear(withFallbacks([first, second], { patienceMs }));
    const call = await first.nextCall();
    jest.advanceTimersByTime(patienceMs);
    call.end();
    expect((await heard).text).toBe("second");
  });

  test("after its first word one may be silent for as long as it likes", async () => {
    const [first, second] = [createScriptedModel(), answering("second")];
    const heard = hear(withFallbacks([first, second], { patienceMs }), { watchdogs });
    const call = await first.nextCall();
    call.say("slow ");
    await turn();
    jest.advanceTimersByTime(10 * patienceMs);
    await turn();
    expect([call.signal?.aborted, second.calls.length]).toEqual([false, 0]);
    call.say("but sure");
    call.finish();
    expect((await heard).text).toBe("slow but sure");
  });

  test("the last one has all the time that there is, and 0 is never", async () => {
    const [first, last] = [createScriptedModel(), createScriptedModel()];
    const models = [failing(fault("upstream_error")), last] as const;
    for (const [llm, model] of [
      [withFallbacks(models, { patienceMs }), last],
      [withFallbacks([first, answering("second")], { patienceMs: 0 }), first],
    ] as const) {
      const heard = hear(llm, { watchdogs });
      const call = await model.nextCall();
      jest.advanceTimersByTime(100 * patienceMs);
      call.say("patience");
      call.finish();
      expect((await heard).text).toBe("patience");
    }
  });

  test.each([Infinity, 2 ** 31])("a patience of %d ms is more than a moment", async (patienceMs) => {
    const [first, second] = [createScriptedModel(), answering("second")];
    const heard = hear(withFallbacks([first, second], { patienceMs }), { watchdogs });
    const call = await first.nextCall();
    jest.advanceTimersByTime(86_400_000);
    await turn();
    expect([call.signal?.aborted, second.calls.length]).toEqual([false, 0]);
    call.say("a day later");
    call.finish();
    expect((await heard).text).toBe("a day later");
  });

  const watchdogs = { firstTokenMs: 0, idleMs: 0, runMs: 0 };
});

test("a provider that is given up is let go, while the next one still thinks", async () => {
  const silent = await open();
  const other = await open((request) => {
    void silent.requests[0]?.closed.then(() => {
      request.say("here");
      request.finish();
    });
  });
  const [[, openaiAt], , , [, anthropicAt]] = classes as [Class, Class, Class, Class];
  const { text } = await hear(withFallbacks([anthropicAt(silent), openaiAt(other)], { patienceMs: 20 }));
  expect(text).toBe("here");
});
