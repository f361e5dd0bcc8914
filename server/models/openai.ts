// OpenAI's Chat Completions and every server that speaks them. The `openai` package makes the request; the stream is
// read here, because only its raw form tells a finished answer from a cut one.
import OpenAI, { APIConnectionError, APIError } from "openai";
import { openaiChunks } from "./openai-chunk.ts";
import { packageFault } from "./fault.ts";
import {
  type ChatMessage,
  type ChatModel,
  type ChatGenerationChunk,
  type ModelOptions,
  UpstreamError,
} from "./model.ts";
import { serverSentEvents } from "./sse.ts";

export type ChatOpenAIOptions = {
  /** For example `gpt-5-mini`. */
  model: string;
  /** A local server often needs none. */
  apiKey?: string | undefined;
  /** Default: OpenAI's own address. */
  baseURL?: string | undefined;
  /** Default: the provider's. */
  temperature?: number | undefined;
};

type Body = OpenAI.ChatCompletionCreateParamsStreaming;

/** A model of OpenAI, or of any compatible server. It tries once; `withRetry` adds more. */
export class ChatOpenAI implements ChatModel {
  readonly name: string;
  readonly #options: ChatOpenAIOptions;
  readonly #client: OpenAI;
  /** Some servers refuse to be asked for usage; that is learnt once. */
  #asksForUsage = true;

  constructor(options: ChatOpenAIOptions) {
    this.name = `openai:${options.model}`;
    this.#options = options;
    this.#client = openClient(options);
  }

  async *stream(
    messages: readonly ChatMessage[],
    options: ModelOptions = {},
  ): AsyncGenerator<ChatGenerationChunk> {
    const response = await this.#request(messages, options);
    const type = response.headers.get("content-type");
    if ((type !== null && !type.startsWith("text/event-stream")) || !response.body) {
      void response.body?.cancel().catch(() => {});
      throw new UpstreamError("upstream_not_a_stream", { status: response.status });
    }
    yield* openaiChunks(serverSentEvents(response.body));
  }

  async #request(messages: readonly ChatMessage[], options: ModelOptions): Promise<Response> {
    const body = this.#body(messages);
    try {
      return await this.#post(body, options);
    } catch (error) {
      const isRefused = error instanceof UpstreamError && error.status === 400;
      if (!isRefused || !body.stream_options) throw error;
    }
    delete body.stream_options;
    const response = await this.#post(body, options);
    this.#asksForUsage = false; // it was that, and nothing else, that the server refused
    return response;
  }

  async #post(body: Body, { signal }: ModelOptions): Promise<Response> {
    const { completions } = this.#client.chat;
    try {
      return await completions.create(body, { ...(signal && { signal }) }).asResponse();
    } catch (error) {
      throw packageFault(error, { APIError, APIConnectionError });
    }
  }

  #body(messages: readonly ChatMessage[]): Body {
    const { model, temperature } = this.#options;
    return {
      model,
      messages: messages.map(({ role, content }) => ({ role, content })),
      stream: true,
      ...(this.#asksForUsage && { stream_options: { include_usage: true } }),
      ...(temperature !== undefined && { temperature }),
    };
  }
}

function openClient({ apiKey, baseURL }: ChatOpenAIOptions): OpenAI {
  return new OpenAI({
    apiKey: apiKey ?? "none",
    ...(baseURL && { baseURL }),
    maxRetries: 0,
    logLevel: "off", // it would print raw chunks, that is, message text
  });
}
