// A model whose words are in the test's hand: it speaks when told to, and records what it was shown.
import type { ChatMessage, ChatModel, ChatGenerationChunk, ModelOptions } from "../../server/models/model.ts";

/** One call of the model. Nothing comes out of it but what the test puts in. */
export type ModelCall = {
  readonly messages: readonly ChatMessage[];
  readonly signal: AbortSignal | undefined;
  /** Speaks some words. */
  say(...texts: string[]): void;
  chunk(chunk: ChatGenerationChunk): void;
  /** Speaks the finish marker and ends the stream. */
  finish(finish?: ChatGenerationChunk["finish"]): void;
  /** Ends the stream without one. */
  end(): void;
  fail(error: unknown): void;
};

export type ScriptedModel = ChatModel & {
  readonly calls: readonly ModelCall[];
  /** The next call that was not taken yet; waits for it. */
  nextCall(): Promise<ModelCall>;
};

type Options = {
  /** Answers each call by itself, instead of waiting for the test. */
  onCall?: (call: ModelCall) => void;
  /** Goes on after an abort, as bad models do. */
  ignoresSignal?: boolean;
};

export function createScriptedModel({ onCall, ignoresSignal = false }: Options = {}): ScriptedModel {
  const calls: ModelCall[] = [];
  const waiting: ((call: ModelCall) => void)[] = [];
  let taken = 0;
  return {
    name: "scripted",
    calls,
    nextCall: () => {
      const call = calls[taken++];
      return call ? Promise.resolve(call) : new Promise((resolve) => waiting.push(resolve));
    },
    stream: (messages, options = {}) => {
      const { call, chunks } = createCall(messages, ignoresSignal ? {} : options);
      calls.push(call);
      waiting.shift()?.(call);
      onCall?.(call);
      return chunks;
    },
  };
}

type Step = { chunk: ChatGenerationChunk } | { error: unknown } | "end";

function createCall(messages: readonly ChatMessage[], { signal }: ModelOptions) {
  const steps: Step[] = [];
  let wake = (): void => {};
  const push = (step: Step): void => {
    steps.push(step);
    wake();
  };
  signal?.addEventListener("abort", () => push({ error: signal.reason }));
  const call: ModelCall = {
    messages,
    signal,
    say: (...texts) => texts.forEach((text) => push({ chunk: { text } })),
    chunk: (chunk) => push({ chunk }),
    finish: (finish = "stop") => {
      push({ chunk: { text: "", finish } });
      push("end");
    },
    end: () => push("end"),
    fail: (error) => push({ error }),
  };
  async function* chunks(): AsyncGenerator<ChatGenerationChunk> {
    for (;;) {
      const step = steps.shift();
      if (step === undefined) await new Promise<void>((resolve) => (wake = resolve));
      else if (step === "end") return;
      else if ("error" in step) throw step.error;
      else yield step.chunk;
    }
  }
  return { call, chunks: chunks() };
}
