// What the events of a Chat Completions stream mean, for OpenAI and for all who imitate it.
import type { Usage } from "../../shared/protocol.ts";
import { type EventReader, parseObject } from "./event-reading.ts";
import { finishOf } from "./finish.ts";
import { type ChatGenerationChunk, type FinishReason, UpstreamError } from "./model.ts";
import type { ServerSentEvent } from "./sse.ts";

/** The fields we read; servers send many more, and any of these may be missing or of another shape. */
type Delta = { content?: unknown; refusal?: unknown; reasoning_content?: unknown; reasoning?: unknown };
type Choice = { index?: number; delta?: Delta | null; finish_reason?: string | null };
type Chunk = { choices?: Choice[] | null; usage?: UsageReport | null; error?: unknown };
type UsageReport = { prompt_tokens?: unknown; completion_tokens?: unknown };

export class ChatCompletionsReader implements EventReader {
  isDone = false;
  #hasFinished = false;

  *read({ event, data }: ServerSentEvent): Generator<ChatGenerationChunk, void> {
    if (this.isDone) return;
    const chunk = data === "[DONE]" ? undefined : parseObject<Chunk>(data);
    if (!chunk) this.isDone = true;
    if (data === "[DONE]" && !this.#hasFinished) yield { text: "", finish: "stop" };
    if (chunk) yield* this.#meaning(event, chunk);
  }

  /** Words come before the finish word, which may stand in the same chunk and be a fault. */
  *#meaning(event: string, chunk: Chunk): Generator<ChatGenerationChunk, void> {
    if (event === "error" || chunk.error) throw new UpstreamError("upstream_error");
    const choice = choiceOf(chunk);
    const words = wordsOf(choice?.delta ?? {}, usageOf(chunk.usage));
    if (words) yield words;
    const finish = finishWord(choice);
    if (!finish) return;
    this.#hasFinished = true;
    yield { text: "", finish };
  }
}

const choiceOf = (chunk: Chunk): Choice | undefined =>
  Array.isArray(chunk.choices) ? chunk.choices.find((choice) => (choice?.index ?? 0) === 0) : undefined;

function wordsOf(delta: Delta, usage: Usage | undefined): ChatGenerationChunk | undefined {
  const text = textOf(delta.content) || textOf(delta.refusal);
  const reasoning = reasoningOf(delta);
  if (!text && !reasoning && !usage) return undefined;
  return { text, ...(reasoning && { reasoning }), ...(usage && { usage }) };
}

type Part = { type?: string; text?: unknown; thinking?: unknown };

/** A string, or (Mistral with thinking) an array of parts. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return partsOf(content, "text")
    .map(({ text }) => (typeof text === "string" ? text : ""))
    .join("");
}

/** DeepSeek and others name it `reasoning_content`, Groq, Ollama and OpenRouter `reasoning`, Mistral sends parts. */
function reasoningOf({ content, reasoning_content, reasoning }: Delta): string {
  if (typeof reasoning_content === "string" && reasoning_content) return reasoning_content;
  if (typeof reasoning === "string" && reasoning) return reasoning;
  return partsOf(content, "thinking")
    .map(({ thinking }) => textOf(thinking))
    .join("");
}

const partsOf = (content: unknown, type: string): Part[] =>
  Array.isArray(content)
    ? ((content as (Part | null)[]).filter((part) => part?.type === type) as Part[])
    : [];

function finishWord(choice: Choice | undefined): FinishReason | undefined {
  const word = choice?.finish_reason;
  return typeof word === "string" && word !== "" ? finishOf(word) : undefined;
}

function usageOf(usage: UsageReport | null | undefined): Usage | undefined {
  const { prompt_tokens: input, completion_tokens: output } = usage ?? {};
  return Number.isInteger(input) && Number.isInteger(output)
    ? { input: input as number, output: output as number }
    : undefined;
}
