// A model with others behind it: when one fails before its first word, the next one is asked, and after it never.
import { beginningWith, type Begun } from "./begun.ts";
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
  /** Hears which model is given up for the next one, and why. What it throws is dropped. */
  onFallback?: (model: string, error: unknown) => void;
};

type Models = readonly [ChatModel, ...ChatModel[]];

/**
 * Asks the models in their order. One that fails, hangs up or stays silent before its first word is followed by the
 * next; what the last one does is what happened. A filtered question is an answer, and no failure; a missing key or
 * package is one, and so is whatever else a model throws.
 */
export function withFallbacks(
  models: Models,
  { patienceMs = 20_000, onFallback = () => {} }: FallbackOptions = {},
): ChatModel {
  return {
    name: models.map(({ name }) => name).join(","),
    callbacks: [...new Set(models.flatMap(({ callbacks = [] }) => callbacks))],
    stream: (messages, options) =>
      beginningWith(() => begin(models, { messages, patienceMs, onFallback, ...options })),
  };
}

/** A longer one would be over at once. Milliseconds. */
const longestTimer = 2 ** 31 - 1;

type Asked = ModelOptions & Required<FallbackOptions> & { readonly messages: readonly ChatMessage[] };

async function begin([model, next, ...others]: Models, asked: Asked): Promise<Begun> {
  if (!next) return attempt(model, { ...asked, patienceMs: 0 });
  const begun = await attempt(model, asked).catch((error: unknown) => {
    if (asked.signal?.aborted || !isFailure(error)) throw error;
    tell(asked, model, error);
    return undefined;
  });
  if (begun && (!begun.first.done || asked.signal?.aborted)) return begun;
  if (begun) tell(asked, model, new UpstreamError("upstream_cut"));
  return begin([next, ...others], asked);
}

function tell({ onFallback }: Asked, { name }: ChatModel, error: unknown): void {
  try {
    onFallback(name, error);
  } catch {
    // its fault is its own
  }
}

/** A model's answer up to its first word, for which it may take no longer than there is patience. */
async function attempt(model: ChatModel, { messages, signal, joined, patienceMs }: Asked): Promise<Begun> {
  const impatience = new AbortController();
  const either = signal ? AbortSignal.any([signal, impatience.signal]) : impatience.signal;
  const rest = model.stream(messages, { signal: either, joined })[Symbol.asyncIterator]();
  const tooLate = Promise.withResolvers<never>();
  const giveUp = (): void => {
    tooLate.reject(new UpstreamError("first_token_timeout")); // not all models heed a signal
    impatience.abort();
  };
  const timer = patienceMs > 0 ? setTimeout(giveUp, Math.min(patienceMs, longestTimer)) : undefined;
  try {
    return { first: await Promise.race([firstWord(rest), tooLate.promise]), rest };
  } finally {
    clearTimeout(timer);
  }
}

const isFailure = (error: unknown): boolean =>
  !(error instanceof UpstreamError) || error.code !== "upstream_filtered";

/** The first step that shows something: usage alone does not. */
async function firstWord(
  words: AsyncIterator<ChatGenerationChunk>,
): Promise<IteratorResult<ChatGenerationChunk, unknown>> {
  for (;;) {
    const step: IteratorResult<ChatGenerationChunk, unknown> = await words.next();
    if (step.done || step.value.text || step.value.reasoning || step.value.finish) return step;
  }
}
