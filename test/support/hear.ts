// Asks a model the way a chain does, and gives everything that came of it.
import { generate, type GenerationOptions } from "../../server/chain/generation.ts";
import type { ChatGenerationChunk, ChatMessage, ChatModel } from "../../server/models/model.ts";

export type Heard = { text: string; reasoning: string; last: ChatGenerationChunk };

type Options = GenerationOptions & {
  messages?: readonly ChatMessage[];
  /** Hears each chunk before the next one is asked for. */
  onChunk?: (chunk: ChatGenerationChunk) => void;
};

export async function hear(llm: ChatModel, options: Options = {}): Promise<Heard> {
  const { messages = [{ role: "user", content: "Hello" }], onChunk, ...rest } = options;
  let [text, reasoning] = ["", ""];
  for await (const chunk of generate({ ...rest, llm, prompt: () => Promise.resolve(messages) })) {
    text += chunk.text;
    reasoning += chunk.reasoning ?? "";
    onChunk?.(chunk);
    if (chunk.finish) return { text, reasoning, last: chunk };
  }
  throw new Error("there was no last chunk");
}

/** What a model gives by itself, without a chain around it. */
export async function chunksOf(answer: AsyncIterable<ChatGenerationChunk>): Promise<ChatGenerationChunk[]> {
  const chunks: ChatGenerationChunk[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return chunks;
}
