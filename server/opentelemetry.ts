// Spans of OpenTelemetry for the calls of models. Its conventions for them are still in development, so every name that
// comes from there is in this file. https://github.com/open-telemetry/semantic-conventions-genai
import { SpanKind, SpanStatusCode, trace, type Attributes, type Span, type Tracer } from "@opentelemetry/api";
import { Stopped } from "./chain/halt.ts";
import type { EndReason } from "../shared/protocol.ts";
import type { CallbackHandler, LLMResult, Named } from "./models/callback-handler.ts";

/** Where the spans go. */
export type OpenTelemetryOptions = {
  /** Default: the tracer named "parlor" of whatever SDK the process has set up; without one, nothing is recorded. */
  tracer?: Tracer;
};

type Beginning = Parameters<NonNullable<CallbackHandler["handleChatModelStart"]>>;

type Call = {
  readonly span: Span;
  readonly beganAt: number;
  hasSpoken: boolean;
  readonly close: () => void;
};

/** What the conventions call a provider, where that is not our name for it. */
const providers: Readonly<Record<string, string>> = { azure: "azure.ai.openai" };

/**
 * One client span for each call of a model: `chat <model>`, below whatever span is active, with its tokens, its finish
 * reason, and the time to its first chunk, of reasoning or of the answer, in seconds. Never what was said. A call that
 * is cancelled ends its span at once, with `cancelled`. Needs the package `@opentelemetry/api`.
 */
export class OpenTelemetryCallbackHandler implements CallbackHandler {
  readonly name = "OpenTelemetryCallbackHandler";
  readonly #tracer: Tracer;
  readonly #calls = new Map<string, Call>();

  constructor({ tracer = trace.getTracer("parlor") }: OpenTelemetryOptions = {}) {
    this.#tracer = tracer;
  }

  handleChatModelStart(...[llm, , runId, , { signal }]: Beginning): void {
    if (signal.aborted) return;
    const { provider, model } = namesOf(llm);
    const attributes = {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": providers[provider] ?? provider,
      "gen_ai.request.model": model,
      "gen_ai.request.stream": true,
    };
    const span = this.#tracer.startSpan(`chat ${model}`, { kind: SpanKind.CLIENT, attributes });
    const onAbort = (): void => this.#stopped(runId, signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const close = (): void => signal.removeEventListener("abort", onAbort);
    this.#calls.set(runId, { span, beganAt: performance.now(), hasSpoken: false, close });
  }

  handleLLMNewToken(_: string, __: unknown, runId: string): void {
    const call = this.#calls.get(runId);
    if (!call || call.hasSpoken) return;
    call.hasSpoken = true;
    const seconds = (performance.now() - call.beganAt) / 1000;
    call.span.setAttribute("gen_ai.response.time_to_first_chunk", seconds);
  }

  handleLLMEnd({ llmOutput: { finishReason, tokenUsage } }: LLMResult, runId: string): void {
    this.#end(runId, {
      "gen_ai.response.finish_reasons": [finishReason],
      // an estimate is no measurement
      ...(tokenUsage &&
        !tokenUsage.estimated && {
          "gen_ai.usage.input_tokens": tokenUsage.input,
          "gen_ai.usage.output_tokens": tokenUsage.output,
        }),
    });
  }

  handleLLMError(error: unknown, runId: string): void {
    const { code, name } = error as { code?: string; name?: string };
    this.#end(runId, { "error.type": code ?? name ?? "_OTHER" });
  }

  /** Callbacks are silent after an abort, so its signal tells how the call ended. */
  #stopped(runId: string, cause: unknown): void {
    const reason: EndReason = cause instanceof Stopped ? cause.outcome.reason : "cancelled";
    const finish = { "gen_ai.response.finish_reasons": [reason] };
    this.#end(runId, reason === "timeout" ? { ...finish, "error.type": reason } : finish);
  }

  #end(runId: string, attributes: Attributes): void {
    const call = this.#calls.get(runId);
    if (!call) return;
    this.#calls.delete(runId);
    call.close();
    call.span.setAttributes(attributes);
    if ("error.type" in attributes) call.span.setStatus({ code: SpanStatusCode.ERROR });
    call.span.end();
  }
}

/** Of `provider:model`. */
function namesOf({ name }: Named): { provider: string; model: string } {
  const colon = name.indexOf(":");
  return colon < 0
    ? { provider: name, model: name }
    : { provider: name.slice(0, colon), model: name.slice(colon + 1) };
}
