// OpenAI, and every server that speaks its Chat Completions.
import type { CallbackHandler } from "./callback-handler.ts";
import { clientOptions } from "./fetch.ts";
import type { ChatGenerationChunk, ChatMessage, ChatModel, ModelOptions } from "./model.ts";
import { createOpenAIApi, type OpenAIApi } from "./openai-api.ts";

/** Which model, how it is reached, how it answers. */
export type ChatOpenAIOptions = {
  /** For example `gpt-5-mini`. */
  model: string;
  /** Default: OPENAI_API_KEY, as the `openai` package reads it. With a `baseURL`, none is needed. */
  apiKey?: string | undefined;
  /** Default: OPENAI_BASE_URL, else OpenAI's own address. */
  baseURL?: string | undefined;
  /** Default: the provider's. */
  temperature?: number | undefined;
  /** True asks by the Responses API, which fewer servers have. Default false: Chat Completions. */
  useResponsesApi?: boolean | undefined;
  /** They hear of every call that a chain makes of this model. */
  callbacks?: readonly CallbackHandler[];
};

/** A model of OpenAI, or of any compatible server. It tries once; `withRetry` adds more. */
export class ChatOpenAI implements ChatModel {
  readonly name: string;
  readonly callbacks: readonly CallbackHandler[];
  readonly #api: OpenAIApi;

  constructor({ apiKey, baseURL, callbacks = [], ...parameters }: ChatOpenAIOptions) {
    this.name = `openai:${parameters.model}`;
    this.callbacks = callbacks;
    this.#api = createOpenAIApi(parameters, ({ OpenAI }) => {
      const options = { ...clientOptions, ...(baseURL && { baseURL }) };
      if (apiKey !== undefined) return new OpenAI({ ...options, apiKey });
      try {
        return new OpenAI(options);
      } catch (error) {
        if (!baseURL) throw error;
        return new OpenAI({ ...options, apiKey: "none" }); // the package insists on a key, a local server does not
      }
    });
  }

  /** Loads the provider's package now, and not with the first request. */
  load(): Promise<void> {
    return this.#api.load();
  }

  /** See `ChatModel.stream`. */
  stream(
    messages: readonly ChatMessage[],
    options?: ModelOptions,
  ): AsyncIterableIterator<ChatGenerationChunk> {
    return this.#api.stream(messages, options);
  }
}
