// The record of one call: what was said so far, how it ended, and who is told.
import type { EndReason, Failure } from "../../shared/protocol.ts";
import type { ChatGenerationChunk, ChatMessage } from "../models/model.ts";
import type { Callbacks } from "./callbacks.ts";

/** There is no whole answer. `cause` is the exception behind it, where there was one. */
export class ChainError extends Error {
  override name = "ChainError";
  /** One of the codes in `failures`. */
  readonly code: string;
  /** The words that came before it. */
  readonly text: string;
  /** What the provider asked to wait, where it did. Milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor({ code, message, retryAfterMs }: Failure, text: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.text = text;
    this.retryAfterMs = retryAfterMs;
  }
}

export type CallRecord = ReturnType<typeof createRecord>;

const thrownReasons: ReadonlySet<EndReason> = new Set(["error", "timeout", "interrupted"]);

export function createRecord(callbacks: Callbacks, outputKey: string) {
  let text = "";
  let finish: EndReason = "cancelled"; // until the last chunk says otherwise
  let error: ChainError | undefined;
  let cause: unknown;

  function ended({ usage, error: failure }: ChatGenerationChunk): void {
    if (thrownReasons.has(finish)) {
      error = new ChainError(failure ?? { code: "internal", message: "" }, text, { cause });
      return callbacks.fail(cause ?? error);
    }
    const llmOutput = { finishReason: finish, ...(usage && { tokenUsage: usage }) };
    callbacks.end({ generations: [[{ text }]], llmOutput }, { [outputKey]: text });
  }

  return {
    /** Why the call fails, once that is known. */
    get error() {
      return error;
    },
    add(chunk: ChatGenerationChunk): void {
      text += chunk.text;
      if (chunk.text || chunk.reasoning) callbacks.word(chunk);
      if (!chunk.finish) return;
      finish = chunk.finish;
      ended(chunk);
    },
    fault: (fault: unknown) => void (cause = fault),
    /** What the memory keeps: nothing of a filtered answer or an empty one, and a mark on one that was cut off. */
    response(): { response?: ChatMessage } {
      if (finish === "content_filter" || text === "") return {};
      return { response: { role: "assistant", content: text, ...(finish !== "stop" && { cut: finish }) } };
    },
  };
}
