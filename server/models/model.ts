// The port to the thing that streams words. Everything above it speaks these types and no provider's.
import type { FailureCode } from "../../shared/limits.ts";
import type { CallbackHandler } from "./callback-handler.ts";
import type { ChatGenerationChunk, ChatMessage } from "./message.ts";

export type { ChatGenerationChunk, ChatMessage, FinishReason } from "./message.ts";

/** What one call of a model is told besides the messages. */
export type ModelOptions = {
  /** Stops the stream at any moment: before the request, between headers and first word, mid-stream. */
  readonly signal?: AbortSignal | undefined;
  /** Words that have come together may be one chunk, which costs less. Default false: each of the model's pieces is one. */
  readonly joined?: boolean | undefined;
};

/** The port to the thing that streams words: whatever implements it can be the `llm` of a chain. */
export interface ChatModel {
  /** `provider:name`, as it is shown to people. */
  readonly name: string;
  /** They hear of every call that a chain makes of this model. */
  readonly callbacks?: readonly CallbackHandler[];
  /**
   * Streams an answer. Ends without a `finish` when the upstream did.
   * @throws UpstreamError when the upstream says so, or cannot be reached
   */
  stream(messages: readonly ChatMessage[], options?: ModelOptions): AsyncIterable<ChatGenerationChunk>;
}

/** What went wrong upstream, by a code of ours: a provider's own text may carry keys, names and prompts. */
export class UpstreamError extends Error {
  override name = "UpstreamError";
  /** One of the codes in `failures`. */
  readonly code: FailureCode;
  /** The HTTP status, where there was one. */
  readonly status: number | undefined;
  /** True when the same request may succeed later. */
  readonly isPassing: boolean;
  /** What the provider asked to wait, where it did. Milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: FailureCode,
    facts: { status?: number; isPassing?: boolean; retryAfterMs?: number } = {},
  ) {
    super(code);
    this.code = code;
    this.status = facts.status;
    this.isPassing = facts.isPassing ?? false;
    this.retryAfterMs = facts.retryAfterMs;
  }
}
