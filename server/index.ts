// What `import "parlor"` gives: the chain, its memories and prompts, and the models, for a script or a bot. No server is
// in it, and a provider's package is loaded when the first request is made.

// Chains
export { ConversationChain } from "./chain/conversation-chain.ts";
export type {
  ConversationInput,
  ConversationOptions,
  ConversationOutput,
} from "./chain/conversation-chain.ts";
export { LLMChain } from "./chain/llm-chain.ts";
export type { BatchOptions, CallOptions, ChainOptions, ChainValues } from "./chain/llm-chain.ts";
export { ChainError } from "./chain/record.ts";
export type { GenerationOptions } from "./chain/generation.ts";
export { defaultWatchdogs, Stopped } from "./chain/halt.ts";
export type { Outcome, Watchdogs } from "./chain/halt.ts";

// Prompts
export {
  ChatPromptTemplate,
  ConversationPrompt,
  defaultSystemPrompt,
  MessagesPlaceholder,
  PromptTemplate,
} from "./chain/prompt.ts";
export type { ChatPromptPart, Prompt, PromptValues } from "./chain/prompt.ts";

// Memories
export { BufferMemory, BufferWindowMemory, TokenBufferMemory } from "./chain/memory.ts";
export type { Memory, MemoryOptions } from "./chain/memory.ts";
export { SummaryBufferMemory, SummaryMemory } from "./chain/summary-memory.ts";
export type { SummaryMemoryOptions } from "./chain/summary-memory.ts";
export { InMemorySummaries } from "./chain/summary.ts";
export type { Summaries, Summarising, Summary } from "./chain/summary.ts";
export { InMemoryChatMessageHistory } from "./chain/history.ts";
export type { ChatMessageHistory } from "./chain/history.ts";

// Callbacks
export { StreamingStdOutCallbackHandler } from "./chain/callbacks.ts";
export type { CallbackHandler, CallExtras, LLMResult, Named } from "./models/callback-handler.ts";

// Models
export { AzureChatOpenAI } from "./models/azure.ts";
export type { AzureChatOpenAIOptions } from "./models/azure.ts";
export { ChatAnthropic } from "./models/anthropic.ts";
export type { ChatAnthropicOptions } from "./models/anthropic.ts";
export { ChatOpenAI } from "./models/openai.ts";
export type { ChatOpenAIOptions } from "./models/openai.ts";
export { DemoModel } from "./models/demo.ts";
export type { DemoOptions } from "./models/demo.ts";
export { fromAISDK } from "./models/ai-sdk.ts";
export type { AISDKModel } from "./models/ai-sdk.ts";
export { fromLangChain } from "./models/langchain.ts";
export type { LangChainModel, LangChainOptions } from "./models/langchain.ts";
export type { LangChainChunk } from "./models/langchain-chunk.ts";
export { withFallbacks } from "./models/fallback.ts";
export type { FallbackOptions } from "./models/fallback.ts";
export { withRetry } from "./models/retry.ts";
export { MissingPackageError } from "./models/missing-package.ts";
export { UpstreamError } from "./models/model.ts";
export type {
  ChatGenerationChunk,
  ChatMessage,
  ChatModel,
  FinishReason,
  ModelOptions,
} from "./models/model.ts";

// What all of them say about how an answer ended
export { failures } from "../shared/limits.ts";
export type { FailureCode } from "../shared/limits.ts";
export type { EndReason, Failure, Member, Usage } from "../shared/protocol.ts";
