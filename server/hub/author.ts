// A run that writes into a document: the document is opened and shown to the model, its words go to the log, and a scribe
// takes them from there. What is wrong with the document ends the run.
import { DocumentError } from "../coauthor/document.ts";
import type { Coauthor } from "../coauthor/coauthor.ts";
import type { Writing } from "../coauthor/writing.ts";
import { failureOf } from "../chain/generation.ts";
import { Stopped } from "../chain/halt.ts";
import type { Log } from "../log/log.ts";
import type { ChatGenerationChunk } from "../models/model.ts";
import type { Excerpt } from "../models/message.ts";
import type { Target } from "../../shared/target.ts";
import { openScribe, unless } from "./scribe.ts";

/** A document that does not take the last words by then is given up. Milliseconds. */
const patienceMs = 5_000;

export type Authored = {
  readonly words: AsyncIterable<ChatGenerationChunk>;
  /** To be called when the run has ended. Resolves when the document has its words, or is given up. */
  readonly written: () => Promise<void>;
};

type Parts = {
  readonly coauthor: Coauthor;
  readonly log: Log;
  readonly target: Target;
  readonly run: string;
  readonly stop: AbortController;
  /** Streams the answer, which is shown this of the document. */
  readonly answer: (excerpt?: Excerpt) => AsyncIterable<ChatGenerationChunk>;
  /** Hears of words that did not arrive, where the run cannot tell it any more. */
  readonly onLate: (error: unknown) => void;
};

export function author(parts: Parts): Authored {
  let desk: Desk | undefined;
  async function* words(): AsyncGenerator<ChatGenerationChunk> {
    const writing = await openUnlessStopped(parts);
    if (writing instanceof DocumentError) return void (yield failed(writing));
    const excerpt = writing === "stopped" ? undefined : writing.excerpt;
    if (writing !== "stopped") desk = sit(parts, writing);
    // who was stopped by now is told so by the chain, which asks no model
    for await (const chunk of parts.answer(excerpt))
      if (desk && chunk.finish) yield* desk.finish(chunk);
      else yield desk?.pass(chunk) ?? chunk;
  }
  return { words: words(), written: () => desk?.close() ?? Promise.resolve() };
}

type Opened = Writing | DocumentError | "stopped";

/** Who stops a run need not wait for its document. */
async function openUnlessStopped({ coauthor, target, run, stop }: Parts): Promise<Opened> {
  const { signal } = stop;
  const opening = coauthor.open({ target, run, signal });
  try {
    return await unless(signal, opening);
  } catch (error) {
    opening.then(
      (writing) => writing.close(),
      () => {},
    );
    if (signal.aborted) return "stopped";
    if (error instanceof DocumentError) return error;
    throw error;
  }
}

const failed = ({ code }: DocumentError): ChatGenerationChunk => ({
  text: "",
  finish: "error",
  error: failureOf(code),
});

type Desk = {
  /** Counts a piece of the answer on its way to the log. */
  pass(chunk: ChatGenerationChunk): ChatGenerationChunk;
  /** The last pieces. An answer is whole when the document has it too. */
  finish(chunk: ChatGenerationChunk): AsyncGenerator<ChatGenerationChunk>;
  close(): Promise<void>;
};

/** Who only reads has no desk. */
function sit(parts: Parts, writing: Writing): Desk | undefined {
  if (parts.target.mode !== "read") return openDesk(parts, writing);
  writing.close();
  return undefined;
}

function openDesk({ log, run, stop, onLate }: Parts, writing: Writing): Desk {
  const giveUp = new AbortController();
  const [signal, { signal: stopped }] = [AbortSignal.any([writing.lost, giveUp.signal]), stop];
  let [chars, isFinished] = [0, false];
  const isOver = (): boolean => isFinished || stopped.aborted;
  const scribe = openScribe({ log, run, writing, isOver, signal });
  scribe.done.catch((error: unknown) => {
    if (isOver()) return onLate(error);
    const code = error instanceof DocumentError ? error.code : "internal";
    stop.abort(new Stopped({ reason: "error", code }));
  });
  // the log's own promise would keep this document as long as the conversation lives
  const onFailure = (): void =>
    hasFailed(stopped) ? giveUp.abort(new DocumentError("document_lost")) : undefined;
  stopped.addEventListener("abort", onFailure);
  const patience = <T>(work: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => giveUp.abort(new DocumentError("document_timeout")), patienceMs);
    return work.finally(() => clearTimeout(timer));
  };
  const pass = (chunk: ChatGenerationChunk): ChatGenerationChunk => {
    chars += chunk.text.length;
    return chunk;
  };
  return {
    pass,
    async *finish({ text, reasoning, ...last }) {
      if (text || reasoning) yield pass({ text, ...(reasoning && { reasoning }) });
      await unless(stopped, patience(scribe.reached(chars))).catch(() => {}); // then the run is stopped by it
      isFinished = true;
      yield { text: "", ...last, ...(stopped.aborted && outcomeOf(stopped)) };
    },
    close: async () => {
      await patience(scribe.done).catch(() => {}); // it has told
      stopped.removeEventListener("abort", onFailure);
      writing.close();
    },
  };
}

/** Of what the store did not take, nothing will come to be written: not even the run's end. */
const hasFailed = ({ reason }: AbortSignal): boolean =>
  (reason as Stopped).outcome.code === "storage_unavailable";

function outcomeOf({ reason }: AbortSignal): Pick<ChatGenerationChunk, "finish" | "error"> {
  const { outcome } = reason as Stopped;
  return { finish: outcome.reason, ...(outcome.code && { error: failureOf(outcome.code) }) };
}
