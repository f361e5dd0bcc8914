// The turn queue of a conversation: one run at a time, in the order in which the messages were said [R4].
//
//   arriving ── accepted ──▶ waiting ── its turn ──▶ running ──▶ ended       arriving ── refused ──▶ ended
//                               └── cancelled: runs at once, and only to write its start and its end
import { v7 } from "uuid";
import type { Draft, Member } from "../../shared/protocol.ts";
import type { Target } from "../../shared/target.ts";
import { Stopped } from "../chain/halt.ts";
import type { ChatMessageHistory } from "../chain/history.ts";
import { run } from "../chain/run.ts";
import type { Summaries } from "../chain/summary.ts";
import type { Excerpt } from "../models/message.ts";
import { beginningWith, type Begun } from "../models/begun.ts";
import type { ChatGenerationChunk } from "../models/model.ts";

export type Question = {
  readonly id: string;
  readonly text: string;
  readonly author: Member;
  /** The document that it is about. */
  readonly target?: Target | undefined;
};

/** What was said before a question. */
export type Past = { readonly history: ChatMessageHistory; readonly summaries: Summaries };

/** The port to the chain: who answers. */
export interface Assistant {
  /** The model's name, as it is shown to people. */
  readonly model: string;
  /** Streams the answer to a question; see `LLMChain.stream`. */
  answer(asked: Asked): AsyncIterable<ChatGenerationChunk>;
}

/** What an answer is made of. The excerpt is of the document that the question is about. */
export type Asked = Past & { question: Question; signal: AbortSignal; excerpt?: Excerpt | undefined };

/** An answer on its way. */
export type Answering = {
  readonly words: AsyncIterable<ChatGenerationChunk>;
  /** Resolves when the words are wherever else than in the log they go. Called when the run has ended. */
  readonly written?: () => Promise<void>;
};

export type Turn = {
  readonly run: string;
  /** What it answers; one that regenerates learns it while it is arriving. */
  question: Question;
  readonly stop: AbortController;
  state: "arriving" | "waiting" | "running" | "ended";
  /** Once it is accepted: resolves when its question is stored, before which nobody is asked for an answer. */
  stored?: Promise<void>;
  /** Resolves when it is ended. */
  readonly over: PromiseWithResolvers<void>;
  /** While it is running. */
  performing?: Promise<void>;
};

/** Counted up and down by everyone who shares it. */
export type Load = { runs: number };

/** The conversation, as far as its turns need to know it. */
export interface Host {
  /** The model's name, as it is shown to people. */
  readonly model: string;
  /** How many turns are open in all conversations together. */
  readonly load: Load;
  answer(turn: Turn): Answering;
  write(draft: Draft): Promise<void>;
  /** A turn has ended, or its question was refused. */
  onEnded(): void;
  onFault(error: unknown): void;
}

const none: readonly Turn[] = [];

const over = { done: true, value: undefined } as const;

/** What there is to say to a question that the store did not take. */
const unsaid: Begun = { first: over, rest: { next: () => Promise.resolve(over) } };

const isStored = async ({ stored }: Turn): Promise<boolean> =>
  stored?.then(
    () => true,
    () => false,
  ) ?? true;

export class Turns {
  readonly #host: Host;
  /** Those that are not ended, oldest first. */
  open = none;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  get active(): Turn | undefined {
    return this.open.find(({ state }) => state === "running");
  }

  /** The turn that a cancel without a name means: the active one, else the oldest that is not cancelled yet. */
  get next(): Turn | undefined {
    // a second click on Stop while the first one takes effect is no cancel of the next in the queue
    return this.active ?? this.open.find(({ stop }) => !stop.signal.aborted);
  }

  /** The turn of this run, or of this message. */
  find(id: string): Turn | undefined {
    return this.open.find(({ run, question }) => run === id || question.id === id);
  }

  /** Registers a question that is not stored yet: from now on it can be cancelled. */
  add(question: Question): Turn {
    const over = Promise.withResolvers<void>();
    const turn: Turn = { run: v7(), question, stop: new AbortController(), state: "arriving", over };
    this.open = [...this.open, turn];
    this.#host.load.runs += 1;
    return turn;
  }

  /** The question is being stored: its run starts when it is its turn, so at best its `start` is written together with it. */
  accept(turn: Turn, stored: Promise<void>): void {
    turn.state = "waiting";
    turn.stored = stored;
    if (turn.stop.signal.aborted) this.#begin(turn);
    else this.#beginNext();
  }

  /** The question was refused. */
  withdraw(turn: Turn): void {
    this.#end(turn);
  }

  cancel(turn: Turn, stopped: Stopped): void {
    turn.stop.abort(stopped);
    if (turn.state === "waiting") this.#begin(turn);
  }

  /** Cancels all that are accepted, and resolves when they are ended. */
  async cancelAll(stopped: Stopped): Promise<void> {
    for (const turn of this.open) if (turn.state !== "arriving") this.cancel(turn, stopped);
    await Promise.all(this.open.flatMap(({ performing }) => performing ?? []));
  }

  /** Resolves when none is open. */
  idle(): Promise<void> {
    if (this.open.length === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  #beginNext(): void {
    const turn = this.active ? undefined : this.open.find(({ state }) => state === "waiting");
    if (turn) this.#begin(turn);
  }

  #begin(turn: Turn): void {
    turn.state = "running";
    turn.performing = this.#perform(turn);
  }

  async #perform(turn: Turn): Promise<void> {
    const host = this.#host;
    let answering: Answering | undefined;
    const words = beginningWith(async () => {
      if (!(await isStored(turn))) return unsaid;
      answering = host.answer(turn);
      const rest = answering.words[Symbol.asyncIterator]();
      return { first: await rest.next(), rest };
    });
    const write = (draft: Draft): Promise<void> => host.write(draft);
    const onFault = (error: unknown): void => host.onFault(error);
    const told = { run: turn.run, message: turn.question.id, model: host.model };
    const { signal } = turn.stop;
    await run({ ...told, words, signal, write, onFault }).catch(() => {}); // `write` has told of the store's failure
    await answering?.written?.();
    this.#end(turn);
  }

  #end(turn: Turn): void {
    turn.state = "ended";
    turn.over.resolve();
    this.#host.load.runs -= 1;
    this.open = this.open.filter((one) => one !== turn);
    this.#beginNext();
    if (this.open.length === 0) {
      this.#idle?.resolve();
      this.#idle = undefined;
    }
    this.#host.onEnded();
  }
}
