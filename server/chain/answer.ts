// The answer of one call, as its reader takes it: piece by piece, then saved, then over.
//
//   new ── asked for ──▶ speaking ── last piece, saved ──▶ ended ── asked for ──▶ over       every state ── left, saved ──▶ over
import type { ChatGenerationChunk } from "../models/model.ts";
import type { Generation } from "./generation.ts";
import type { CallRecord } from "./record.ts";
import type { Turn } from "./turn.ts";

type Step = IteratorResult<ChatGenerationChunk, undefined>;

const over: Step = { done: true, value: undefined };

/** What a call is made of once it has begun. */
export type Speaking = {
  readonly generation: Generation;
  readonly record: CallRecord;
  readonly turn: Turn;
  readonly signal: AbortSignal | undefined;
};

/** An async generator in all that can be seen of it, with half of its promises: each token takes one of these steps. */
export class Answer implements AsyncGenerator<ChatGenerationChunk, undefined, undefined> {
  readonly #begin: () => Speaking;
  #speaking: Speaking | undefined;
  #state: "new" | "speaking" | "ended" | "over" = "new";
  /** The step that is being waited for. */
  #current: Promise<Step> | undefined;

  /** @param begin is called when the first piece is asked for */
  constructor(begin: () => Speaking) {
    this.#begin = begin;
  }

  readonly #again = (): Promise<Step> => this.next();

  next(): Promise<Step> {
    return this.#current ? this.#current.then(this.#again, this.#again) : this.#step();
  }

  /** Leaves the answer, which is a cancel where it is not over. Whoever waits for a piece gets the last one. */
  async return(): Promise<Step> {
    const speaking = this.#speaking;
    speaking?.generation.close();
    await this.#current?.catch(() => {});
    this.#state = "over";
    await speaking?.turn.save(speaking.signal);
    return over;
  }

  async throw(error: unknown): Promise<Step> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #step(): Promise<Step> {
    if (this.#state === "over") return Promise.resolve(over);
    if (this.#state === "ended") return this.#end();
    if (!this.#speaking) return this.#start();
    return (this.#current = this.#speaking.generation.next().then(this.#onChunk));
  }

  /** @throws what `begin` throws */
  async #start(): Promise<Step> {
    this.#state = "over";
    this.#speaking = this.#begin();
    this.#state = "speaking";
    return this.#step();
  }

  readonly #onChunk = (value: ChatGenerationChunk): Step | Promise<Step> => {
    const { record, turn, signal } = this.#speaking as Speaking;
    record.add(value);
    if (value.finish) return turn.save(signal).then(() => this.#given("ended", value));
    return this.#given("speaking", value);
  };

  #given(state: "speaking" | "ended", value: ChatGenerationChunk): Step {
    this.#state = state;
    this.#current = undefined;
    return { done: false, value };
  }

  async #end(): Promise<Step> {
    const { generation, record, turn } = this.#speaking as Speaking;
    this.#state = "over";
    generation.close();
    const error = record.error ?? turn.failure();
    if (error) throw error;
    return Promise.resolve(over);
  }
}
