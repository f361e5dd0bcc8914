// The record of one call: what was said so far, how it ended, and who is told.
import type { EndReason, Failure } from "../../shared/protocol.ts";
import { type ChatGenerationChunk, type ChatMessage, UpstreamError } from "../models/model.ts";
import type { Callbacks } from "./callbacks.ts";
import { createText } from "./text.ts";

/** There is no whole answer. `cause` is the exception behind it, where there was one. */
export class ChainError extends Error {
  override name = "ChainError";
  /** One of the codes in `failures`. */
  readonly code: string;
  /** The words that came before it. */
  readonly text: string;
  /** What the provider asked to wait, where it did. Milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor({ code, message, retryAfterMs }: Failure, text: string, { cause }: { cause?: unknown } = {}) {
    // a mistake of whoever calls is told in its own words; what providers say is not
    super(code === "internal" && cause instanceof Error ? cause.message : message, { cause });
    this.code = code;
    this.text = text;
    this.retryAfterMs = retryAfterMs;
  }
}

export type CallRecord = ReturnType<typeof createRecord>;

const thrownReasons: ReadonlySet<EndReason> = new Set(["error", "timeout", "interrupted"]);

export function createRecord(callbacks: Callbacks, outputKey: string) {
  const text = createText();
  let finish: EndReason = "cancelled"; // until the last chunk says otherwise
  let error: ChainError | undefined;
  let cause: unknown;

  function ended({ usage, error: failure }: ChatGenerationChunk): void {
    if (thrownReasons.has(finish)) {
      error = new ChainError(failure ?? { code: "internal", message: "" }, String(text), { cause });
      return callbacks.fail(cause === undefined || cause instanceof UpstreamError ? error : cause);
    }
    const llmOutput = { finishReason: finish, ...(usage && { tokenUsage: usage }) };
    callbacks.end({ generations: [[{ text: String(text) }]], llmOutput }, { [outputKey]: String(text) });
  }

  return {
    get text() {
      return String(text);
    },
    /** Why the call fails, once that is known. */
    get error() {
      return error;
    },
    add(chunk: ChatGenerationChunk): void {
      text.add(chunk.text);
      if (chunk.text || chunk.reasoning) callbacks.word(chunk);
      if (!chunk.finish) return;
      finish = chunk.finish;
      ended(chunk);
    },
    fault: (fault: unknown) => void (cause = fault),
    /** What the memory keeps: nothing of a filtered answer or an empty one, and a mark on one that was cut off. */
    response(): { response?: ChatMessage } {
      const content = String(text);
      if (finish === "content_filter" || content === "") return {};
      return { response: { role: "assistant", content, ...(finish !== "stop" && { cut: finish }) } };
    },
  };
}
