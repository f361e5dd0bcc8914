// One answer, from a prompt to an outcome: words as they come, then exactly one last chunk that says how it ended.
import { failures, limits, type FailureCode } from "../../shared/limits.ts";
import type { EndReason, Failure, Usage } from "../../shared/protocol.ts";
import {
  type ChatMessage,
  type ChatModel,
  type ChatGenerationChunk,
  UpstreamError,
} from "../models/model.ts";
import { defaultWatchdogs, Halt, type Outcome, type Watchdogs } from "./halt.ts";
import { estimatePrompt, estimateTokens } from "./tokens.ts";
import { createJoiner } from "./well-formed.ts";

/** What ends an answer before its own end. */
export type GenerationOptions = {
  /** Stops the answer; the words so far stay. */
  readonly signal?: AbortSignal | undefined;
  /** See `ModelOptions.joined`. */
  readonly joined?: boolean | undefined;
  /** Default: `defaultWatchdogs`. */
  readonly watchdogs?: Watchdogs | undefined;
  /** A longer answer, reasoning included, ends with `limit`. UTF-16 code units. Default 67,108,864. */
  readonly answerChars?: number | undefined;
};

type Parts = GenerationOptions & {
  readonly llm: ChatModel;
  /** When it is this answer's time. Waiting for it is no fault of the model, so no watchdog counts it. */
  readonly begins?: Promise<void>;
  /** Makes what the model is shown. Its signal is aborted, with a `Stopped`, when the answer ends early. */
  readonly prompt: (stopped: AbortSignal) => Promise<readonly ChatMessage[]>;
  /** Hears of the exception behind a bad end. */
  readonly onFault?: (error: unknown) => void;
};

/** Streams an answer. Never throws: what happened is in the last chunk. Leaving the loop early is a cancel. */
export async function* generate(parts: Parts): AsyncGenerator<ChatGenerationChunk> {
  const generation = new Generation(parts);
  try {
    for (;;) {
      const chunk = await generation.next();
      yield chunk;
      if (chunk.finish) return;
    }
  } finally {
    generation.close();
  }
}

