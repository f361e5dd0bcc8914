// A chain: prompt + memory + model. Words come as they are made; what was said is remembered, however it ended.
import { v7 } from "uuid";
import type { ChatGenerationChunk, ChatMessage, ChatModel } from "../models/model.ts";
import { createCallbacks, type CallbackHandler, type Callbacks } from "./callbacks.ts";
import { generate, type GenerationOptions } from "./generation.ts";
import type { Memory } from "./memory.ts";
import { ChainError, createRecord, type Record as Spoken } from "./record.ts";
import type { Prompt, PromptValues } from "./prompt.ts";
import { takeTurn } from "./turn.ts";

export type ChainOptions = Omit<GenerationOptions, "signal"> & {
  llm: ChatModel;
  prompt: Prompt;
  memory?: Memory;
  /** The name of the answer in what `invoke` gives. Default "text". */
  outputKey?: string;
  callbacks?: CallbackHandler[];
};

export type CallOptions = {
  /** Stops the answer. The question and the words so far are remembered, marked as cut off. */
  signal?: AbortSignal | undefined;
  callbacks?: CallbackHandler[];
};

export class LLMChain {
  readonly #options: ChainOptions;
  readonly #outputKey: string;

  constructor(options: ChainOptions) {
    this.#options = options;
    this.#outputKey = options.outputKey ?? "text";
  }

  /**
   * The whole answer, under `outputKey`.
   * @throws ChainError when there is no whole answer: `code` says why, `text` has the words that came.
   * @throws the signal's reason when the call was aborted
   */
  async invoke(values: PromptValues, options: CallOptions = {}): Promise<Record<string, string>> {
    let text = "";
    for await (const chunk of this.stream(values, options)) {
      text += chunk.text;
      if (chunk.finish === "cancelled") options.signal?.throwIfAborted();
    }
    return { [this.#outputKey]: text };
  }

  /**
   * The answer as it is made. The last chunk has `finish`, the reason why it ended; an abort ends the stream with
   * `finish: "cancelled"`. Leaving the loop early is an abort too.
   * @throws ChainError after a last chunk whose `finish` is `error`, `timeout` or `interrupted`
   */
  async *stream(values: PromptValues, options: CallOptions = {}): AsyncGenerator<ChatGenerationChunk> {
    const { callbacks = [], ...defaults } = this.#options;
    const notify = createCallbacks([...callbacks, ...(options.callbacks ?? [])], options.signal);
    const spoken = createRecord(v7(), notify, this.#outputKey);
    const remember = this.#remembering(values, spoken);
    notify("handleChainStart", { name: this.constructor.name }, values, spoken.id);
    try {
      const prompt = () => this.#prompt(values, { begins: remember.begins, spoken, notify });
      const answer = generate({ ...defaults, ...options, prompt, onFault: (error) => spoken.fault(error) });
      for await (const chunk of answer) {
        spoken.add(chunk);
        if (chunk.finish) await remember.save();
        yield chunk;
      }
    } finally {
      await remember.save();
    }
    if (spoken.error) throw new ChainError(spoken.error, spoken.text);
  }

  async #prompt(values: PromptValues, turn: { begins: Promise<void>; spoken: Spoken; notify: Callbacks }) {
    await turn.begins;
    const variables = await this.#options.memory?.loadMemoryVariables();
    const messages = this.#options.prompt.format({ ...variables, ...values });
    const prompts = [messages.map(({ content }) => content).join("\n")];
    turn.notify("handleLLMStart", { name: this.#options.llm.name }, prompts, turn.spoken.id);
    return messages;
  }

  /** A turn on the memory. One that is cancelled while it waits does not keep its caller waiting. */
  #remembering(values: PromptValues, spoken: Spoken): { begins: Promise<void>; save: () => Promise<void> } {
    const { memory } = this.#options;
    const input = values["input"] as ChatMessage | undefined;
    if (!memory || !input) return { begins: Promise.resolve(), save: () => Promise.resolve() };
    const turn = takeTurn(memory);
    let hasBegun = false;
    let isSaved = false;
    const begins = turn.begins.then(() => void (hasBegun = true));
    const save = () => memory.saveContext({ input }, spoken.response()).finally(() => turn.end());
    return {
      begins,
      save: async () => {
        if (isSaved) return;
        isSaved = true;
        if (hasBegun) await save();
        else void begins.then(save).catch(() => {});
      },
    };
  }
}
