// A stream whose beginning has to be found. Once it has begun, its words pass through nothing more.
import type { ChatGenerationChunk } from "./model.ts";

type Step = IteratorResult<ChatGenerationChunk, unknown>;

/** A stream that has begun: its first step, and where the others come from. */
export type Begun = { readonly first: Step; readonly rest: AsyncIterator<ChatGenerationChunk> };

/** @param begin is called once, when the first step is asked for */
export function beginningWith(begin: () => Promise<Begun>): AsyncIterableIterator<ChatGenerationChunk> {
  let rest: AsyncIterator<ChatGenerationChunk> | undefined;
  const first = async (): Promise<Step> => {
    const begun = await begin();
    rest = begun.rest;
    return begun.first;
  };
  return {
    next: () => rest?.next() ?? first(),
    return: async () => {
      await rest?.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
