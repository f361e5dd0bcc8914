// The turn queue of a conversation: one run at a time, in the order in which the messages were said [R4].
//
//   arriving ── stored ──▶ waiting ── its turn ──▶ running ──▶ ended       arriving ── refused ──▶ ended
//                             └── cancelled: runs at once, and only to write its start and its end
import { v7 } from "uuid";
import type { Draft, Member } from "../../shared/protocol.ts";
import type { Target } from "../../shared/target.ts";
import { Stopped } from "../chain/halt.ts";
import type { ChatMessageHistory } from "../chain/history.ts";
import { run } from "../chain/run.ts";
import type { Summaries } from "../chain/summary.ts";
import type { Excerpt } from "../models/message.ts";
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
  /** Resolves when it is ended. */
  readonly over: PromiseWithResolvers<void>;
};

export interface Turns {
  readonly active: Turn | undefined;
  /** Those that are not ended, oldest first. */
  readonly open: readonly Turn[];
  /** The turn of this run, or of this message. */
  find(id: string): Turn | undefined;
  /** The turn that a cancel without a name means: the active one, else the oldest that is not cancelled yet. */
  readonly next: Turn | undefined;
  /** Registers a question that is not stored yet: from now on it can be cancelled. */
  add(question: Question): Turn;
  /** The question is stored: its run starts when it is its turn. */
  accept(turn: Turn): void;
  /** The question was refused. */
  withdraw(turn: Turn): void;
  cancel(turn: Turn, stopped: Stopped): void;
  /** Cancels all whose question is stored, and resolves when they are ended. */
  cancelAll(stopped: Stopped): Promise<void>;
  /** Resolves when none is open. */
  idle(): Promise<void>;
}

/** Counted up and down by everyone who shares it. */
export type Load = { runs: number };

type Parts = {
  /** The model's name, as it is shown to people. */
  model: string;
  answer: (turn: Turn) => Answering;
  write: (draft: Draft) => Promise<void>;
  /** How many turns are open in all conversations together. */
  load: Load;
  /** A turn has ended, or its question was refused. */
  onEnded: () => void;
  onFault: (error: unknown) => void;
};

type Queue = Parts & {
  open: Turn[];
  readonly performing: Map<Turn, Promise<void>>;
  onIdle: (() => void)[];
};

export function createTurns(parts: Parts): Turns {
  const queue: Queue = { ...parts, open: [], performing: new Map(), onIdle: [] };
  return {
    get active() {
      return activeOf(queue);
    },
    get open() {
      return queue.open;
    },
    get next() {
      // a second click on Stop while the first one takes effect is no cancel of the next in the queue
      return activeOf(queue) ?? queue.open.find(({ stop }) => !stop.signal.aborted);
    },
    find: (id) => queue.open.find(({ run, question }) => run === id || question.id === id),
    add: (question) => {
      const over = Promise.withResolvers<void>();
      const turn: Turn = { run: v7(), question, stop: new AbortController(), state: "arriving", over };
      queue.open.push(turn);
      queue.load.runs += 1;
      return turn;
    },
    accept: (turn) => {
      turn.state = "waiting";
      if (turn.stop.signal.aborted) begin(queue, turn);
      else next(queue);
    },
    withdraw: (turn) => end(queue, turn),
    cancel: (turn, stopped) => cancel(queue, turn, stopped),
    cancelAll: async (stopped) => {
      for (const turn of [...queue.open]) if (turn.state !== "arriving") cancel(queue, turn, stopped);
      await Promise.all(queue.performing.values());
    },
    idle: () =>
      queue.open.length === 0 ? Promise.resolve() : new Promise((resolve) => queue.onIdle.push(resolve)),
  };
}

const activeOf = ({ open }: Queue): Turn | undefined => open.find(({ state }) => state === "running");

function next(queue: Queue): void {
  const turn = activeOf(queue) ? undefined : queue.open.find(({ state }) => state === "waiting");
  if (turn) begin(queue, turn);
}

function begin(queue: Queue, turn: Turn): void {
  turn.state = "running";
  queue.performing.set(turn, perform(queue, turn));
}

async function perform(queue: Queue, turn: Turn): Promise<void> {
  const { model, answer, write, onFault } = queue;
  const { signal } = turn.stop;
  const { words, written } = answer(turn);
  const told = { run: turn.run, message: turn.question.id, model };
  await run({ ...told, words, signal, write, onFault }).catch(() => {}); // `write` has told of the store's failure
  await written?.();
  end(queue, turn);
}

function end(queue: Queue, turn: Turn): void {
  turn.state = "ended";
  turn.over.resolve();
  queue.load.runs -= 1;
  queue.performing.delete(turn);
  queue.open = queue.open.filter((one) => one !== turn);
  next(queue);
  if (queue.open.length === 0) for (const resolve of queue.onIdle.splice(0)) resolve();
  queue.onEnded();
}

function cancel(queue: Queue, turn: Turn, stopped: Stopped): void {
  turn.stop.abort(stopped);
  if (turn.state === "waiting") begin(queue, turn);
}
