// A stream whose beginning has to be found. Once it has begun, its words pass through nothing more.
import type { ChatGenerationChunk } from "./model.ts";

type Step = IteratorResult<ChatGenerationChunk, unknown>;

/** A stream that has begun: its first step, and where the others come from. */
export type Begun = { readonly first: Step; readonly rest: AsyncIterator<ChatGenerationChunk> };

/** @param begin is called at most once: when the first step is asked for, and never when nobody reads any more */
export function beginningWith(begin: () => Promise<Begun>): AsyncIterableIterator<ChatGenerationChunk> {
  let rest: AsyncIterator<ChatGenerationChunk> | undefined;
  let beginning: Promise<Step> | undefined;
  let isOver = false;
  const first = async (): Promise<Step> => {
    const begun = await begin();
    rest = begun.rest;
    if (isOver) await rest.return?.(); // its reader has left in the meantime
    return begun.first;
  };
  const next = (): Promise<Step> => {
    if (rest) return rest.next();
    if (beginning) return beginning.then(next, () => over); // as a generator takes it: one after the other
    return isOver ? Promise.resolve(over) : (beginning = first());
  };
  return {
    next,
    return: async () => {
      isOver = true;
      await rest?.return?.();
      return over;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const over: Step = { done: true, value: undefined };
