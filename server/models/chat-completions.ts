// What the events of a Chat Completions stream mean, for OpenAI and for all who imitate it.
import type { Usage } from "../../shared/protocol.ts";
import { type EventReader, isCount, parseObject } from "./event-reading.ts";
import { EventShape } from "./event-shape.ts";
import { verdictOn } from "./finish.ts";
import { type ChatGenerationChunk, type FinishReason, UpstreamError } from "./model.ts";
import type { ServerSentEvent } from "./sse.ts";

/** The fields we read; servers send many more, and any of these may be missing or of another shape. */
type Delta = {
  content?: unknown;
  refusal?: unknown;
  reasoning_content?: unknown;
  reasoning?: unknown;
  tool_calls?: unknown;
};
type UsageReport = { prompt_tokens?: unknown; completion_tokens?: unknown } | null;
type Choice = { index?: number; delta?: Delta | null; finish_reason?: string | null; usage?: UsageReport };
type Chunk = {
  choices?: Choice[] | null;
  usage?: UsageReport;
  error?: unknown;
  error_code?: unknown;
  object?: unknown;
};

/** Events in a row whose shape is learnt in vain, before no more are. */
const tries = 8;

export class ChatCompletionsReader implements EventReader {
  isDone = false;
  fault: UpstreamError | undefined;
  #hasFinished = false;
  #hasText = false;
  #wantsTool = false;
  /** A fault that we do not know as one has no choices: what says only [DONE] after it has not said that all is well. */
  #hadChoicesAlways = true;
  #shape: EventShape | undefined;
  /** A stream whose events have no common shape is parsed, and costs no more. */
  #triesLeft = tries;

  read({ event, data }: ServerSentEvent): ChatGenerationChunk | undefined {
    if (event === "error") throw new UpstreamError("upstream_error");
    const words = this.#shape?.wordsOf(data);
    if (words) return this.#known({ text: words });
    const chunk = data === "[DONE]" ? undefined : parseObject<Chunk>(data);
    if (chunk) return this.#learn(data, this.#meaning(chunk));
    this.isDone = true;
    const isEnd = data === "[DONE]" && !this.#hasFinished && this.#hadChoicesAlways;
    const finish = isEnd ? this.#finish("stop") : undefined;
    return finish && { text: "", finish };
  }

  wordsIn(bytes: Buffer): string[] | undefined {
    return this.#known(this.#shape?.wordsIn(bytes));
  }

  #known<T>(said: T): T {
    if (said) this.#triesLeft = tries;
    return said;
  }

  /** An event that says nothing but words may be the pattern of those that follow; that is tried out. */
  #learn(data: string, said: ChatGenerationChunk | undefined): ChatGenerationChunk | undefined {
    if (this.#triesLeft <= 0 || !said?.text || Object.keys(said).length > 1) return said;
    this.#triesLeft -= 1;
    const shape = EventShape.of(data, "content", said.text);
    const chunk = shape && parseObject<Chunk>(shape.with("proof"));
    if (chunk && textIn(choicesOf(chunk)) === "proof") this.#shape = shape;
    return said;
  }

  #meaning(chunk: Chunk): ChatGenerationChunk | undefined {
    if (isFault(chunk)) this.fault = new UpstreamError("upstream_error");
    this.#hadChoicesAlways &&= Array.isArray(chunk.choices);
    const choices = choicesOf(chunk);
    const text = textIn(choices);
    this.#hasText ||= text !== "";
    this.#wantsTool ||= choices.some(({ delta }) => isCall(delta));
    const reasoning = choices.map(({ delta }) => reasoningOf(delta ?? {})).join("");
    const usage = usageOf(chunk.usage ?? choices.find((choice) => choice.usage)?.usage);
    const finish = this.#finish(choices.find((choice) => choice.finish_reason)?.finish_reason);
    if (!text && !reasoning && !usage && !finish) return undefined;
    return { text, ...(reasoning && { reasoning }), ...(usage && { usage }), ...(finish && { finish }) };
  }

  /** A finish word that is a fault may stand beside words, and a good one beside a fault, which wins. */
  #finish(word: unknown): FinishReason | undefined {
    if (typeof word !== "string" || word === "" || this.fault) return undefined;
    this.#hasFinished = true;
    const { finish, fault } = verdictOn(word, this.#wantsTool && !this.#hasText);
    this.fault = fault;
    return finish;
  }
}

/** As most report it; as FastChat does; as vLLM and others did. */
const isFault = ({ error, error_code, object }: Chunk): boolean =>
  Boolean(error) || Boolean(error_code) || object === "error";

/** We ask for one choice; others may come nevertheless, and ours in parts. */
const choicesOf = ({ choices }: Chunk): Choice[] =>
  Array.isArray(choices) ? choices.filter((choice) => choice && (choice.index ?? 0) === 0) : [];

const textIn = (choices: Choice[]): string =>
  choices.map(({ delta }) => textOf(delta?.content) || textOf(delta?.refusal)).join("");

const isCall = (delta: Delta | null | undefined): boolean =>
  Array.isArray(delta?.tool_calls) && delta.tool_calls.length > 0;

type Part = { type?: string; text?: unknown; thinking?: unknown };

/** A string, or (Mistral with thinking) an array of parts. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return partsOf(content, "text")
    .map(({ text }) => (typeof text === "string" ? text : ""))
    .join("");
}

/** DeepSeek and others name it `reasoning_content`, Groq, Ollama and OpenRouter `reasoning`, Mistral sends parts. */
function reasoningOf({ content, reasoning_content, reasoning }: Delta): string {
  if (typeof reasoning_content === "string" && reasoning_content) return reasoning_content;
  if (typeof reasoning === "string" && reasoning) return reasoning;
  if (!Array.isArray(content)) return "";
  return partsOf(content, "thinking")
    .map(({ thinking }) => textOf(thinking))
    .join("");
}

const partsOf = (content: unknown[], type: string): Part[] =>
  (content as (Part | null)[]).filter((part): part is Part => part?.type === type);

function usageOf(usage: UsageReport | undefined): Usage | undefined {
  if (!usage) return undefined;
  const { prompt_tokens: input, completion_tokens: output } = usage;
  return isCount(input) && isCount(output) ? { input, output } : undefined;
}
