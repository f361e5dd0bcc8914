// The log as a chain's memory: what was said before a message is a fold of the log, and saving is what the run does.
import type { Entry } from "../../shared/protocol.ts";
import { emptyTranscript, foldAll, type Answer, type Item } from "../../shared/transcript.ts";
import type { ChatMessageHistory } from "../chain/history.ts";
import type { ChatMessage } from "../models/model.ts";
import { sizeOf } from "../log/entry.ts";
import type { Log } from "../log/log.ts";

/** How much of the log is folded at first: what 8,000 tokens usually are. When more is wanted, twice as much. See `sizeOf`. */
const firstFold = 40_960;

/** The past of one message: the ones before it, each followed by its answer, and none said later [R7]. */
export function openLogHistory(log: Log, message: string): ChatMessageHistory {
  return {
    newestFirst: () => newestFirst(log, message),
    addMessages: () => Promise.resolve(), // the conversation and the run have appended them
    clear: () => Promise.resolve(), // a `rewind` does that
  };
}

/** A fold that begins in the middle is right about everything it holds, so its end can be given out early. */
async function* newestFirst(log: Log, message: string): AsyncGenerator<ChatMessage> {
  const read: Entry[] = [];
  let given = 0;
  let goal = firstFold;
  let size = 0;
  for await (const page of log.backwards(log.head))
    for (const entry of page) {
      read.push(entry);
      size += sizeOf(entry);
      if (size < goal) continue;
      const past = pastOf(read, message);
      yield* past.slice(given);
      given = Math.max(given, past.length);
      goal *= 2;
    }
  yield* pastOf(read, message).slice(given);
}

/** Newest first. Messages that are answered by nobody stand alone. */
function pastOf(newestEntriesFirst: readonly Entry[], message: string): ChatMessage[] {
  const { items } = foldAll(emptyTranscript, newestEntriesFirst.toReversed());
  const answers = new Map<string, ChatMessage[]>();
  for (const item of items)
    if (item.type === "answer")
      answers.set(item.message, [...(answers.get(item.message) ?? []), ...answered(item)]);
  const end = items.findIndex((item) => item.type === "message" && item.id === message);
  return items
    .slice(0, Math.max(0, end))
    .flatMap((item) => said(item, answers))
    .reverse();
}

function said(item: Item, answers: ReadonlyMap<string, ChatMessage[]>): ChatMessage[] {
  if (item.type !== "message") return [];
  const question: ChatMessage = { id: item.id, role: "user", content: item.text, author: item.author };
  return [question, ...(answers.get(item.id) ?? [])];
}

/** Nothing of an answer that is empty or was filtered; a mark on one that was cut off. */
function answered({ run, text, reason }: Answer): ChatMessage[] {
  if (text === "" || reason === "content_filter") return [];
  return [{ id: run, role: "assistant", content: text, ...(reason && reason !== "stop" && { cut: reason }) }];
}
