// A model with others behind it: when one fails before its first word, the next one is asked, and after it never.
import {
  type ChatGenerationChunk,
  type ChatMessage,
  type ChatModel,
  type ModelOptions,
  UpstreamError,
} from "./model.ts";

/** When the next model is asked. */
export type FallbackOptions = {
  /** A model that has said nothing for so long is given up for the next one. Milliseconds; 0 = never. Default 20,000. */
  patienceMs?: number;
};

/**
 * Asks the models in their order. One that fails, hangs up or stays silent before its first word is followed by the
 * next; what the last one does is what happened. A filtered question is an answer, and no failure.
 */
export function withFallbacks(
  models: readonly [ChatModel, ...ChatModel[]],
  { patienceMs = 20_000 }: FallbackOptions = {},
): ChatModel {
  return {
    name: models.map(({ name }) => name).join(","),
    callbacks: [...new Set(models.flatMap(({ callbacks = [] }) => callbacks))],
    stream: (messages, options) => stream(models, { messages, patienceMs, ...options }),
  };
}

type Asked = ModelOptions & { readonly messages: readonly ChatMessage[]; readonly patienceMs: number };

async function* stream(
  models: readonly [ChatModel, ...ChatModel[]],
  asked: Asked,
): AsyncGenerator<ChatGenerationChunk> {
  const [model, next, ...others] = models;
  if (!next) {
    yield* model.stream(asked.messages, asked);
    return;
  }
  const attempt = begin(model, asked);
  let hasSpoken = false;
  try {
    for await (const chunk of attempt.chunks) {
      hasSpoken ||= Boolean(chunk.text || chunk.reasoning || chunk.finish);
      if (hasSpoken) attempt.succeed();
      yield chunk;
    }
  } catch (error) {
    if (hasSpoken || asked.signal?.aborted || !(attempt.isGivenUp() || isFailure(error))) throw error;
  } finally {
    attempt.succeed();
  }
  if (!hasSpoken && !asked.signal?.aborted) yield* stream([next, ...others], asked);
}

/** A model's call that can be given up while it is silent. */
function begin(model: ChatModel, { messages, signal, patienceMs }: Asked) {
  const impatience = new AbortController();
  const timer = patienceMs > 0 ? setTimeout(() => impatience.abort(), patienceMs) : undefined;
  const either = signal ? AbortSignal.any([signal, impatience.signal]) : impatience.signal;
  return {
    chunks: model.stream(messages, { signal: either }),
    isGivenUp: () => impatience.signal.aborted,
    /** It has spoken, or is over: nobody is impatient any more. */
    succeed: () => clearTimeout(timer),
  };
}

const isFailure = (error: unknown): boolean =>
  error instanceof UpstreamError && error.code !== "upstream_filtered";
