// The `openai` package makes the request; the stream is read by us, because only its raw form tells a finished answer
// from a cut one. The package is loaded when the first request is made.
import type OpenAI from "openai";
import { ChatCompletionsReader } from "./chat-completions.ts";
import { readEvents } from "./event-reading.ts";
import { packageFault } from "./fault.ts";
import { type ChatGenerationChunk, type ChatMessage, type ModelOptions, UpstreamError } from "./model.ts";
import { largestResponsesEvent, ResponsesReader } from "./responses.ts";

type Package = typeof import("openai");

export type Parameters = {
  readonly model: string;
  readonly temperature?: number | undefined;
  readonly useResponsesApi?: boolean | undefined;
};

export type OpenAIApi = {
  load(): Promise<void>;
  stream(
    messages: readonly ChatMessage[],
    options?: ModelOptions,
  ): AsyncIterableIterator<ChatGenerationChunk>;
};

/** @param openClient is called once, at the first request */
export function createOpenAIApi(parameters: Parameters, openClient: (of: Package) => OpenAI): OpenAIApi {
  let opening: Promise<{ client: OpenAI; of: Package }> | undefined;
  const open = async () => {
    const of = await import("openai");
    return { client: openClient(of), of };
  };
  const request: Request = async (send, signal) => {
    signal?.throwIfAborted();
    const { client, of } = await (opening ??= open());
    try {
      return await send(client);
    } catch (error) {
      throw packageFault(error, of);
    }
  };
  const stream = parameters.useResponsesApi
    ? responses(parameters, request)
    : chatCompletions(parameters, request);
  return { stream, load: async () => void (await (opening ??= open())) };
}

/** @throws UpstreamError */
type Request = (
  send: (client: OpenAI) => Promise<Response>,
  signal: AbortSignal | undefined,
) => Promise<Response>;

function chatCompletions({ model, temperature }: Parameters, request: Request): OpenAIApi["stream"] {
  let asksForUsage = true; // some servers refuse to be asked for it; that is learnt once
  const create = (asked: Asked, includesUsage: boolean) => {
    const usage = includesUsage ? { stream_options: { include_usage: true } } : {};
    const body = {
      model,
      messages: asked.messages,
      ...usage,
      ...sampling(temperature),
      stream: true,
    } as const;
    return request(
      (client) => client.chat.completions.create(body, asked.options).asResponse(),
      asked.options.signal,
    );
  };
  const ask = async (asked: Asked): Promise<Response> => {
    const includesUsage = asksForUsage;
    return create(asked, includesUsage).catch(async (error: unknown) => {
      if (!includesUsage || !isBadRequest(error)) throw error;
      const second = await create(asked, false);
      asksForUsage = false; // it was that, and nothing else, that the server refused
      return second;
    });
  };
  return (messages, { signal, joined } = {}) => {
    const asked = { messages: messages.map(bare), options: { ...(signal && { signal }) } };
    return readEvents(() => ask(asked), new ChatCompletionsReader(), { joined });
  };
}

type Asked = { readonly messages: Bare[]; readonly options: { signal?: AbortSignal } };
type Bare = Pick<ChatMessage, "role" | "content">;

const bare = ({ role, content }: ChatMessage): Bare => ({ role, content });

/** The conversation is ours to keep, so the provider is asked not to. */
function responses({ model, temperature }: Parameters, request: Request): OpenAIApi["stream"] {
  return (messages, { signal, joined } = {}) => {
    const input = messages.map(bare);
    const body = { model, input, store: false, ...sampling(temperature), stream: true } as const;
    const options = { ...(signal && { signal }) };
    const ask = () => request((client) => client.responses.create(body, options).asResponse(), signal);
    return readEvents(ask, new ResponsesReader(), { largest: largestResponsesEvent, joined });
  };
}

const sampling = (temperature: number | undefined) => (temperature === undefined ? {} : { temperature });

/** Mistral refuses what it does not know with 422. */
const isBadRequest = (error: unknown): boolean =>
  error instanceof UpstreamError &&
  error.code === "upstream_bad_request" &&
  (error.status === 400 || error.status === 422);
