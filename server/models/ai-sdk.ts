// A language model of the AI SDK as a model of ours. By its shape: nothing of the AI SDK is imported.
import type { Usage } from "../../shared/protocol.ts";
import { finishOf } from "./finish.ts";
import { foreignFault } from "./foreign-fault.ts";
import { foreignStream } from "./foreign-stream.ts";
import { type ChatGenerationChunk, type ChatMessage, type ChatModel, UpstreamError } from "./model.ts";

type Message =
  | { role: "system"; content: string }
  | { role: "user" | "assistant"; content: { type: "text"; text: string }[] };

/** A part of the stream. We read five types of it and skip the others. */
type Part = {
  readonly type: string;
  readonly delta?: unknown;
  readonly error?: unknown;
  readonly finishReason?: unknown;
  readonly usage?: unknown;
  readonly providerExecuted?: unknown;
};

type Reader = { read(): Promise<{ done: boolean; value?: Part | undefined }>; cancel(): Promise<void> };

/** What a language model of the AI SDK is, as far as we need it. */
export type AISDKModel = {
  /** `v2` (AI SDK 5), `v3` (6) or `v4` (7). */
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  doStream(options: {
    prompt: Message[];
    abortSignal: AbortSignal;
  }): PromiseLike<{ stream: { getReader(): Reader } }>;
};

const versions = ["v2", "v3", "v4"];

/**
 * Makes a model of a language model of the AI SDK. Its name is `<provider>:<modelId>`.
 *
 * - It tries once: the AI SDK's own `maxRetries` belongs to `streamText` and not to its models. `withRetry` adds more.
 * - What its packages hide is hidden here: HTTP 200 with a page or with JSON ends like a cut connection, `interrupted`,
 *   and so does `[DONE]` without a finish word.
 * - A finish reason `interrupted`, `unknown` (`v2`), or `other` without a raw word is how they say that the provider
 *   gave none. `other` with a raw word is read by that word.
 * @throws Error at once, when it is not a language model of specification v2, v3 or v4
 * @throws UpstreamError while it streams: by the HTTP status, `upstream_unreachable` when there was no answer,
 * `upstream_cut` when the connection broke, `upstream_tool_call`, `upstream_error` for anything else that it reports
 */
export function fromAISDK(model: AISDKModel): ChatModel {
  const version: unknown = (model as Partial<AISDKModel> | null | undefined)?.specificationVersion;
  if (typeof version !== "string" || !versions.includes(version) || typeof model.doStream !== "function")
    throw new Error(
      `fromAISDK needs a language model of the AI SDK, of specification ${versions.join(", ")}; ` +
        `this is ${typeof version === "string" && !versions.includes(version) ? `specification ${version}` : "something else"}.`,
    );
  return {
    name: `${model.provider}:${model.modelId}`,
    stream: (messages, { signal } = {}) => answer(foreignStream(opening(model, messages), signal)),
  };
}

/** Not the stream's own iterator: that one would wait for a pending read before it cancels. */
const opening =
  (model: AISDKModel, messages: readonly ChatMessage[]) =>
  async (abortSignal: AbortSignal): Promise<AsyncIterator<Part>> => {
    const { stream } = await model.doStream({ prompt: messages.map(messageOf), abortSignal });
    const reader = stream.getReader();
    return {
      next: async () => {
        const { done, value } = await reader.read();
        return done || !value ? { done: true, value: undefined } : { done: false, value };
      },
      return: async () => {
        await reader.cancel();
        return { done: true, value: undefined };
      },
    };
  };

function messageOf({ role, content }: ChatMessage): Message {
  return role === "system" ? { role, content } : { role, content: [{ type: "text", text: content }] };
}

async function* answer(parts: AsyncIterable<Part>): AsyncGenerator<ChatGenerationChunk> {
  for await (const part of parts) {
    const words = typeof part.delta === "string" ? part.delta : "";
    if (part.type === "text-delta" && words) yield { text: words };
    else if (part.type === "reasoning-delta" && words) yield { text: "", reasoning: words };
    else if (part.type === "error") throw reported(part.error);
    else if (part.type === "tool-call" && part.providerExecuted !== true)
      throw new UpstreamError("upstream_tool_call");
    else if (part.type === "finish") yield* finishing(part);
  }
}

/** Whatever stands in an error part, the provider said it. */
function reported(error: unknown): UpstreamError {
  const fault = foreignFault(error, true);
  return fault instanceof UpstreamError ? fault : new UpstreamError("upstream_error");
}

function* finishing({ finishReason, usage }: Part): Generator<ChatGenerationChunk> {
  const word = wordOf(finishReason);
  if (!word) return; // and no usage either: what there is of it is not the whole answer's
  const counted = usageOf(usage);
  yield { text: "", finish: finishOf(word), ...(counted && { usage: counted }) };
}

/** A word in v2, `{unified, raw}` since v3. */
function wordOf(reason: unknown): string | undefined {
  const { unified, raw } = (typeof reason === "string" ? { unified: reason } : (reason ?? {})) as {
    unified?: unknown;
    raw?: unknown;
  };
  const isPaused = raw === "pause_turn"; // Anthropic's turn is not over, but its package calls that a stop
  const word = isPaused || (unified === "other" && typeof reason !== "string") ? raw : unified;
  return typeof word === "string" && word !== "interrupted" && word !== "unknown" ? word : undefined;
}

/** Numbers in v2, `{total}` since v3. */
function usageOf(usage: unknown): Usage | undefined {
  const { inputTokens, outputTokens } = (usage ?? {}) as { inputTokens?: unknown; outputTokens?: unknown };
  const [input, output] = [totalOf(inputTokens), totalOf(outputTokens)];
  return input === undefined || output === undefined ? undefined : { input, output };
}

function totalOf(count: unknown): number | undefined {
  const total: unknown = typeof count === "object" && count ? (count as { total?: unknown }).total : count;
  return Number.isInteger(total) ? (total as number) : undefined;
}
