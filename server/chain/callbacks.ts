// Tells callback handlers what happens. One that throws or hangs disturbs nothing.
import { v7 } from "uuid";
import type { CallbackHandler, CallExtras, LLMResult } from "../models/callback-handler.ts";
import type { ChatGenerationChunk, ChatMessage, ChatModel } from "../models/model.ts";

type Method = Exclude<keyof CallbackHandler, "name">;
type Arguments<M extends Method> = Parameters<NonNullable<CallbackHandler[M]>>;

type Parts = {
  readonly llm: ChatModel;
  /** Of the chain and of this call. Those of the model hear only of the model. */
  readonly handlers: readonly CallbackHandler[];
  /** The caller's; nobody is told anything after it was aborted. */
  readonly signal: AbortSignal | undefined;
};

export type Callbacks = ReturnType<typeof createCallbacks>;

/** The story of one call of a chain, and of the model's call in it, as handlers hear it. */
export function createCallbacks({ llm, handlers, signal }: Parts) {
  const all = [...new Set([...handlers, ...(llm.callbacks ?? [])])]; // who is given twice hears it once
  const [parent, id] = all.length > 0 ? [v7(), v7()] : ["", ""];
  const name = llm.name;
  const ofChain = telling(handlers, signal);
  const ofModel = telling(all, signal);
  const forMessages = telling(all.filter(wantsMessages), signal);
  const others = all.filter((handler) => !wantsMessages(handler));
  const forPrompts = telling(others, signal);
  return {
    begin: (chain: string, inputs: Readonly<Record<string, unknown>>): void =>
      ofChain("handleChainStart", { name: chain }, inputs, parent),
    ask(messages: readonly ChatMessage[], extras: CallExtras): void {
      forMessages("handleChatModelStart", { name }, [[...messages]], id, parent, extras);
      if (others.length > 0) forPrompts("handleLLMStart", { name }, [spelt(messages)], id, parent, extras);
    },
    word(chunk: ChatGenerationChunk): void {
      if (all.length > 0)
        ofModel("handleLLMNewToken", chunk.text, firstOfOne, id, parent, undefined, { chunk });
    },
    end(output: LLMResult, outputs: Readonly<Record<string, unknown>>): void {
      ofModel("handleLLMEnd", output, id, parent);
      ofChain("handleChainEnd", outputs, parent);
    },
    fail(error: unknown): void {
      ofModel("handleLLMError", error, id, parent);
      ofChain("handleChainError", error, parent);
    },
  };
}

/** There is one prompt, and one answer to it. */
const firstOfOne = { prompt: 0, completion: 0 };

const wantsMessages = (handler: CallbackHandler): boolean => handler.handleChatModelStart !== undefined;

const spelt = (messages: readonly ChatMessage[]): string => messages.map(({ content }) => content).join("\n");

/** Calls each handler's method, waits for none, and is silent once the signal is aborted. */
function telling(handlers: readonly CallbackHandler[], signal: AbortSignal | undefined) {
  return <M extends Method>(method: M, ...args: Arguments<M>): void => {
    for (const handler of handlers) if (!signal?.aborted) call(handler, method, args);
  };
}

function call(handler: CallbackHandler, method: Method, args: unknown[]): void {
  try {
    const result = (handler[method] as ((...args: unknown[]) => unknown) | undefined)?.apply(handler, args);
    if (isThenable(result)) result.then(undefined, () => {}); // a handler's fault is its own
  } catch {
    // likewise
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";

/** Writes the words to standard output as they come, and a line's end after an answer that was not cut short. */
export class StreamingStdOutCallbackHandler implements CallbackHandler {
  readonly name = "StreamingStdOutCallbackHandler";

  handleLLMNewToken(token: string): void {
    process.stdout.write(token);
  }

  handleLLMEnd(): void {
    process.stdout.write("\n");
  }
}
