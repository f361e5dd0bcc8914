// A run as its asker sees it: the words as they come, how it ended, and a way to stop it.
import type { Answer } from "../shared/transcript.ts";
import { removed } from "./outbox.ts";
import type { Effect, Refusal, State } from "./state.ts";
import { isCaughtUp } from "./view.ts";
import { createWords } from "./words.ts";

/**
 * What comes of one `say`. `for await (const words of run)` gives the answer's words as they come, from its beginning to its
 * end, as often as it is looped over. Leaving a loop stops nothing: others may be reading.
 */
export type Run = AsyncIterable<string> & {
  /** The id of the message that it answers. */
  readonly id: string;
  /** Stops it: in the queue, before its first word or in the middle, and also when the network is away just now. */
  readonly cancel: () => void;
  /**
   * The whole answer, when it has ended; its `reason` is `stop` only when the model finished and said so. Rejects with a
   * `TalkError` when the message was refused; a loop throws it too.
   */
  readonly outcome: Promise<Answer>;
};

/** Why a message was not said, or its answer will not be seen. */
export class TalkError extends Error {
  override readonly name = "TalkError";
  /** One of the protocol's (`too_large`, `busy`, ...), or `not_sent`, `too_many_unsent`, `gone`. */
  readonly code: string;
  /** How long the server asked to wait. Milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor({ code, message, retryAfterMs }: Refusal) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** One who waits for what comes of a message. True = that was the last. */
type Waiting = {
  readonly look: (state: State, answer: Answer | undefined) => boolean;
  readonly refuse: (error: TalkError) => void;
};

export type Pending = {
  readonly run: (id: string, cancel: () => void) => Run;
  readonly note: (id: string) => Promise<void>;
  /** Tells those who wait what has changed for them. */
  readonly follow: (state: State, done: readonly Effect[]) => void;
};

export function createPending(): Pending {
  const all = new Map<string, Waiting>();

  function follow(state: State, done: readonly Effect[]): void {
    for (const effect of done) if (effect.type === "refuse") refuse(effect.id, effect.refusal);
    for (const [id, waiting] of all) {
      const answer = answerTo(state, id);
      if (waiting.look(state, answer)) all.delete(id);
      else if (!answer && isGone(state, id)) refuse(id, gone);
    }
  }

  function refuse(id: string, refusal: Refusal): void {
    all.get(id)?.refuse(new TalkError(refusal));
    all.delete(id);
  }

  return {
    run: (id, cancel) => {
      const { run, waiting } = openRun(id, () => (all.has(id) ? cancel() : undefined));
      all.set(id, waiting);
      return run;
    },
    note: (id) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = (state: State): boolean => !isUnsent(state, id) && (resolve(), true);
      all.set(id, { look, refuse: reject });
      return promise;
    },
    follow,
  };
}

const gone: Refusal = { code: "gone", message: "It has left the conversation before its answer was seen." };

const answerTo = ({ reading }: State, id: string): Answer | undefined =>
  reading.transcript.items.findLast((item): item is Answer => item.type === "answer" && item.message === id);

const isUnsent = ({ outbox }: State, id: string): boolean => removed(outbox, id) !== outbox;

const isGone = (state: State, id: string): boolean =>
  isCaughtUp(state) &&
  !isUnsent(state, id) &&
  !state.reading.transcript.items.some((item) => "id" in item && item.id === id);

function openRun(id: string, cancel: () => void): { run: Run; waiting: Waiting } {
  const words = createWords();
  const outcome = Promise.withResolvers<Answer>();
  outcome.promise.catch(() => {}); // nobody has to look at it
  let known: Answer | undefined;
  const waiting: Waiting = {
    look: (_, answer) => {
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
    cancel,
    outcome: outcome.promise,
    [Symbol.asyncIterator]: words[Symbol.asyncIterator],
  };
  return { run, waiting };
}
