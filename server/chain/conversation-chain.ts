// The chain of a conversation: a system text, what was said before, and the next message.
import type { Member } from "../../shared/protocol.ts";
import type { ChatGenerationChunk } from "../models/model.ts";
import { LLMChain, type CallOptions, type ChainOptions } from "./llm-chain.ts";
import { BufferMemory } from "./memory.ts";
import { ConversationPrompt } from "./prompt.ts";

export type ConversationInput = {
  input: string;
  /** Who says it; the model is told when several people speak. */
  author?: Member;
};

/** Prompt, memory and output key have defaults: a short system text, everything so far, "response". */
export class ConversationChain {
  readonly #chain: LLMChain;

  constructor(options: Omit<ChainOptions, "prompt"> & Partial<Pick<ChainOptions, "prompt">>) {
    this.#chain = new LLMChain({
      ...options,
      prompt: options.prompt ?? new ConversationPrompt(),
      memory: options.memory ?? new BufferMemory(),
      outputKey: options.outputKey ?? "response",
    });
  }

  /** See `LLMChain.invoke`. */
  invoke(values: ConversationInput, options?: CallOptions): Promise<Record<string, string>> {
    return this.#chain.invoke(asked(values), options);
  }

  /** See `LLMChain.stream`. */
  stream(values: ConversationInput, options?: CallOptions): AsyncGenerator<ChatGenerationChunk> {
    return this.#chain.stream(asked(values), options);
  }
}

const asked = ({ input, author }: ConversationInput) => ({
  input: { role: "user", content: input, ...(author && { author }) } as const,
});
