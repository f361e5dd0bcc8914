// The chain of a conversation: a system text, what was said before, and the next message.
import type { Member } from "../../shared/protocol.ts";
import { LLMChain, type ChainOptions } from "./llm-chain.ts";
import { BufferMemory } from "./memory.ts";
import { ConversationPrompt } from "./prompt.ts";

/** What a conversation is asked with. */
export type ConversationInput = {
  /** The next message. */
  input: string;
  /** Who says it; the model is told when several people speak. */
  author?: Member | undefined;
  /** Stops the answer, like the one in the options. */
  signal?: AbortSignal | undefined;
};

/** Those of any chain; here only the model has no default. */
export type ConversationOptions = Omit<ChainOptions, "prompt"> & Partial<Pick<ChainOptions, "prompt">>;

/** What `invoke` gives: the answer under `response`, or under the `outputKey` that was chosen instead. */
export type ConversationOutput = Record<string, string> & { response: string };

/**
 * A chain that remembers what was said: one for each conversation. Prompt, memory and output key have defaults: a short
 * system text, everything so far, "response".
 */
export class ConversationChain extends LLMChain<ConversationInput, ConversationOutput> {
  constructor(options: ConversationOptions) {
    super({
      ...options,
      prompt: options.prompt ?? new ConversationPrompt(),
      memory: options.memory ?? new BufferMemory(),
      outputKey: options.outputKey ?? "response",
    });
  }
}
