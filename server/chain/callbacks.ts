// Callback handlers, under the names that users of LangChain know. One that throws or hangs disturbs nothing.
import type { Usage } from "../../shared/protocol.ts";

export type LLMResult = {
  generations: { text: string }[][];
  llmOutput: { finishReason: string; tokenUsage?: Usage };
};

/** All methods are optional. None is called after the call's signal was aborted. */
export type CallbackHandler = {
  name?: string;
  handleChainStart?(
    chain: { name: string },
    inputs: Readonly<Record<string, unknown>>,
    runId: string,
  ): unknown;
  handleLLMStart?(llm: { name: string }, prompts: string[], runId: string): unknown;
  handleLLMNewToken?(token: string, index: { prompt: number; completion: number }, runId: string): unknown;
  handleLLMEnd?(output: LLMResult, runId: string): unknown;
  handleLLMError?(error: unknown, runId: string): unknown;
  handleChainEnd?(outputs: Readonly<Record<string, unknown>>, runId: string): unknown;
  handleChainError?(error: unknown, runId: string): unknown;
};

type Method = Exclude<keyof CallbackHandler, "name">;
type Arguments<M extends Method> = Parameters<NonNullable<CallbackHandler[M]>>;

export type Callbacks = <M extends Method>(method: M, ...args: Arguments<M>) => void;

/** Calls each handler's method, waits for none, and is silent once the signal is aborted. */
export function createCallbacks(handlers: readonly CallbackHandler[], signal?: AbortSignal): Callbacks {
  return (method, ...args) => {
    if (signal?.aborted) return;
    for (const handler of handlers) call(handler, method, args);
  };
}

function call(handler: CallbackHandler, method: Method, args: unknown[]): void {
  try {
    const result = (handler[method] as ((...args: unknown[]) => unknown) | undefined)?.apply(handler, args);
    if (result instanceof Promise) result.catch(() => {}); // a handler's fault is its own
  } catch {
    // likewise
  }
}

/** Writes the words to the terminal as they come. */
export class StreamingStdOutCallbackHandler implements CallbackHandler {
  readonly name = "StreamingStdOutCallbackHandler";

  handleLLMNewToken(token: string): void {
    process.stdout.write(token);
  }

  handleLLMEnd(): void {
    process.stdout.write("\n");
  }
}
