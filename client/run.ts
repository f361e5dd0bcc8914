// A run as its asker sees it: the words as they come, how it ended, and a way to stop it.
import type { Answer } from "../shared/transcript.ts";
import type { Effect, Refusal, State } from "./state.ts";
import { isCaughtUp } from "./view.ts";
import { createWords } from "./words.ts";

/** How something is stopped. */
export type CancelOptions = {
  /** False: what it wrote into a document is taken back. Default true. */
  readonly keep?: boolean;
};

/** Whatever else a click hands over is no wish. */
export const keepOf = ({ keep }: CancelOptions = {}): CancelOptions => (keep === false ? { keep } : {});

/**
 * What comes of one `say`. `for await (const words of run)` gives the answer's words as they come, from its beginning to its
 * end, as often as it is looped over. Leaving a loop stops nothing: others may be reading.
 */
export type Run = AsyncIterable<string> & {
  /** The id of the message that it answers. */
  readonly id: string;
  /** Stops it: in the queue, before its first word or in the middle, and also when the network is away just now. */
  readonly cancel: (how?: CancelOptions) => void;
  /**
   * The whole answer, when it has ended; its `reason` is `stop` only when the model finished and said so. Rejects with a
   * `TalkError` when the message was refused; a loop throws it too.
   */
  readonly outcome: Promise<Answer>;
};

/** Why a message was not said, or its answer will not be seen. */
export class TalkError extends Error {
  override readonly name = "TalkError";
  /**
   * One of the protocol's (`too_large`, `busy`, ...), or `not_sent`, `too_many_unsent`, `gone`, `closed`. After the
   * last two it may have been said, or be said when one comes back.
   */
  readonly code: string;
  /** How long the server asked to wait. Milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor({ code, message, retryAfterMs }: Refusal) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** One who waits for what comes of a message. */
type Waiting = {
  /** True = that was the last. */
  readonly look: (known: Known) => boolean;
  readonly refuse: (error: TalkError) => void;
  /** Its message has been in the transcript. */
  isSeen: boolean;
};

/** What is known of a message. */
type Known = { readonly isUnsent: boolean; readonly isThere: boolean; readonly answer: Answer | undefined };

export type Pending = {
  readonly run: (id: string, cancel: (how: CancelOptions) => void) => Run;
  readonly note: (id: string) => Promise<void>;
  /** Tells those who wait what has changed for them. */
  readonly follow: (state: State, done: readonly Effect[]) => void;
};

export function createPending(): Pending {
  const all = new Map<string, Waiting>();

  function follow(state: State, done: readonly Effect[]): void {
    for (const effect of done) if (effect.type === "refuse") refuse(effect.id, effect.refusal);
    const unsent = new Set(state.says.map(({ id }) => id));
    for (const [id, waiting] of all) {
      const known = knownOf(state, id, unsent.has(id));
      waiting.isSeen ||= known.isThere;
      const why = endOf(state, known, waiting);
      if (waiting.look(known)) all.delete(id);
      else if (why) refuse(id, why);
    }
  }

  function refuse(id: string, refusal: Refusal): void {
    all.get(id)?.refuse(new TalkError(refusal));
    all.delete(id);
  }

  return {
    run: (id, cancel) => {
      const { run, waiting } = openRun(id, (how) => (all.has(id) ? cancel(how) : undefined));
      all.set(id, waiting);
      return run;
    },
    note: (id) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      promise.catch(() => {}); // nobody has to look at it
      const look = ({ isUnsent }: Known): boolean => !isUnsent && (resolve(), true);
      all.set(id, { look, refuse: reject, isSeen: false });
      return promise;
    },
    follow,
  };
}

const gone: Refusal = { code: "gone", message: "It left the conversation before its answer was seen." };

/** Many may be unsent, and are not looked for; the others and their answers are among the last things said. */
function knownOf({ reading }: State, id: string, isUnsent: boolean): Known {
  const items = isUnsent ? [] : reading.transcript.items;
  return {
    isUnsent,
    isThere: items.findLast((item) => item.type === "message" && item.id === id) !== undefined,
    answer: items.findLast((item): item is Answer => item.type === "answer" && item.message === id),
  };
}

/** Why no more will come of it, if so. What was never seen may still be on its way: `duplicate` comes before what it is about. */
function endOf(state: State, known: Known, { isSeen }: Waiting): Refusal | undefined {
  const { link, welcome } = state;
  if (link.name === "closed") return { code: "closed", message: "The talk was closed." };
  if (known.isUnsent || known.isThere || known.answer || !isCaughtUp(state)) return undefined;
  return isSeen || welcome?.resume === "reset" ? gone : undefined;
}

function openRun(id: string, cancel: (how: CancelOptions) => void): { run: Run; waiting: Waiting } {
  const words = createWords();
  const outcome = Promise.withResolvers<Answer>();
  outcome.promise.catch(() => {}); // nobody has to look at it
  let known: Answer | undefined;
  const waiting: Waiting = {
    isSeen: false,
    look: ({ answer }) => {
      if (!answer || answer === known) return false;
      known = answer;
      words.show(answer);
      if (answer.reason) outcome.resolve(answer);
      return answer.reason !== undefined;
    },
    refuse: (error) => {
      words.fail(error);
      outcome.reject(error);
    },
  };
  const run: Run = {
    id,
    cancel: (how) => cancel(keepOf(how)),
    outcome: outcome.promise,
    [Symbol.asyncIterator]: words[Symbol.asyncIterator],
  };
  return { run, waiting };
}
