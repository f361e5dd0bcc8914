// A model that tries again: on passing faults, before the first word has come, and never after it.
import { setTimeout as wait } from "node:timers/promises";
import { beginningWith, type Begun } from "./begun.ts";
import { type ChatGenerationChunk, type ChatModel, type ModelOptions, UpstreamError } from "./model.ts";

/** Tries after the first one. */
const retries = 2;
/** The first pause; the next is twice as long. Milliseconds. */
const pauseMs = 500;
/** A provider that asks for a longer pause than this gets none: the run fails and says when to come back. */
const longestPauseMs = 20_000;

/**
 * The same model, which survives 429, 5xx and refused connections where a short wait helps: two more tries, after about
 * half a second and a second, or when the provider asks for it within 20 s. Never after the first word.
 */
export function withRetry(model: ChatModel): ChatModel {
  const { name, callbacks = [] } = model;
  const stream: ChatModel["stream"] = (messages, options = {}) =>
    beginningWith(() => begin(() => model.stream(messages, options), options));
  return { name, callbacks, stream };
}

async function begin(ask: () => AsyncIterable<ChatGenerationChunk>, options: ModelOptions): Promise<Begun> {
  for (let attempt = 0; ; attempt++) {
    const rest = ask()[Symbol.asyncIterator]();
    try {
      return { first: await rest.next(), rest };
    } catch (error) {
      const pause = attempt === retries ? undefined : pauseBefore(error, attempt);
      if (pause === undefined) throw error;
      await wait(pause, undefined, options);
    }
  }
}

/** How long to wait before the next try, or undefined when there should be none. */
export function pauseBefore(error: unknown, attempt: number): number | undefined {
  if (!(error instanceof UpstreamError) || !error.isPassing) return undefined;
  if (error.retryAfterMs !== undefined)
    return error.retryAfterMs <= longestPauseMs ? error.retryAfterMs : undefined;
  return pauseMs * 2 ** attempt * (0.75 + Math.random() / 2);
}
