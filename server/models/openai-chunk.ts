// What the events of a Chat Completions stream mean, for OpenAI and for all who imitate it.
import { type FinishReason, type ChatGenerationChunk, UpstreamError } from "./model.ts";
import type { ServerSentEvent } from "./sse.ts";

/** The fields we read; servers send many more, and any of these may be missing or of another shape. */
type Delta = { content?: unknown; reasoning_content?: unknown; reasoning?: unknown };
type Choice = { index?: number; delta?: Delta | null; finish_reason?: string | null };
type Usage = { prompt_tokens?: unknown; completion_tokens?: unknown };
type Chunk = { choices?: Choice[] | null; usage?: Usage | null; error?: unknown };

/**
 * Yields what the events say, and returns at `[DONE]` or when they end. A connection that breaks ends them too: the
 * missing finish marker tells.
 * @throws UpstreamError when an event reports a fault, even beside a finish marker
 */
export async function* openaiChunks(
  batches: AsyncIterable<ServerSentEvent[]>,
): AsyncGenerator<ChatGenerationChunk> {
  let hasFinished = false;
  for await (const events of unbroken(batches))
    for (const { event, data } of events) {
      if (data === "[DONE]") {
        if (!hasFinished) yield { text: "", finish: "stop" };
        return;
      }
      const chunk = parse(data);
      if (!chunk) return;
      if (event === "error" || chunk.error) throw new UpstreamError("upstream_error");
      const words = meaningOf(chunk);
      if (words) yield words;
      const finish = finishOf(chunk);
      if (finish) yield { text: "", finish };
      hasFinished ||= finish !== undefined;
    }
}

/** A body that breaks (FIN, RST, abort) is over. Only a fault that we raised ourselves goes on. */
async function* unbroken<T>(batches: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* batches;
  } catch (error) {
    if (error instanceof UpstreamError) throw error;
  }
}

/** Undefined when it is not JSON: a payload that was cut on its way, so nothing after it can be trusted. */
function parse(data: string): Chunk | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const choiceOf = (chunk: Chunk): Choice | undefined =>
  Array.isArray(chunk.choices) ? chunk.choices.find((choice) => (choice?.index ?? 0) === 0) : undefined;

function meaningOf(chunk: Chunk): ChatGenerationChunk | undefined {
  const delta = choiceOf(chunk)?.delta ?? {};
  const text = textOf(delta.content);
  const reasoning = reasoningOf(delta);
  const usage = usageOf(chunk.usage);
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

const finishes: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  eos: "stop",
  length: "length",
  model_length: "length",
  content_filter: "content_filter",
};

/** Read after the words, which may stand in the same chunk. */
function finishOf(chunk: Chunk): FinishReason | undefined {
  const word = choiceOf(chunk)?.finish_reason;
  if (typeof word !== "string" || word === "") return undefined;
  if (word === "tool_calls" || word === "function_call") throw new UpstreamError("upstream_tool_call");
  if (!Object.hasOwn(finishes, word)) throw new UpstreamError("upstream_error");
  return finishes[word];
}

function usageOf(usage: Usage | null | undefined): ChatGenerationChunk["usage"] {
  const { prompt_tokens: input, completion_tokens: output } = usage ?? {};
  return Number.isInteger(input) && Number.isInteger(output)
    ? { input: input as number, output: output as number }
    : undefined;
}
