// What the events of Anthropic's Messages stream mean. https://docs.claude.com/en/docs/build-with-claude/streaming
import type { Usage } from "../../shared/protocol.ts";
import { type EventReader, parseObject } from "./event-reading.ts";
import { finishOf } from "./finish.ts";
import { type ChatGenerationChunk, type FinishReason, UpstreamError } from "./model.ts";
import type { ServerSentEvent } from "./sse.ts";

type Report = {
  input_tokens?: unknown;
  cache_creation_input_tokens?: unknown;
  cache_read_input_tokens?: unknown;
  output_tokens?: unknown;
};
type Payload = {
  type?: unknown;
  message?: { usage?: Report | null } | null;
  delta?: { type?: unknown; text?: unknown; thinking?: unknown; stop_reason?: unknown } | null;
  usage?: Report | null;
  error?: { type?: unknown } | null;
};

/** The answer is whole at `message_stop`, and not before, whatever was said about its stop reason. */
export class AnthropicReader implements EventReader {
  isDone = false;
  #hasBegun = false;
  #report: Report = {};
  #finish: FinishReason | undefined;

  *read({ data }: ServerSentEvent): Generator<ChatGenerationChunk, void> {
    if (this.isDone) return;
    const payload = parseObject<Payload>(data);
    if (payload) yield* this.#meaning(payload);
    else this.isDone = true; // cut on its way
  }

  *#meaning({ type, message, delta, usage, error }: Payload): Generator<ChatGenerationChunk, void> {
    switch (type) {
      case "message_start":
        return this.#begin(message?.usage);
      case "content_block_delta":
        return yield* wordsOf(delta);
      case "message_delta":
        return yield* this.#ending(delta?.stop_reason, usage);
      case "message_stop":
        this.isDone = true;
        if (this.#finish) yield { text: "", finish: this.#finish };
        return;
      case "error":
        throw faultOf(error?.type);
    }
  }

  /** A second one is a retry that a proxy has spliced in; starting over on screen would be worse than a fault. */
  #begin(usage: Report | null | undefined): void {
    if (this.#hasBegun) throw new UpstreamError("upstream_error");
    this.#hasBegun = true;
    this.#report = { ...usage };
  }

  *#ending(stopReason: unknown, usage: Report | null | undefined): Generator<ChatGenerationChunk, void> {
    const counts = Object.entries(usage ?? {}).filter(([, count]) => isCount(count));
    this.#report = { ...this.#report, ...Object.fromEntries(counts) }; // they are of the whole answer so far
    const reported = usageOf(this.#report);
    if (reported) yield { text: "", usage: reported };
    if (typeof stopReason === "string") this.#finish = finishOf(stopReason);
  }
}

/** A signature or a tool's input is no word. */
function* wordsOf(delta: Payload["delta"]): Generator<ChatGenerationChunk, void> {
  const { type, text, thinking } = delta ?? {};
  if (type === "text_delta" && typeof text === "string" && text) yield { text };
  if (type === "thinking_delta" && typeof thinking === "string" && thinking)
    yield { text: "", reasoning: thinking };
}

function faultOf(type: unknown): UpstreamError {
  if (type === "overloaded_error") return new UpstreamError("upstream_overloaded", { isPassing: true });
  if (type === "rate_limit_error") return new UpstreamError("upstream_rate_limited", { isPassing: true });
  return new UpstreamError("upstream_error");
}

/** What was read from the provider's cache, or written to it, was shown to the model too. */
function usageOf(report: Report): Usage | undefined {
  const { input_tokens: fresh, cache_creation_input_tokens: written, cache_read_input_tokens: read } = report;
  if (!isCount(fresh) || !isCount(report.output_tokens)) return undefined;
  const cached = [written, read].filter(isCount).reduce((sum, count) => sum + count, 0);
  return { input: fresh + cached, output: report.output_tokens };
}

const isCount = (value: unknown): value is number => Number.isInteger(value);
