// Retries and watchdogs of an answer. Real HTTP, the real client. What streams say is in provider-streams.test.ts.
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
    [422, "upstream_bad_request", 2],
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
