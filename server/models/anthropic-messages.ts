// What the events of Anthropic's Messages stream mean. https://docs.claude.com/en/docs/build-with-claude/streaming
import type { Usage } from "../../shared/protocol.ts";
import { type EventReader, isCount, parseObject } from "./event-reading.ts";
import { verdictOn } from "./finish.ts";
import { type ChatGenerationChunk, type FinishReason, UpstreamError } from "./model.ts";
import type { ServerSentEvent } from "./sse.ts";

type Report = {
  input_tokens?: unknown;
  cache_creation_input_tokens?: unknown;
  cache_read_input_tokens?: unknown;
  output_tokens?: unknown;
};
type Piece = { type?: unknown; text?: unknown; thinking?: unknown };
type Payload = {
  type?: unknown;
  message?: { usage?: Report | null } | null;
  delta?: (Piece & { stop_reason?: unknown }) | null;
  content_block?: Piece | null;
  usage?: Report | null;
  error?: { type?: unknown } | null;
};

/** The answer is whole at `message_stop`, and not before, whatever was said about its stop reason. */
export class AnthropicReader implements EventReader {
  isDone = false;
  fault: UpstreamError | undefined;
  #hasBegun = false;
  #hasText = false;
  #wantsTool = false;
  #report: Report = {};
  #finish: FinishReason | undefined;

  read({ data }: ServerSentEvent): ChatGenerationChunk | undefined {
    const payload = parseObject<Payload>(data);
    if (payload) return this.#meaning(payload);
    this.isDone = true; // cut on its way
    return undefined;
  }

  #meaning({ type, message, delta, content_block, usage, error }: Payload): ChatGenerationChunk | undefined {
    switch (type) {
      case "content_block_start":
        this.#wantsTool ||= content_block?.type === "tool_use";
        return this.#words(content_block);
      case "content_block_delta":
        return this.#words(delta);
      case "message_start":
        return this.#begin(message?.usage);
      case "message_delta":
        return this.#ending(delta?.stop_reason, usage);
      case "message_stop":
        this.isDone = true;
        return this.#finish && { text: "", finish: this.#finish };
      case "error":
        throw faultOf(error?.type);
    }
    return undefined;
  }

  #words(piece: Piece | null | undefined): ChatGenerationChunk | undefined {
    const words = wordsOf(piece ?? {});
    this.#hasText ||= Boolean(words?.text);
    return words;
  }

  /** A second one is a retry that a proxy has spliced in; starting over on screen would be worse than a fault. */
  #begin(usage: Report | null | undefined): undefined {
    if (this.#hasBegun) throw new UpstreamError("upstream_error");
    this.#hasBegun = true;
    this.#report = { ...usage, output_tokens: undefined }; // of an answer that has hardly begun
  }

  #ending(stopReason: unknown, usage: Report | null | undefined): ChatGenerationChunk | undefined {
    if (typeof stopReason === "string") {
      const { finish, fault } = verdictOn(stopReason, this.#wantsTool && !this.#hasText);
      this.#finish = finish;
      this.fault = fault;
    }
    const counts = Object.entries(usage ?? {}).filter(([, count]) => isCount(count));
    this.#report = { ...this.#report, ...Object.fromEntries(counts) }; // they are of the whole answer so far
    const reported = usageOf(this.#report);
    return reported && { text: "", usage: reported };
  }
}

/** What a block begins with or goes on with. A signature or a tool's input is no word. */
function wordsOf({ type, text, thinking }: Piece): ChatGenerationChunk | undefined {
  if ((type === "text_delta" || type === "text") && typeof text === "string" && text) return { text };
  if ((type === "thinking_delta" || type === "thinking") && typeof thinking === "string" && thinking)
    return { text: "", reasoning: thinking };
  return undefined;
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
