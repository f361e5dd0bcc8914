// Anthropic's models. The `@anthropic-ai/sdk` package makes the request, and is loaded when the first one is made; the
// stream is read by us, because the package ends its loop as quietly for a cut answer as for a whole one.
import type Anthropic from "@anthropic-ai/sdk";
import { AnthropicReader } from "./anthropic-messages.ts";
import type { CallbackHandler } from "./callback-handler.ts";
import { readEvents } from "./event-reading.ts";
import { clientOptions } from "./fetch.ts";
import { packageFault } from "./fault.ts";
import { MissingPackageError } from "./missing-package.ts";
import type { ChatGenerationChunk, ChatMessage, ChatModel, ModelOptions } from "./model.ts";

/** Which model, how it is reached, how it answers. */
export type ChatAnthropicOptions = {
  /** For example `claude-haiku-4-5`. */
  model: string;
  /** Default: ANTHROPIC_API_KEY, as the `@anthropic-ai/sdk` package reads it. */
  apiKey?: string | undefined;
  /** Default: Anthropic's own address. */
  baseURL?: string | undefined;
  /** The longest answer, thinking included; a longer one ends with `length`. Tokens. Default 16,384. */
  maxTokens?: number | undefined;
  /** Default: the provider's. */
  temperature?: number | undefined;
  /** They hear of every call that a chain makes of this model. */
  callbacks?: readonly CallbackHandler[];
};

type Package = typeof import("@anthropic-ai/sdk");

/** A model of Anthropic. It tries once; `withRetry` adds more. Needs the package `@anthropic-ai/sdk`. */
export class ChatAnthropic implements ChatModel {
  readonly name: string;
  readonly callbacks: readonly CallbackHandler[];
  readonly #options: ChatAnthropicOptions;
  #opening: Promise<{ client: Anthropic; of: Package }> | undefined;

  constructor(options: ChatAnthropicOptions) {
    this.name = `anthropic:${options.model}`;
    this.callbacks = options.callbacks ?? [];
    this.#options = options;
  }

  /** Loads the provider's package now, and not with the first request. @throws MissingPackageError */
  async load(): Promise<void> {
    await (this.#opening ??= open(this.#options));
  }

  /** See `ChatModel.stream`. */
  stream(
    messages: readonly ChatMessage[],
    { signal, joined }: ModelOptions = {},
  ): AsyncIterableIterator<ChatGenerationChunk> {
    return readEvents(() => this.#request(messages, signal), new AnthropicReader(), { joined });
  }

  async #request(messages: readonly ChatMessage[], signal: AbortSignal | undefined): Promise<Response> {
    signal?.throwIfAborted();
    const { client, of } = await (this.#opening ??= open(this.#options));
    try {
      return await client.messages.create(this.#body(messages), { ...(signal && { signal }) }).asResponse();
    } catch (error) {
      throw packageFault(error, of);
    }
  }

  /** What the system says stands beside the messages, and not among them. */
  #body(messages: readonly ChatMessage[]): Anthropic.MessageCreateParamsStreaming {
    const { model, maxTokens = 16_384, temperature } = this.#options;
    const system = messages.flatMap(({ role, content }) => (role === "system" ? [content] : [])).join("\n\n");
    const talk = messages.flatMap(({ role, content }) => (role === "system" ? [] : [{ role, content }]));
    const sampling = temperature === undefined ? {} : { temperature };
    return {
      model,
      max_tokens: maxTokens,
      messages: talk,
      stream: true,
      ...(system && { system }),
      ...sampling,
    };
  }
}

async function open({ apiKey, baseURL }: ChatAnthropicOptions): Promise<{ client: Anthropic; of: Package }> {
  const of = await import("@anthropic-ai/sdk").catch((cause: unknown) => {
    throw new MissingPackageError("@anthropic-ai/sdk", { cause });
  });
  const given = { ...(apiKey !== undefined && { apiKey }), ...(baseURL && { baseURL }) };
  return { client: new of.Anthropic({ ...given, ...clientOptions }), of };
}
