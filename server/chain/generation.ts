// One answer, from a prompt to an outcome: words as they come, then exactly one last chunk that says how it ended.
import { failures, limits, type FailureCode } from "../../shared/limits.ts";
import type { EndReason, Failure, Usage } from "../../shared/protocol.ts";
import {
  type ChatMessage,
  type ChatModel,
  type ChatGenerationChunk,
  UpstreamError,
} from "../models/model.ts";
import { defaultWatchdogs, Halt, type Outcome, type Watchdogs } from "./halt.ts";
import { estimatePrompt, estimateTokens } from "./tokens.ts";
import { createJoiner } from "./well-formed.ts";

/** What ends an answer before its own end. */
export type GenerationOptions = {
  /** Stops the answer; the words so far stay. */
  readonly signal?: AbortSignal | undefined;
  /** Default: `defaultWatchdogs`. */
  readonly watchdogs?: Watchdogs | undefined;
  /** A longer answer, reasoning included, ends with `limit`. UTF-16 code units. Default 67,108,864. */
  readonly answerChars?: number | undefined;
};

type Parts = GenerationOptions & {
  readonly llm: ChatModel;
  /** Makes what the model is shown. Its signal is aborted, with a `Stopped`, when the answer ends early. */
  readonly prompt: (stopped: AbortSignal) => Promise<readonly ChatMessage[]>;
  /** Hears of a fault that no code of ours describes. */
  readonly onFault?: (error: unknown) => void;
};

/** Streams an answer. Never throws: what happened is in the last chunk. Leaving the loop early is a cancel. */
export async function* generate(parts: Parts): AsyncGenerator<ChatGenerationChunk> {
  const halt = new Halt(parts.watchdogs ?? defaultWatchdogs, parts.signal);
  const tally = createTally(parts.answerChars ?? limits.answerChars);
  const iterator = spoken(parts, halt.signal, tally)[Symbol.asyncIterator]();
  try {
    let outcome: Outcome | undefined;
    while (!outcome) {
      const step = await halt.race(iterator.next());
      if (halt.outcome) outcome = halt.outcome;
      else if (!step || step.done) outcome = tally.outcome();
      else {
        const chunk = tally.take(step.value, halt);
        if (chunk) yield chunk;
      }
    }
    yield* tally.last();
    yield finishing(outcome, tally.usage());
  } catch (error) {
    yield* tally.last();
    yield finishing(outcomeOf(error, parts.onFault), tally.usage(), error);
  } finally {
    halt.stop({ reason: "cancelled" });
    void iterator.return(undefined).catch(() => {});
  }
}

async function* spoken(
  { llm, prompt }: Parts,
  signal: AbortSignal,
  tally: Tally,
): AsyncGenerator<ChatGenerationChunk> {
  if (signal.aborted) return;
  const messages = await prompt(signal);
  tally.asked(messages);
  if (!signal.aborted) yield* llm.stream(messages, { signal });
}

type Tally = ReturnType<typeof createTally>;

/** What has come so far: enough to say how it ended and what it cost. */
function createTally(answerChars: number) {
  const text = createJoiner();
  const reasoning = createJoiner();
  let finish: EndReason | undefined;
  let reported: Usage | undefined;
  let messages: readonly ChatMessage[] = [];
  let output = "";

  const chunkOf = (words: string, thoughts: string): ChatGenerationChunk | undefined =>
    words || thoughts ? { text: words, ...(thoughts && { reasoning: thoughts }) } : undefined;

  return {
    asked: (prompt: readonly ChatMessage[]) => void (messages = prompt),
    take(chunk: ChatGenerationChunk, halt: Halt): ChatGenerationChunk | undefined {
      reported = chunk.usage ?? reported;
      const words = chunk.text ? text(chunk.text) : "";
      const thoughts = chunk.reasoning ? reasoning(chunk.reasoning) : "";
      output += thoughts + words;
      if (words || thoughts) halt.word();
      if (chunk.finish) halt.finish((finish = chunk.finish));
      if (output.length > answerChars) halt.stop({ reason: "limit", code: "answer_limit" });
      return chunkOf(words, thoughts);
    },
    *last() {
      const chunk = chunkOf(text(""), reasoning(""));
      if (chunk) yield chunk;
    },
    outcome: (): Outcome => (finish ? { reason: finish } : { reason: "interrupted", code: "upstream_cut" }),
    usage: (): Usage =>
      reported ?? { input: estimatePrompt(messages), output: estimateTokens(output), estimated: true },
  };
}

function outcomeOf(error: unknown, onFault: Parts["onFault"]): Outcome {
  if (!(error instanceof UpstreamError)) {
    onFault?.(error);
    return { reason: "error", code: "internal" };
  }
  if (error.code === "upstream_filtered") return { reason: "content_filter", code: error.code };
  return { reason: error.code === "upstream_cut" ? "interrupted" : "error", code: error.code };
}

function finishing({ reason, code }: Outcome, usage: Usage, error?: unknown): ChatGenerationChunk {
  const retryAfterMs = error instanceof UpstreamError ? error.retryAfterMs : undefined;
  return { text: "", finish: reason, usage, ...(code && { error: failureOf(code, retryAfterMs) }) };
}

export const failureOf = (code: FailureCode, retryAfterMs?: number): Failure => ({
  code,
  message: failures[code],
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});
