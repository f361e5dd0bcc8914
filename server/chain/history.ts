// The port to a conversation's past, and the one that lives in the process.
import type { ChatMessage } from "../models/model.ts";

/** The port to what was said in one conversation. */
export interface ChatMessageHistory {
  /** The past, newest first, so that a bounded memory reads no more than it needs. */
  newestFirst(): AsyncIterable<ChatMessage>;
  /** Adds them after what was said, in their order. */
  addMessages(messages: readonly ChatMessage[]): Promise<void>;
  /** Forgets everything. */
  clear(): Promise<void>;
}

/** Everything that was said, in this process and for as long as it lives. */
export class InMemoryChatMessageHistory implements ChatMessageHistory {
  #messages: ChatMessage[] = [];

  // eslint-disable-next-line @typescript-eslint/require-await
  async *newestFirst(): AsyncGenerator<ChatMessage> {
    const messages = this.#messages;
    for (let index = messages.length - 1; index >= 0; index--) yield messages[index] as ChatMessage;
  }

  addMessages(messages: readonly ChatMessage[]): Promise<void> {
    this.#messages.push(...messages);
    return Promise.resolve();
  }

  /** Everything, oldest first. */
  getMessages(): Promise<ChatMessage[]> {
    return Promise.resolve([...this.#messages]);
  }

  clear(): Promise<void> {
    this.#messages = [];
    return Promise.resolve();
  }
}
