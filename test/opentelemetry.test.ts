// The spans that a tracing SDK records of models' calls.
import { describe, expect, test } from "@jest/globals";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { ConversationChain } from "../server/chain/conversation-chain.ts";
import { UpstreamError } from "../server/models/model.ts";
import { OpenTelemetryCallbackHandler } from "../server/opentelemetry.ts";
import { createScriptedModel } from "./support/scripted-model.ts";

function traced() {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const handler = new OpenTelemetryCallbackHandler({ tracer: provider.getTracer("test") });
  const llm = { ...createScriptedModel(), name: "azure:my-deployment" };
  const chain = new ConversationChain({ llm, callbacks: [handler] });
  return { llm, chain, spans: () => exporter.getFinishedSpans() };
}

describe("the OpenTelemetry handler", () => {
  test("a call is one client span with its model, its tokens, its finish reason and the time to the first chunk", async () => {
    const { llm, chain, spans } = traced();
    const invoked = chain.invoke({ input: "Tell nobody" });
    const call = await llm.nextCall();
    call.chunk({ text: "", reasoning: "hm" });
    call.say("a secret");
    call.chunk({ text: "", usage: { input: 11, output: 7 } });
    call.finish();
    await invoked;
    expect(spans().length).toBe(1);
    const [span] = spans();
    expect(span).toMatchObject({ name: "chat my-deployment", kind: SpanKind.CLIENT });
    expect(span?.attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "azure.ai.openai",
      "gen_ai.request.model": "my-deployment",
      "gen_ai.request.stream": true,
      "gen_ai.response.time_to_first_chunk": expect.any(Number),
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.input_tokens": 11,
      "gen_ai.usage.output_tokens": 7,
    });
    expect(JSON.stringify([span?.attributes, span?.events])).not.toMatch(/secret|nobody/);
  });

  test("a call that is cancelled, and one whose loop is left, end their spans in that moment", async () => {
    const { llm, chain, spans } = traced();
    const controller = new AbortController();
    const invoked = chain.invoke({ input: "x" }, { signal: controller.signal });
    await llm.nextCall();
    controller.abort();
    expect(spans().map(({ attributes }) => attributes["gen_ai.response.finish_reasons"])).toEqual([
      ["cancelled"],
    ]);
    await expect(invoked).rejects.toThrow();
    const leaving = (async () => {
      for await (const { text } of chain.stream({ input: "y" })) if (text) break;
    })();
    (await llm.nextCall()).say("word");
    await leaving;
    expect(spans().length).toBe(2);
    expect(spans()[1]?.attributes).toMatchObject({
      "gen_ai.response.finish_reasons": ["cancelled"],
      "gen_ai.response.time_to_first_chunk": expect.any(Number),
    });
    expect(spans().every(({ status }) => status.code === SpanStatusCode.UNSET)).toBe(true);
  });

  test("a call that fails ends its span as an error, by our code and without the provider's text", async () => {
    const { llm, chain, spans } = traced();
    const invoked = chain.invoke({ input: "x" });
    (await llm.nextCall()).fail(new UpstreamError("upstream_overloaded"));
    await expect(invoked).rejects.toThrow();
    expect(spans()[0]).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { "error.type": "upstream_overloaded" },
    });
  });
});
