// A talk with a model in this process: a chain, whose memory ends with the talk.
import { randomUUID } from "node:crypto";
import { refusals } from "../shared/limits.ts";
import type { Draft, Member } from "../shared/protocol.ts";
import { emptyTranscript, fold, type SaidMessage, type Transcript } from "../shared/transcript.ts";
import { ConversationChain } from "../server/chain/conversation-chain.ts";
import { InMemoryChatMessageHistory } from "../server/chain/history.ts";
import { ConversationPrompt } from "../server/chain/prompt.ts";
import { ChainError } from "../server/chain/record.ts";
import { run } from "../server/chain/run.ts";
import type { Config } from "../server/config.ts";
import { createMemory } from "../server/memory.ts";
import { UpstreamError, type ChatModel } from "../server/models/model.ts";
import { messageOf, type Talk, type TalkListener } from "./talk.ts";

type Parts = { llm: ChatModel; config: Pick<Config, "systemPrompt" | "memory" | "watchdogs"> };

/** One answer that is being made or waits for its turn. */
type Turn = { run: string; message: SaidMessage; stop: AbortController };

type Question = { readonly id: string; readonly text: string };

type InOrder = (task: () => Promise<void>) => Promise<void>;

type ChainTalk = {
  readonly model: string;
  readonly chain: ConversationChain;
  readonly history: InMemoryChatMessageHistory;
  readonly listener: TalkListener;
  readonly turns: Set<Turn>;
  readonly unsent: Question[];
  readonly nextTurn: InOrder;
  transcript: Transcript;
  /** Resolves when all turns so far are over. */
  answered: Promise<void>;
};

const me: Member = { id: "me", name: "me" };

export function openChainTalk(parts: Parts, listener: TalkListener): Talk {
  const history = new InMemoryChatMessageHistory();
  const closing = new AbortController();
  const talk: ChainTalk = {
    model: parts.llm.name,
    chain: chainOf({ ...parts, history, listener, signal: closing.signal }),
    history,
    listener,
    turns: new Set(),
    unsent: [],
    nextTurn: createQueue(),
    transcript: emptyTranscript,
    answered: Promise.resolve(),
  };
  queueMicrotask(() => listener.onState({ name: "open", me: me.id, place: placeOf(talk) }));
  return { ...commandsOf(talk), unsent: talk.unsent, close: () => (stop(talk), closing.abort()) };
}

type ChainParts = Parts &
  Pick<ChainTalk, "history" | "listener"> & {
    /** Ends what the memory does by itself. */
    signal: AbortSignal;
  };

function chainOf({ llm, config, history, listener, signal }: ChainParts): ConversationChain {
  const { systemPrompt, watchdogs } = config;
  const memory = createMemory(config.memory, { llm, watchdogs, chatHistory: history, signal });
  const prompt = new ConversationPrompt({ system: systemPrompt });
  const callbacks = [{ handleChainError: (error: unknown) => report(listener, error) }];
  return new ConversationChain({ llm, prompt, memory, watchdogs, callbacks });
}

/** What no code of ours describes is a bug, and there is no log here that it could go to. */
function report(listener: TalkListener, error: unknown): void {
  if (error instanceof ChainError || error instanceof UpstreamError) return;
  listener.onRefusal(`This is a fault of Parlor: ${error instanceof Error ? error.stack : String(error)}`);
}

/** In the order in which they were given; but a cancel waits for nothing. */
function commandsOf(talk: ChainTalk): Omit<Talk, "unsent" | "close"> {
  const queue = createQueue();
  const inOrder = (task: () => Promise<void>): true => (void queue(task), true);
  return {
    say: (text) => {
      const question = { id: randomUUID(), text };
      talk.unsent.push(question);
      inOrder(() => say(talk, question));
      return question.id;
    },
    cancel: (target) => (stop(talk, "run" in target ? target.run : target.message), true),
    regenerate: () => inOrder(() => regenerate(talk)),
    forget: () => inOrder(() => forget(talk)),
  };
}

async function say(talk: ChainTalk, { id, text }: Question): Promise<void> {
  const time = new Date().toISOString();
  const message: SaidMessage = { type: "message", id, author: me, text, time, reply: true };
  talk.unsent.shift();
  await write(talk, message);
  answer(talk, message);
}

async function regenerate(talk: ChainTalk): Promise<void> {
  stop(talk);
  await talk.answered;
  const latest = talk.transcript.items.findLast((item) => item.type === "answer");
  const message = latest && messageOf(talk.transcript, latest.message);
  if (!message) return talk.listener.onRefusal(refusals.unknown_run);
  await dropLatest(talk.history);
  await write(talk, { type: "rewind", to: latest.run, by: me });
  answer(talk, message);
}

async function forget(talk: ChainTalk): Promise<void> {
  stop(talk);
  await talk.answered;
  await talk.history.clear();
  await write(talk, { type: "rewind", by: me });
}

/** The latest question and its answer; the question is asked again. */
async function dropLatest(history: InMemoryChatMessageHistory): Promise<void> {
  const messages = await history.getMessages();
  const latest = messages.findLastIndex(({ role }) => role === "user");
  await history.clear();
  await history.addMessages(messages.slice(0, Math.max(0, latest)));
}

/** The turn of this run or message; without one all of them. */
function stop({ turns }: ChainTalk, id?: string): void {
  for (const turn of turns)
    if (id === undefined || turn.run === id || turn.message.id === id) turn.stop.abort();
}

function answer(talk: ChainTalk, message: SaidMessage): void {
  const turn: Turn = { run: randomUUID(), message, stop: new AbortController() };
  talk.turns.add(turn);
  talk.answered = talk.nextTurn(() => perform(talk, turn));
}

async function perform(talk: ChainTalk, turn: Turn): Promise<void> {
  const { message } = turn;
  const { signal } = turn.stop;
  await run({
    run: turn.run,
    message: message.id,
    model: talk.model,
    words: talk.chain.stream({ input: message.text }, { signal }),
    signal,
    write: (draft) => write(talk, draft),
    onFault: (error) => report(talk.listener, error),
  });
  talk.turns.delete(turn);
}

/** Nobody resumes here, so any position that grows will do. */
function write(talk: ChainTalk, draft: Draft): Promise<void> {
  const offset = talk.transcript.offset + 1;
  talk.transcript = fold(talk.transcript, { ...draft, offset });
  talk.listener.onTranscript(talk.transcript);
  return Promise.resolve();
}

/** One task after the other. None of ours fails. */
function createQueue(): InOrder {
  let last = Promise.resolve();
  return (task) => (last = last.then(task));
}

const placeOf = ({ model }: ChainTalk): string =>
  model === "demo"
    ? "The demo speaks here: a stand-in, and no language model. For a real one, set OPENAI_API_KEY."
    : `This is ${model}.`;