/** The same for whoever reads it without a loop of its own, which spares a turn of the event queue for each token. */
export class Generation {
  readonly #parts: Parts;
  readonly #halt: Halt;
  readonly #tally: Tally;
  #words: AsyncIterator<ChatGenerationChunk> | undefined;
  /** Who waits for the next piece. */
  #reader: ((chunk: ChatGenerationChunk) => void) | undefined;
  #isOver = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#halt = new Halt(parts.watchdogs ?? defaultWatchdogs, parts.signal);
    this.#tally = createTally(parts.answerChars ?? limits.answerChars);
  }

  /** Aborted with a `Stopped` when the answer ends before its own end. */
  get signal(): AbortSignal {
    return this.#halt.signal;
  }

  /** The next piece. The last one has `finish`; there is nothing after it. */
  next(): Promise<ChatGenerationChunk> {
    this.#halt.await(true); // only what is waited for can be late
    return new Promise((resolve) => {
      this.#reader = resolve;
      if (this.#words || this.#halt.outcome) this.#ask();
      else this.#begin().then(() => this.#ask(), this.#onFault);
    });
  }

  /** Promises are handed from one to the next, and not awaited: a generator in between costs three more for each token. */
  #ask(): void {
    const { outcome } = this.#halt;
    if (outcome || !this.#words) return this.#end(outcome ?? this.#tally.outcome());
    try {
      this.#words.next().then(this.#onStep, this.#onFault);
    } catch (error) {
      this.#onFault(error);
    }
  }

  /** Whatever comes after a stop, nobody waits for it. */
  readonly #onStep = (step: IteratorResult<ChatGenerationChunk>): void => {
    try {
      this.#take(step);
    } catch (error) {
      this.#onFault(error);
    }
  };

  #take(step: IteratorResult<ChatGenerationChunk>): void {
    const { outcome } = this.#halt;
    if (outcome || step.done) return this.#end(outcome ?? this.#tally.outcome());
    const chunk = this.#tally.take(step.value, this.#halt);
    if (!chunk) return this.#ask();
    this.#halt.await(false);
    this.#give(chunk);
    if (this.#tally.isTooLong()) this.#halt.stop({ reason: "limit", code: "answer_limit" });
  }

  readonly #onFault = (error: unknown): void => {
    const { outcome } = this.#halt;
    if (outcome) this.#end(outcome);
    else this.#end(outcomeOf(error, this.#parts.onFault), error);
  };

  readonly #onStop = (): void => {
    if (this.#halt.outcome) this.#end(this.#halt.outcome);
  };

  #end(outcome: Outcome, error?: unknown): void {
    if (this.#reader) this.#give(this.#last(outcome, error));
  }

  #give(chunk: ChatGenerationChunk): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.(chunk);
  }

  #last(outcome: Outcome, error?: unknown): ChatGenerationChunk {
    this.#isOver = true;
    return { ...this.#tally.rest(), ...finishing(outcome, this.#tally.usage(), error) };
  }

  /** Lets the model go, where it is not done yet. */
  close(): void {
    if (this.#isOver) this.#halt.close();
    else this.#halt.stop({ reason: "cancelled" });
    void letGo(this.#words);
  }

  async #begin(): Promise<void> {
    const { llm, begins, prompt, joined } = this.#parts;
    const { signal } = this.#halt;
    await this.#halt.race(begins ?? Promise.resolve());
    if (this.#halt.outcome) return;
    this.#halt.watch();
    const messages = await this.#halt.race(prompt(signal));
    if (!messages) return;
    this.#tally.asked(messages);
    if (this.#halt.outcome) return;
    this.#words = iteratorOf(llm.stream(messages, { signal, joined }));
    this.#halt.whenStopped(this.#onStop);
  }
}

/** @throws Error when it is the stream of a model that is none of ours */
function iteratorOf(stream: AsyncIterable<ChatGenerationChunk>): AsyncIterator<ChatGenerationChunk> {
  if (Symbol.asyncIterator in stream) return stream[Symbol.asyncIterator]();
  void Promise.resolve(stream).catch(() => {});
  throw new Error(
    "This llm streams in another way. Is it a model of LangChain? fromLangChain makes one of it.",
  );
}

/** However a model's iterator takes it that nobody reads on. */
async function letGo(words: AsyncIterator<ChatGenerationChunk> | undefined): Promise<void> {
  try {
    await words?.return?.();
  } catch {
    // it is over
  }
}

type Tally = ReturnType<typeof createTally>;

/** What has come so far: enough to say how it ended and what it cost. */
function createTally(answerChars: number) {
  const text = createJoiner();
  const reasoning = createJoiner();
  let finish: EndReason | undefined;
  let reported: Usage | undefined;
  let messages: readonly ChatMessage[] = [];
  let [chars, bytes] = [0, 0];
  const count = (said: string): void => {
    if (said === "") return;
    chars += said.length;
    bytes += Buffer.byteLength(said);
  };

  return {
    asked: (prompt: readonly ChatMessage[]) => void (messages = prompt),
    take(chunk: ChatGenerationChunk, halt: Halt): ChatGenerationChunk | undefined {
      reported = chunk.usage ?? reported;
      const words = chunk.text ? text(chunk.text) : "";
      const thoughts = chunk.reasoning ? reasoning(chunk.reasoning) : "";
      if (words || thoughts) halt.word();
      count(words);
      count(thoughts);
      if (chunk.finish) halt.finish((finish = chunk.finish));
      return words || thoughts ? { text: words, ...(thoughts && { reasoning: thoughts }) } : undefined;
    },
    isTooLong: (): boolean => chars > answerChars,
    /** What waited for the other half of a character. */
    rest(): ChatGenerationChunk {
      const thoughts = reasoning("");
      return { text: text(""), ...(thoughts && { reasoning: thoughts }) };
    },
    outcome: (): Outcome => (finish ? { reason: finish } : { reason: "interrupted", code: "upstream_cut" }),
    usage: (): Usage =>
      reported ?? { input: estimatePrompt(messages), output: estimateTokens(bytes), estimated: true },
  };
}

function outcomeOf(error: unknown, onFault: Parts["onFault"]): Outcome {
  onFault?.(error);
  if (!(error instanceof UpstreamError)) return { reason: "error", code: "internal" };
  if (error.code === "upstream_filtered") return { reason: "content_filter", code: error.code };
  return { reason: error.code === "upstream_cut" ? "interrupted" : "error", code: error.code };
}

function finishing(
  { reason, code }: Outcome,
  usage: Usage,
  error?: unknown,
): Omit<ChatGenerationChunk, "text"> {
  const retryAfterMs = error instanceof UpstreamError ? error.retryAfterMs : undefined;
  return { finish: reason, usage, ...(code && { error: failureOf(code, retryAfterMs) }) };
}

export const failureOf = (code: FailureCode, retryAfterMs?: number): Failure => ({
  code,
  message: failures[code],
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});
