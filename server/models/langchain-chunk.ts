// What the chunks of LangChain's chat models mean. The places were read in the packages of its repository (August 2026).
// https://github.com/langchain-ai/langchainjs/tree/main/libs/providers
import { finishOf } from "./finish.ts";
import type { Usage } from "../../shared/protocol.ts";
import { type ChatGenerationChunk, type FinishReason, UpstreamError } from "./model.ts";

/** An `AIMessageChunk`, or an `AIMessage` from a model that cannot stream. Every provider fills it in another way. */
export type LangChainChunk = {
  readonly content: unknown;
  readonly response_metadata?: unknown;
  readonly additional_kwargs?: unknown;
  readonly usage_metadata?: unknown;
  readonly tool_calls?: unknown;
  readonly tool_call_chunks?: unknown;
};

/** Reads the chunks of one answer, in order. */
export function langChainReader() {
  const count = createCount();
  let finish: FinishReason | undefined;

  function* marker(): Generator<ChatGenerationChunk> {
    const usage = count.usage();
    if (finish) yield { text: "", finish, ...(usage && { usage }) };
  }

  return {
    /**
     * Words at once; usage with the finish word, since before it the count is not yet the whole answer's.
     * @throws UpstreamError `upstream_tool_call` for a call or a word that asks for one, `upstream_error` for an
     * unknown word
     */
    *read(chunk: LangChainChunk): Generator<ChatGenerationChunk> {
      const words = wordsOf(chunk);
      if (words) yield words;
      if (asksForTool(chunk)) throw new UpstreamError("upstream_tool_call");
      const hasCounted = count.add(chunk);
      const word = finishWordOf(chunk);
      if (word) finish = finishOf(word);
      if (word || hasCounted) yield* marker();
    },
    /** The stream has ended, and somebody vouches for this reason where no word was given. */
    *end(reason: FinishReason): Generator<ChatGenerationChunk> {
      if (finish) return;
      finish = reason;
      yield* marker();
    },
  };
}

function wordsOf({ content, additional_kwargs }: LangChainChunk): ChatGenerationChunk | undefined {
  const text = typeof content === "string" ? content : blocksOf(content, ["text"]);
  const reasoning =
    blocksOf(content, ["reasoning", "thinking"]) || textIn(additional_kwargs, "reasoning_content"); // DeepSeek, Ollama, OpenRouter
  return text || reasoning ? { text, ...(reasoning && { reasoning }) } : undefined;
}

/** The text of a block stands under the name of its type. */
const blocksOf = (content: unknown, types: readonly string[]): string =>
  itemsOf(content)
    .map((block) => (types.includes(textIn(block, "type")) ? textIn(block, textIn(block, "type")) : ""))
    .join("");

/** The first piece of a call has its name. Pieces without one may belong to a tool that the provider runs itself. */
const asksForTool = ({ tool_calls, tool_call_chunks }: LangChainChunk): boolean =>
  [...itemsOf(tool_calls), ...itemsOf(tool_call_chunks)].some((call) => textIn(call, "name") !== "");

/** OpenAI and its like; Anthropic; Google, Mistral, Cohere; Ollama; Bedrock. */
const wordNames = ["finish_reason", "stop_reason", "finishReason", "done_reason", "stopReason"];

function finishWordOf(chunk: LangChainChunk): string | undefined {
  const metadata = chunk.response_metadata;
  if (isInvented(chunk)) return undefined;
  const places = [metadata, fieldOf(metadata, "messageStop"), chunk.additional_kwargs]; // the last one is Anthropic's
  const words = places.flatMap((place) => wordNames.map((name) => textIn(place, name)));
  return words.find(Boolean) ?? responsesWordOf(metadata);
}

/**
 * Google's packages end a stream with a `stop` of their own, also one that was cut. It stands alone in its chunk, and
 * the provider's own word is `STOP`.
 */
function isInvented(chunk: LangChainChunk): boolean {
  if (wordsOf(chunk) || textIn(chunk.response_metadata, "finishReason") !== "stop") return false;
  const said = Object.keys(chunk.response_metadata as object);
  return said.every((name) => name === "finishReason" || name === "output_version");
}

/** OpenAI's Responses have no finish word: a status, and the reason when it is `incomplete`. */
function responsesWordOf(metadata: unknown): string | undefined {
  if (textIn(metadata, "object") !== "response") return undefined;
  const status = textIn(metadata, "status");
  return status === "completed"
    ? "stop"
    : textIn(fieldOf(metadata, "incomplete_details"), "reason") || status || undefined;
}

/** The counts of an answer's chunks add up, but Anthropic's last count of the output includes its first one. */
function createCount() {
  let [input, output] = [0, 0];
  let isTold = false;
  let isRunning = false;
  return {
    /** Says whether the chunk had a count. */
    add({ usage_metadata, response_metadata }: LangChainChunk): boolean {
      isRunning ||= textIn(response_metadata, "model_provider") === "anthropic";
      const more = fieldOf(usage_metadata, "output_tokens");
      const asked = fieldOf(usage_metadata, "input_tokens");
      if (typeof more !== "number" || typeof asked !== "number") return false;
      input += asked;
      output = isRunning ? Math.max(output, more) : output + more;
      return (isTold = true);
    },
    usage: (): Usage | undefined => (isTold ? { input, output } : undefined),
  };
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;

const textIn = (value: unknown, name: string): string => {
  const field = fieldOf(value, name);
  return typeof field === "string" ? field : "";
};

const itemsOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
