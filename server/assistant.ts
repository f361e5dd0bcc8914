// Who answers in a conversation: a chain for each question, whose memory is the conversation's log.
import type { Watchdogs } from "./chain/halt.ts";
import type { ChatMessageHistory } from "./chain/history.ts";
import { ConversationChain } from "./chain/conversation-chain.ts";
import { BufferMemory, BufferWindowMemory, TokenBufferMemory, type Memory } from "./chain/memory.ts";
import { ConversationPrompt } from "./chain/prompt.ts";
import type { MemorySettings } from "./config.ts";
import type { Assistant } from "./hub/turns.ts";
import { faultFields, type Logger } from "./logger.ts";
import type { ChatModel } from "./models/model.ts";

export type AssistantOptions = {
  llm: ChatModel;
  systemPrompt: string;
  memory: MemorySettings;
  watchdogs: Watchdogs;
  logger: Logger;
};

export function createAssistant({
  llm,
  systemPrompt,
  memory,
  watchdogs,
  logger,
}: AssistantOptions): Assistant {
  const prompt = new ConversationPrompt({ system: systemPrompt });
  const handleChainError = (error: unknown): void => logger.warn("run.failed", faultFields(error));
  const callbacks = [{ handleChainError }];
  return {
    model: llm.name,
    answer: ({ question, history, signal }) =>
      new ConversationChain({
        llm,
        prompt,
        memory: createMemory(memory, history),
        watchdogs,
        callbacks,
      }).stream({ input: question.text, author: question.author }, { signal }),
  };
}

function createMemory(settings: MemorySettings, chatHistory: ChatMessageHistory): Memory {
  switch (settings.kind) {
    case "buffer":
      return new BufferMemory({ chatHistory });
    case "window":
      return new BufferWindowMemory({ chatHistory, messages: settings.messages });
    case "tokens":
      return new TokenBufferMemory({ chatHistory, maxTokenLimit: settings.tokens });
  }
}
