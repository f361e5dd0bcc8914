// The record of one call: what was said so far, how it ended, and who is told.
import type { EndReason, Failure } from "../../shared/protocol.ts";
import type { ChatGenerationChunk, ChatMessage } from "../models/model.ts";
import type { Callbacks } from "./callbacks.ts";

/** There is no whole answer. */
export class ChainError extends Error {
  override name = "ChainError";
  /** One of the codes in `failures`. */
  readonly code: string;
  /** The words that came before it. */
  readonly text: string;
  readonly retryAfterMs: number | undefined;

  constructor({ code, message, retryAfterMs }: Failure, text: string) {
    super(message);
    this.code = code;
    this.text = text;
    this.retryAfterMs = retryAfterMs;
  }
}

export type Record = ReturnType<typeof createRecord>;

const wholeReasons: ReadonlySet<EndReason> = new Set(["stop"]);
const thrownReasons: ReadonlySet<EndReason> = new Set(["error", "timeout", "interrupted"]);

export function createRecord(id: string, notify: Callbacks, outputKey: string) {
  let text = "";
  let finish: EndReason = "cancelled"; // until the last chunk says otherwise
  let error: Failure | undefined;
  let cause: unknown;

  function ended(chunk: ChatGenerationChunk): void {
    if (thrownReasons.has(finish)) error = chunk.error ?? { code: "internal", message: "" };
    if (error) {
      notify("handleLLMError", cause ?? new ChainError(error, text), id);
      notify("handleChainError", cause ?? new ChainError(error, text), id);
      return;
    }
    const llmOutput = { finishReason: finish, ...(chunk.usage && { tokenUsage: chunk.usage }) };
    notify("handleLLMEnd", { generations: [[{ text }]], llmOutput }, id);
    notify("handleChainEnd", { [outputKey]: text }, id);
  }

  return {
    id,
    get text() {
      return text;
    },
    get error() {
      return error;
    },
    add(chunk: ChatGenerationChunk): void {
      text += chunk.text;
      if (chunk.text) notify("handleLLMNewToken", chunk.text, { prompt: 0, completion: 0 }, id);
      if (!chunk.finish) return;
      finish = chunk.finish;
      ended(chunk);
    },
    fault: (fault: unknown) => void (cause = fault),
    /** What the memory keeps: nothing of a filtered answer or an empty one, and a mark on one that was cut off. */
    response(): { response?: ChatMessage } {
      if (finish === "content_filter" || text === "") return {};
      return {
        response: { role: "assistant", content: text, ...(!wholeReasons.has(finish) && { cut: finish }) },
      };
    },
  };
}
