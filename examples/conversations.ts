// The conversations of a bot: a chain with its memory for each chat, as many as fit.
import { setTimeout as wait } from "node:timers/promises";
// In a project of your own this is "parlor".
import { ConversationChain, TokenBufferMemory } from "../server/index.ts";
import type { ChatGenerationChunk, ChatModel, ConversationInput } from "../server/index.ts";
import { showAnswer, type Place } from "./edited-message.ts";

export type Conversations = ReturnType<typeof createConversations>;

type Parts = {
  readonly llm: ChatModel;
  /** More than these are not kept: whoever was silent longest is forgotten. */
  readonly most?: number | undefined;
  /** Hears why an answer failed, or why it could not be shown. */
  readonly onFault: (error: unknown) => void;
};

/** When the bot ends, chats have this long to be told. Milliseconds. */
const closeMs = 5_000;

export function createConversations({ llm, most = 1_000, onFault }: Parts) {
  const conversations = new Map<string, Conversation>();
  const showings = new Set<Promise<void>>();
  let isClosed = false;

  /** A map keeps the order in which things were put into it: the first one is the one that was silent longest. */
  function take(id: string): Conversation {
    const taken = conversations.get(id) ?? createConversation(llm, onFault);
    conversations.delete(id);
    conversations.set(id, taken);
    const [oldest] = conversations.keys();
    if (oldest !== undefined && conversations.size > most) forget(oldest);
    return taken;
  }

  function forget(id: string): void {
    conversations.get(id)?.end();
    conversations.delete(id);
  }

  return {
    /** Answers when the questions before have been answered; after `close` not at all. */
    answer<M>(id: string, input: ConversationInput, place: Place<M>): void {
      if (isClosed) return;
      const showing = showAnswer(take(id).ask(input), place).catch(onFault);
      showings.add(showing);
      void showing.then(() => showings.delete(showing));
    },
    /** Stops the answer that is being made; those that wait come after it. False when there is none. */
    stop: (id: string): boolean => conversations.get(id)?.stop() ?? false,
    forget,
    /** Stops all answers, and waits until the chats have been told. */
    async close(): Promise<void> {
      isClosed = true;
      for (const conversation of conversations.values()) conversation.end();
      await Promise.race([Promise.all(showings), wait(closeMs, undefined, { ref: false })]);
    },
  };
}

type Conversation = ReturnType<typeof createConversation>;

function createConversation(llm: ChatModel, onFault: Parts["onFault"]) {
  const memory = new TokenBufferMemory({ maxTokenLimit: 8_000 });
  const chain = new ConversationChain({ llm, memory, callbacks: [{ handleChainError: onFault }] });
  const running = new Set<AbortController>();
  return {
    async *ask(input: ConversationInput): AsyncGenerator<ChatGenerationChunk> {
      const controller = new AbortController();
      running.add(controller);
      try {
        yield* chain.stream(input, { signal: controller.signal });
      } finally {
        running.delete(controller);
      }
    },
    stop(): boolean {
      const [first] = running;
      first?.abort();
      return first !== undefined;
    },
    end: () => running.forEach((controller) => controller.abort()),
  };
}
