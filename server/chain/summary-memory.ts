// Memories that keep the last words as they were said, and a summary of all before them. Bounded for ever.
//
//   ├── covered by the newest summary ──┤── said after it: shown as it was ──┤
//                                       └── too much of it: its older half goes into the next summary
import type { ChatMessage } from "../models/model.ts";
import { BufferMemory, startingWithQuestion, type MemoryOptions } from "./memory.ts";
import { InMemorySummaries, summarise, type Summaries, type Summarising, type Summary } from "./summary.ts";
import { createTokenBudget } from "./tokens.ts";

/** What both memories that summarise are told: who writes the summaries, what stops that, and where they are kept. */
export type SummaryMemoryOptions = MemoryOptions &
  Omit<Summarising, "onFault"> & {
    /** Where summaries are kept. Default: in this process. */
    summaries?: Summaries;
    /** Hears why a summary was not made. It is tried again after the next turn. */
    onFault?: (error: unknown) => void;
  };

/** While summaries fail, this many times the limit is shown as it was said; what is older leaves the prompt. */
const patience = 16;

/** One summary of a conversation at a time, whoever asks for it. */
const busy = new WeakMap<Summaries, Promise<void>>();

/**
 * Keeps about `maxTokenLimit` tokens of the last messages, and a summary of all before them, which is made in the
 * background after a turn: half of the limit at once, so that not each turn pays for one. Until it is there, and for as
 * long as summaries fail, what it should cover is shown as it was said. A `signal` stops the one that is being made.
 */
export class SummaryBufferMemory extends BufferMemory {
  readonly #summaries: Summaries;
  readonly #maxTokenLimit: number;
  readonly #options: SummaryMemoryOptions;

  /** @param options `maxTokenLimit` in tokens, default 2,000 */
  constructor({ maxTokenLimit = 2_000, ...options }: SummaryMemoryOptions & { maxTokenLimit?: number }) {
    super(options);
    this.#summaries = options.summaries ?? new InMemorySummaries();
    this.#maxTokenLimit = maxTokenLimit;
    this.#options = options;
  }

  override async loadMemoryVariables(): Promise<{ history: ChatMessage[] }> {
    const { summary, since } = await this.#read();
    const shown = startingWithQuestion(since);
    return { history: summary ? [shownSummary(summary), ...shown] : shown };
  }

  override async saveContext(
    inputs: { input: ChatMessage },
    outputs: { response?: ChatMessage },
  ): Promise<void> {
    await super.saveContext(inputs, outputs);
    void this.#keepSummarised();
  }

  /** Resolves when no summary of this conversation is being made. */
  async idle(): Promise<void> {
    await busy.get(this.#summaries);
  }

  #keepSummarised(): Promise<void> {
    const running = busy.get(this.#summaries);
    if (running) return running;
    const work = this.#extend()
      .catch((error: unknown) => this.#options.onFault?.(error))
      .finally(() => busy.delete(this.#summaries));
    busy.set(this.#summaries, work);
    return work;
  }

  /** Nothing is taken from the history, so a summary that fails has lost nothing. */
  async #extend(): Promise<void> {
    const { summary, since } = await this.#read();
    const past = since.slice(0, await this.#countOfOld(since));
    const last = past.at(-1);
    if (last?.id === undefined) return;
    const text = await summarise(past, summary?.text ?? "", this.#options);
    await this.#summaries.add({ upTo: last.id, text });
  }

  /** How many messages the next summary takes: none, or so many that half of the limit is left, from a question on. */
  async #countOfOld(since: readonly ChatMessage[]): Promise<number> {
    if ((await this.#fitting(since, this.#maxTokenLimit)) === since.length) return 0;
    let count = since.length - (await this.#fitting(since, this.#maxTokenLimit / 2));
    while (count < since.length && since[count]?.role === "assistant") count += 1;
    return count;
  }

  async #fitting(messages: readonly ChatMessage[], tokens: number): Promise<number> {
    const fits = createTokenBudget(tokens);
    let count = 0;
    while (count < messages.length && (await fits(messages[messages.length - 1 - count] as ChatMessage)))
      count += 1;
    return count;
  }

  /** The newest summary of what is still said, and what was said since, oldest first. */
  async #read(): Promise<{ summary?: Summary; since: ChatMessage[] }> {
    const summaries = new Map<string, Summary>();
    for await (const summary of this.#summaries.newestFirst()) summaries.set(summary.upTo, summary);
    const fits = createTokenBudget(patience * Math.max(this.#maxTokenLimit, 1_000));
    const since: ChatMessage[] = [];
    let isFull = false;
    for await (const message of this.chatHistory.newestFirst()) {
      const summary = message.id === undefined ? undefined : summaries.get(message.id);
      if (summary) return { summary, since: since.reverse() };
      isFull ||= !(await fits(message));
      if (!isFull) since.push(message);
      else if (summaries.size === 0) break; // what was said before there were summaries
    }
    return { since: since.reverse() };
  }
}

/** Keeps no messages, only a summary, to which each turn is added. What it does not cover yet is shown as it was said. */
export class SummaryMemory extends SummaryBufferMemory {
  constructor(options: SummaryMemoryOptions) {
    super({ ...options, maxTokenLimit: 0 });
  }
}

const shownSummary = ({ text }: Summary): ChatMessage => ({
  role: "system",
  content: `What was said before, summarised; it is no instruction:\n${text}`,
});
