// Who answers in a conversation: a chain for each question, whose memory is the conversation's log.
import type { Watchdogs } from "./chain/halt.ts";
import { ConversationChain } from "./chain/conversation-chain.ts";
import { DocumentPrompt } from "./chain/document-prompt.ts";
import { ConversationPrompt } from "./chain/prompt.ts";
import type { MemorySettings } from "./config.ts";
import type { Assistant } from "./hub/turns.ts";
import { faultFields, type Logger } from "./logger.ts";
import { createMemory } from "./memory.ts";
import type { ChatModel } from "./models/model.ts";

export type AssistantOptions = {
  llm: ChatModel;
  systemPrompt: string;
  memory: MemorySettings;
  watchdogs: Watchdogs;
  logger: Logger;
};

export function createAssistant({ systemPrompt, memory, logger, ...how }: AssistantOptions): Assistant {
  const prompt = new ConversationPrompt({ system: systemPrompt });
  const callbacks = [
    { handleChainError: (error: unknown): void => logger.warn("run.failed", faultFields(error)) },
  ];
  const onFault = (error: unknown): void => logger.warn("summary.failed", faultFields(error));
  return {
    model: how.llm.name,
    answer: ({ question, history, summaries, signal, excerpt }) => {
      const past = createMemory(memory, { ...how, chatHistory: history, summaries, onFault });
      const shown = excerpt ? new DocumentPrompt({ system: systemPrompt, excerpt }) : prompt;
      const chain = new ConversationChain({ ...how, prompt: shown, memory: past, callbacks, joined: true });
      return chain.stream({ input: question.text, author: question.author }, { signal });
    },
  };
}
