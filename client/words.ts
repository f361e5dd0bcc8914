// The words of an answer that is still growing, for whoever reads at a pace of his own: a reader is a position in the text.
import type { Answer } from "../shared/transcript.ts";

export type Words = AsyncIterable<string> & {
  /** There is more of it, or it has ended. */
  readonly show: (answer: Pick<Answer, "text" | "reason">) => void;
  /** There will be no more: every reader throws this where the words end. */
  readonly fail: (error: Error) => void;
};

export function createWords(): Words {
  let text = "";
  let ending: { error?: Error } | undefined;
  let changed = Promise.withResolvers<void>();

  function change(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  async function* words(): AsyncGenerator<string> {
    for (let position = 0; ;) {
      if (position < text.length) {
        const more = text.slice(position);
        position = text.length;
        yield more;
      } else if (ending?.error) throw ending.error;
      else if (ending) return;
      else await changed.promise;
    }
  }

  return {
    [Symbol.asyncIterator]: words,
    show: (answer) => {
      text = answer.text;
      if (answer.reason) ending = {};
      change();
    },
    fail: (error) => {
      ending = { error };
      change();
    },
  };
}
