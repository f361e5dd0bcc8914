// A run: one generation of one answer, written down as it happens. Its outcome is in the log.
//
//   start ──▶ token* ──▶ end{ stop | length | content_filter | cancelled | timeout | limit | interrupted | error }
import type { Draft } from "../../shared/protocol.ts";
import type { ChatGenerationChunk } from "../models/model.ts";
import { failureOf } from "./generation.ts";
import { Stopped } from "./halt.ts";

/** A run that is this far ahead of its store waits for it. UTF-16 code units. */
const aheadChars = 65_536;

export type RunParts = {
  readonly run: string;
  /** The id of the message that it answers. */
  readonly message: string;
  /** The model's name, as it is shown to people. */
  readonly model: string;
  readonly words: AsyncIterable<ChatGenerationChunk>;
  /** Stops the run: nothing but its end is written from then on. `words` must stop by it too. */
  readonly signal: AbortSignal;
  /** Appends to the log. Entries that are written together share one promise. */
  readonly write: (draft: Draft) => Promise<void>;
  /** Hears of a bug in whatever makes the words. */
  readonly onFault: (error: unknown) => void;
};

/** Resolves when the end is durable. @throws what `write` rejects with */
export async function run(parts: RunParts): Promise<void> {
  const { run, message, model, write } = parts;
  void write({ type: "start", run, message, model, time: now() });
  const {
    finish = "interrupted",
    usage,
    error,
  }: Ending = await speak(parts).catch((error: unknown) => {
    parts.onFault(error);
    return { finish: "error", error: failureOf("internal") } as const satisfies Ending;
  });
  const outcome = { reason: finish, ...by(parts), ...(usage && { usage }), ...(error && { error }) };
  await write({ type: "end", run, ...outcome, time: now() });
}

type Ending = Partial<ChatGenerationChunk>;

/** Writes the words and gives the last chunk, which says how they ended. */
async function speak({ run, words, signal, write }: RunParts): Promise<Ending> {
  let ahead = 0;
  for await (const chunk of words) {
    const { text, reasoning, finish } = chunk;
    let durable: Promise<void> | undefined;
    if (reasoning && !signal.aborted)
      durable = write({ type: "token", run, text: reasoning, kind: "reasoning" });
    if (text && !signal.aborted) durable = write({ type: "token", run, text });
    if (finish) return chunk;
    ahead += text.length + (reasoning?.length ?? 0);
    if (ahead < aheadChars) continue;
    await durable;
    ahead = 0;
  }
  return {};
}

function by({ signal }: RunParts) {
  const reason: unknown = signal.reason;
  return reason instanceof Stopped && reason.by ? { by: reason.by } : {};
}

const now = (): string => new Date().toISOString();
