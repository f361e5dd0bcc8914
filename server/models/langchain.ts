// A LangChain chat model as a model of ours. By its shape: nothing of LangChain is imported.
import { foreignStream } from "./foreign-stream.ts";
import { type LangChainChunk, langChainReader } from "./langchain-chunk.ts";
import type { ChatGenerationChunk, ChatMessage, ChatModel, ModelOptions } from "./model.ts";

/** What every chat model of LangChain is, as far as we need it. */
export type LangChainModel = {
  stream(
    messages: [role: string, content: string][],
    options: { signal: AbortSignal },
  ): Promise<AsyncIterable<LangChainChunk>>;
  readonly model?: unknown;
  readonly modelName?: unknown;
  _llmType?(): string;
};

/** What LangChain does not tell about a model. */
export type LangChainOptions = {
  /**
   * Vouches that an answer is whole when this model's stream ends quietly, without a finish word. Then a connection
   * that was cut quietly is `stop` too, so set it only for models that never give a finish word: LangChain's fake
   * models, Cloudflare Workers AI, Perplexity, Cohere with `streamUsage: false`. Default: such an answer is
   * `interrupted`.
   */
  quietEnd?: "stop";
};

/**
 * Makes a model of a LangChain chat model. Its name is `langchain:` and the model's own.
 *
 * - LangChain tries again by itself, six times by default and with pauses that grow to a minute. Give the model
 *   `maxRetries: 0` and put `withRetry` around this one, or leave `withRetry` out; both together multiply.
 * - Usage is told with the finish word. LangChain's chunks add up, so the sums are told, except Anthropic's, whose last
 *   count of the output includes its first.
 * - What LangChain hides is hidden here: HTTP 200 with a page or with JSON, and a fault that OpenAI's Responses report
 *   in the stream, end like a cut connection, `interrupted`. `[DONE]` without a finish word is no marker.
 * - Some packages read the signal only when the next words come (Ollama, Mistral, Cohere). The answer ends at once all
 *   the same, their request a little later.
 * @throws UpstreamError while it streams: by the HTTP status, `upstream_unreachable` when there was no answer,
 * `upstream_cut` when the connection broke, `upstream_tool_call`, `upstream_error` for a finish word that we do not know
 */
export function fromLangChain(model: LangChainModel, options: LangChainOptions = {}): ChatModel {
  return {
    name: `langchain:${nameOf(model)}`,
    stream: (messages, { signal } = {}) => answer(model, messages, { ...options, ...(signal && { signal }) }),
  };
}

function nameOf(model: LangChainModel): string {
  const name = [model.model, model.modelName, model._llmType?.()].find(
    (each) => typeof each === "string" && each,
  );
  return typeof name === "string" ? name : "model";
}

async function* answer(
  model: LangChainModel,
  messages: readonly ChatMessage[],
  { signal, quietEnd }: LangChainOptions & ModelOptions,
): AsyncGenerator<ChatGenerationChunk> {
  const prompt = messages.map(({ role, content }): [string, string] => [role, content]);
  const open = async (stopped: AbortSignal) =>
    (await model.stream(prompt, { signal: stopped }))[Symbol.asyncIterator]();
  const reader = langChainReader();
  for await (const chunk of foreignStream(open, signal)) yield* reader.read(chunk);
  if (quietEnd && !signal?.aborted) yield* reader.end(quietEnd);
}
