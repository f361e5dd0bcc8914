// What may be told about a call while it happens, under the method names that users of LangChain know.
import type { Usage } from "../../shared/protocol.ts";
import type { ChatGenerationChunk, ChatMessage } from "./message.ts";

/** What a model made of one prompt. */
export type LLMResult = {
  generations: { text: string }[][];
  llmOutput: { finishReason: string; tokenUsage?: Usage };
};

/** The thing that is called: a chain's class, or a model as `provider:name`. */
export type Named = { readonly name: string };

/** Aborted when the call ends early for any reason; its `reason` is a `Stopped` that says which. */
export type CallExtras = { readonly signal: AbortSignal };

/**
 * All methods are optional; each hears of what happens while it happens. Nobody waits for what they return, what they
 * throw or reject with is dropped, and none is called after the call was aborted. `runId` names one call of a chain or
 * of a model, `parentRunId` the chain's call around a model's.
 */
export type CallbackHandler = {
  name?: string;
  handleChainStart?(chain: Named, inputs: Readonly<Record<string, unknown>>, runId: string): unknown;
  handleChainEnd?(outputs: Readonly<Record<string, unknown>>, runId: string): unknown;
  handleChainError?(error: unknown, runId: string): unknown;
  /** Called instead of `handleLLMStart` where there is one: with messages, not with their text. */
  handleChatModelStart?(
    llm: Named,
    messages: ChatMessage[][],
    runId: string,
    parentRunId: string,
    extras: CallExtras,
  ): unknown;
  handleLLMStart?(
    llm: Named,
    prompts: string[],
    runId: string,
    parentRunId: string,
    extras: CallExtras,
  ): unknown;
  /** `token` is a piece of the answer as it came; it is empty when the chunk holds only reasoning. */
  handleLLMNewToken?(
    token: string,
    index: { prompt: number; completion: number },
    runId: string,
    parentRunId: string,
    tags: undefined,
    fields: { chunk: ChatGenerationChunk },
  ): unknown;
  /** The answer has ended by `finishReason`: `stop`, `length`, `limit` or `content_filter`. */
  handleLLMEnd?(output: LLMResult, runId: string, parentRunId: string): unknown;
  /** The answer failed: a `ChainError`, or what was thrown where that is no fault of the provider. */
  handleLLMError?(error: unknown, runId: string, parentRunId: string): unknown;
};
