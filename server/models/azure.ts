// OpenAI's models as Azure serves them.
import type { CallbackHandler } from "./callback-handler.ts";
import { clientOptions } from "./fetch.ts";
import type { ChatGenerationChunk, ChatMessage, ChatModel, ModelOptions } from "./model.ts";
import { createOpenAIApi, type OpenAIApi } from "./openai-api.ts";

/** Which deployment, how it is reached, how it answers. */
export type AzureChatOpenAIOptions = {
  /** The name under which the model was deployed. */
  deployment: string;
  /** For example `https://example.openai.azure.com`. Default: AZURE_OPENAI_ENDPOINT, as the `openai` package reads it. */
  endpoint?: string | undefined;
  /** For example `2025-04-01-preview`. Default: OPENAI_API_VERSION. */
  apiVersion?: string | undefined;
  /** Default: AZURE_OPENAI_API_KEY. */
  apiKey?: string | undefined;
  /** Gives a token of Microsoft Entra, instead of a key; asked before each request. */
  azureADTokenProvider?: (() => Promise<string>) | undefined;
  /** Default: the provider's. */
  temperature?: number | undefined;
  /** They hear of every call that a chain makes of this model. */
  callbacks?: readonly CallbackHandler[];
};

/** A deployment on Azure. It tries once; `withRetry` adds more. */
export class AzureChatOpenAI implements ChatModel {
  readonly name: string;
  readonly callbacks: readonly CallbackHandler[];
  readonly #api: OpenAIApi;

  constructor({ deployment, temperature, callbacks = [], ...options }: AzureChatOpenAIOptions) {
    const { endpoint, apiVersion, apiKey, azureADTokenProvider } = options;
    const access = { endpoint, apiVersion, apiKey, azureADTokenProvider };
    this.name = `azure:${deployment}`;
    this.callbacks = callbacks;
    this.#api = createOpenAIApi({ model: deployment, temperature }, ({ AzureOpenAI }) => {
      // else OPENAI_BASE_URL would win silently, and get the key, and AZURE_OPENAI_API_KEY would be one too many
      const unread = {
        baseURL: null,
        ...(access.azureADTokenProvider && { apiKey: null }),
      } as unknown as object;
      const given = Object.fromEntries(Object.entries(access).filter(([, value]) => value !== undefined));
      return new AzureOpenAI({ ...clientOptions, ...unread, ...given, deployment });
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
