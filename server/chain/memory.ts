// What a chain remembers of a conversation: as much of its history as the kind of memory lets through.
import { v7 } from "uuid";
import type { ChatMessage } from "../models/model.ts";
import { InMemoryChatMessageHistory, type ChatMessageHistory } from "./history.ts";
import { createTokenBudget } from "./tokens.ts";

/** The port to what a chain remembers of its conversation. */
export interface Memory {
  /** The remembered part, oldest first. */
  loadMemoryVariables(): Promise<{ history: ChatMessage[] }>;
  /** Adds a question and, unless there was none, its answer. */
  saveContext(inputs: { input: ChatMessage }, outputs: { response?: ChatMessage }): Promise<void>;
  /** Forgets everything. */
  clear(): Promise<void>;
}

/** What all memories are told. */
export type MemoryOptions = {
  /** Where what was said is kept. Default: a new one in this process. */
  chatHistory?: ChatMessageHistory;
};

/** Remembers everything: the prompt grows with the conversation. */
export class BufferMemory implements Memory {
  protected readonly chatHistory: ChatMessageHistory;

  constructor({ chatHistory = new InMemoryChatMessageHistory() }: MemoryOptions = {}) {
    this.chatHistory = chatHistory;
  }

  async loadMemoryVariables(): Promise<{ history: ChatMessage[] }> {
    const kept: ChatMessage[] = [];
    const keeps = this.limit();
    for await (const message of this.chatHistory.newestFirst()) {
      if (!(await keeps(message))) break;
      kept.push(message);
    }
    return { history: startingWithQuestion(kept.reverse()) };
  }

  async saveContext(
    { input }: { input: ChatMessage },
    { response }: { response?: ChatMessage },
  ): Promise<void> {
    const said = response ? [input, response] : [input];
    await this.chatHistory.addMessages(said.map((message) => ({ id: v7(), ...message })));
  }

  clear(): Promise<void> {
    return this.chatHistory.clear();
  }

  /** What decides about each message, from the newest on; the first false ends the reading. */
  protected limit: () => (message: ChatMessage) => boolean | Promise<boolean> = () => () => true;
}

/** Remembers the last `messages`, questions and answers counted together. Default 10, which is five of each. */
export class BufferWindowMemory extends BufferMemory {
  constructor({ messages = 10, ...options }: MemoryOptions & { messages?: number } = {}) {
    super(options);
    this.limit = () => {
      let left = messages;
      return () => left-- > 0;
    };
  }
}

/** Remembers as many of the last messages as fit into `maxTokenLimit` tokens, counted as OpenAI does. Default 2,000. */
export class TokenBufferMemory extends BufferMemory {
  constructor({ maxTokenLimit = 2_000, ...options }: MemoryOptions & { maxTokenLimit?: number } = {}) {
    super(options);
    this.limit = () => createTokenBudget(maxTokenLimit);
  }
}

/** An answer whose question was forgotten says nothing any more. */
export function startingWithQuestion(messages: ChatMessage[]): ChatMessage[] {
  const first = messages.findIndex(({ role }) => role !== "assistant");
  return first < 0 ? [] : messages.slice(first);
}
