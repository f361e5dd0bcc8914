// The transcript: what a log means to a reader. One pure fold, used by the browser, the tests and the memory.
import type { EndReason, Entry, Failure, Member, Usage } from "./protocol.ts";
import type { Passage } from "./target.ts";

/**
 * Something that a person said. Without `reply` it is for the people only. `time` is ISO 8601. With a `target` it is
 * about a shared document.
 */
export type SaidMessage = {
  readonly type: "message";
  readonly id: string;
  readonly author: Member;
  readonly text: string;
  readonly time: string;
  readonly reply: boolean;
  readonly target?: Passage;
};

/** An answer without `reason` is still being made. */
export type Answer = {
  readonly type: "answer";
  readonly run: string;
  readonly message: string;
  readonly model: string;
  readonly time: string;
  readonly text: string;
  readonly reasoning: string;
  readonly reason?: EndReason;
  readonly by?: Member;
  readonly usage?: Usage;
  readonly error?: Failure;
  /** Who took back what it wrote into a document. */
  readonly undone?: Member;
};

/** How an answer ended, in words for people. */
export const outcomes: Readonly<Record<EndReason, string>> = {
  stop: "",
  length: "The model reached its length limit.",
  content_filter: "The provider's filter ended this answer.",
  cancelled: "stopped",
  timeout: "The model took too long.",
  limit: "The answer grew too long.",
  interrupted: "The answer was interrupted.",
  error: "The answer failed.",
};

/** What a transcript is made of. */
export type Item = SaidMessage | Answer;

/** All that has been said, oldest first, up to this position in the log. */
export type Transcript = { readonly offset: number; readonly items: readonly Item[] };

export const emptyTranscript: Transcript = { offset: 0, items: [] };

/** What a reader knows after one more log frame. Frames of unknown kinds change nothing. */
export function fold(transcript: Transcript, entry: Entry): Transcript {
  return foldAll(transcript, [entry]);
}

/** The same for many frames, with one copy of the list. */
export function foldAll(transcript: Transcript, entries: Iterable<Entry>): Transcript {
  const items = [...transcript.items];
  let { offset } = transcript;
  for (const entry of entries) {
    step(items, entry);
    offset = entry.offset;
  }
  return { offset, items };
}

function step(items: Item[], entry: Entry): void {
  switch (entry.type) {
    case "message": {
      const { id, author, text, time, reply, target } = entry;
      items.push({ type: "message", id, author, text, time, reply, ...(target && { target }) });
      return;
    }
    case "start": {
      const { run, message, model, time } = entry;
      items.push({ type: "answer", run, message, model, time, text: "", reasoning: "" });
      return;
    }
    case "token":
      return change(items, entry.run, (answer) =>
        entry.kind === "reasoning"
          ? { ...answer, reasoning: answer.reasoning + entry.text }
          : { ...answer, text: answer.text + entry.text },
      );
    case "end": {
      const { reason, by, usage, error } = entry;
      const outcome = { reason, ...(by && { by }), ...(usage && { usage }), ...(error && { error }) };
      return change(items, entry.run, (answer) => ({ ...answer, ...outcome }));
    }
    case "undone":
      return change(items, entry.run, (answer) => ({ ...answer, undone: entry.by }));
    case "replaced":
      return;
    case "rewind":
      items.length = entry.to === undefined ? 0 : positionOf(items, entry.to);
  }
}

/** A run that began before this transcript did is not in it, and stays out. */
function change(items: Item[], run: string, next: (answer: Answer) => Answer): void {
  const index = items.findLastIndex((item) => item.type === "answer" && item.run === run);
  const answer = items[index];
  if (answer?.type === "answer") items[index] = next(answer);
}

/** A rewind names something that was visible, so what is not in here began before it: everything goes. */
function positionOf(items: readonly Item[], id: string): number {
  return Math.max(
    0,
    items.findLastIndex((item) => (item.type === "message" ? item.id === id : item.run === id)),
  );
}
