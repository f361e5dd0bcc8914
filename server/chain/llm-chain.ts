// A chain: prompt + memory + model. Words come as they are made; what was said is remembered, however it ended.
import type { Member } from "../../shared/protocol.ts";
import type { CallbackHandler } from "../models/callback-handler.ts";
import type { ChatGenerationChunk, ChatMessage, ChatModel } from "../models/model.ts";
import { Answer, type Speaking } from "./answer.ts";
import { createCallbacks } from "./callbacks.ts";
import { Generation, type GenerationOptions } from "./generation.ts";
import type { Memory } from "./memory.ts";
import type { Prompt, PromptValues } from "./prompt.ts";
import { createRecord } from "./record.ts";
import { createText } from "./text.ts";
import { takeTurn, type Turn } from "./turn.ts";

/** What a chain is made of. */
export type ChainOptions = Omit<GenerationOptions, "signal"> & {
  /** Streams the words. */
  llm: ChatModel;
  /** Makes what the model is shown, out of what is asked and remembered. */
  prompt: Prompt;
  /** Default: none, each call stands alone. */
  memory?: Memory;
  /** The name of the answer in what `invoke` gives. Default "text". */
  outputKey?: string;
  /** They hear of every call of this chain. */
  callbacks?: readonly CallbackHandler[];
};

/** What one call is told besides its values. */
export type CallOptions = {
  /** Stops the answer. The question and the words so far are remembered, marked as cut off. */
  signal?: AbortSignal | undefined;
  /** They hear of this call, besides those of the chain and of the model. */
  callbacks?: readonly CallbackHandler[];
};

/** What many calls are told together. */
export type BatchOptions = CallOptions & {
  /** Answers that are made at the same time. Default 8. */
  maxConcurrency?: number;
};

/**
 * What a chain is asked with: a value for each name in its prompt. A chain with a memory remembers `input`, or the only
 * value there is. `author` says who asks, where several people do. A `signal` works like the one in the options.
 */
export type ChainValues = PromptValues & { author?: Member | undefined; signal?: AbortSignal | undefined };

/**
 * A prompt, a model and, where there is one, a memory. Calls may overlap; those on one memory take turns, in the order
 * in which they began.
 */
export class LLMChain<
  Values extends ChainValues = ChainValues,
  Output extends Record<string, string> = Record<string, string>,
> {
  readonly #options: ChainOptions;
  readonly #outputKey: string;

  constructor(options: ChainOptions) {
    this.#options = options;
    this.#outputKey = options.outputKey ?? "text";
  }

  /**
   * The whole answer, under `outputKey`. One that was ended by `length`, `limit` or `content_filter` is given as far as
   * it came; `stream` tells which.
   * @throws ChainError when there is no whole answer: `code` says why, `text` has the words that came.
   * @throws the signal's reason when the call was aborted
   * @throws Error when a chain with a memory cannot tell which value is what is asked
   */
  async invoke(values: Values, options: CallOptions = {}): Promise<Output> {
    const call = callOf(values, options);
    const text = createText();
    for await (const chunk of this.#answer(call)) {
      text.add(chunk.text);
      if (chunk.finish === "cancelled") call.signal?.throwIfAborted();
    }
    return { [this.#outputKey]: String(text) } as Output;
  }

  /**
   * The answer as it is made. The last chunk has `finish`, the reason why it ended; an abort ends the stream with
   * `finish: "cancelled"`. Leaving the loop early is an abort too. Another call on the same memory waits until this one is
   * over, so one that is awaited inside the loop waits for ever.
   * @throws ChainError after a last chunk whose `finish` is `error`, `timeout` or `interrupted`; with the code
   * `storage_unavailable` after any last chunk, when the memory did not take what was said
   * @throws Error when a chain with a memory cannot tell which value is what is asked
   */
  stream(values: Values, options: CallOptions = {}): AsyncGenerator<ChatGenerationChunk> {
    return this.#answer(callOf(values, options));
  }

  /**
   * The whole answers to many inputs, in the order of the inputs.
   * @throws what the first `invoke` throws that fails; the others are aborted then
   * @throws RangeError when `maxConcurrency` is less than 1
   */
  async batch(
    inputs: readonly Values[],
    { maxConcurrency = 8, ...options }: BatchOptions = {},
  ): Promise<Output[]> {
    if (!(maxConcurrency >= 1)) throw new RangeError("maxConcurrency must be at least 1");
    const failed = new AbortController();
    const signal = eitherOf(failed.signal, options.signal);
    const answers: Output[] = [];
    const left = inputs.entries();
    const work = async (): Promise<void> => {
      for (const [index, values] of left) answers[index] = await this.invoke(values, { ...options, signal });
    };
    try {
      await Promise.all(Array.from({ length: Math.min(inputs.length, maxConcurrency) }, work));
    } catch (error) {
      failed.abort(error);
      throw error;
    }
    return answers;
  }

  #answer(call: Call): Answer {
    return new Answer(() => this.#begin(call));
  }

  #begin({ values, signal, callbacks: handlers }: Call): Speaking {
    const { callbacks: ours = [], ...options } = this.#options;
    const callbacks = createCallbacks({ llm: options.llm, handlers: [...ours, ...handlers], signal });
    const record = createRecord(callbacks, this.#outputKey);
    const turn = takeTurn(options.memory, values, record);
    callbacks.begin(this.constructor.name, values);
    const prompt = async (stopped: AbortSignal) => {
      const messages = await this.#prompt(values, turn);
      if (!stopped.aborted) callbacks.ask(messages, { signal: stopped });
      return messages;
    };
    const { begins } = turn;
    const generation = new Generation({ ...options, signal, begins, prompt, onFault: record.fault });
    turn.endAfter(generation.signal);
    return { generation, record, turn, signal };
  }

  async #prompt(values: PromptValues, turn: Turn): Promise<readonly ChatMessage[]> {
    const variables = await this.#options.memory?.loadMemoryVariables();
    return this.#options.prompt.format({ ...variables, ...values, ...turn.asked });
  }
}

type Call = {
  readonly values: ChainValues;
  readonly signal: AbortSignal | undefined;
  readonly callbacks: readonly CallbackHandler[];
};

/** A signal may stand among the values or in the options; both count. */
function callOf({ signal, ...values }: ChainValues, { callbacks = [], ...options }: CallOptions): Call {
  return { values, callbacks, signal: eitherOf(signal, options.signal) };
}

const eitherOf = (one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined =>
  one && other ? AbortSignal.any([one, other]) : (one ?? other);
