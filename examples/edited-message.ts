// An answer in a chat: one message that is edited while the words come, and further ones where it is too long for one.
import { setTimeout as wait } from "node:timers/promises";
// In a project of your own this is "parlor".
import { ChainError, type ChatGenerationChunk } from "../server/index.ts";

/** Where an answer is shown. A rejection with a `retryAfterMs` says how long to leave the chat alone. */
export type Place<Message> = {
  send(text: string): Promise<Message>;
  edit(message: Message, text: string): Promise<unknown>;
  /** The longest text of one message, in UTF-16 code units. */
  readonly maxChars: number;
  /** What lies between two calls of `send` and `edit`, at least. */
  readonly everyMs: number;
  /** Default: the clock's. */
  readonly pause?: ((ms: number) => Promise<unknown>) | undefined;
};

/** An edit may fail, the next one makes up for it. Only the last one has none after it, so it is tried again. */
const lastTries = 6;

/**
 * Shows an answer until its last word is there, and how it ended where it ended badly. It reads as fast as the words
 * come, however slow the chat is.
 * @throws what the last try at the last edit threw; or a fault that is not the chain's own, after it was shown
 */
export async function showAnswer<M>(
  answer: AsyncIterable<ChatGenerationChunk>,
  place: Place<M>,
): Promise<void> {
  const { pause = wait } = place;
  const words = hear(answer);
  const shown: Shown<M>[] = [];
  const next = () => nextChange(place, shown, words.text());
  let triesLeft = lastTries;
  let quiet: Promise<unknown> = Promise.resolve();
  for (;;) {
    if (next()) {
      await quiet;
      const error = await next()?.().then(() => undefined, asError);
      if (words.isWhole()) triesLeft = error ? triesLeft - 1 : lastTries;
      if (error && triesLeft === 0) throw error;
      quiet = pause(pauseAfter(error, place.everyMs * 2 ** (lastTries - triesLeft)));
    } else if (words.isWhole()) break;
    else await words.more();
  }
  words.throwFault();
}

/** Telegram and Discord cut blanks from the ends of a text, and an edit that changes only those is an error there. */
export function* pieces(text: string, maxChars: number): Generator<string> {
  let rest = text.trim();
  while (rest.length > maxChars) {
    const end = endOfPiece(rest, maxChars);
    yield rest.slice(0, end).trimEnd();
    rest = rest.slice(end).trimStart();
  }
  if (rest) yield rest;
}

/** Between two words where there is a good place; never inside a character. Later words do not move it. */
function endOfPiece(text: string, maxChars: number): number {
  const blank = Math.max(text.lastIndexOf(" ", maxChars), text.lastIndexOf("\n", maxChars));
  if (blank > maxChars / 2) return blank;
  return /[\uD800-\uDBFF]/.test(text.charAt(maxChars - 1)) ? maxChars - 1 : maxChars;
}

type Shown<M> = { readonly message: M; text: string };

/** The first call that brings the chat nearer to the text, if there is one. */
function nextChange<M>(place: Place<M>, shown: Shown<M>[], text: string): (() => Promise<void>) | undefined {
  let index = 0;
  for (const piece of pieces(text, place.maxChars)) {
    const old = shown[index++];
    if (!old) return async () => void shown.push({ message: await place.send(piece), text: piece });
    if (old.text !== piece) return () => place.edit(old.message, piece).then(() => void (old.text = piece));
  }
  return undefined;
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(typeof thrown));

function pauseAfter(error: Error | undefined, ms: number): number {
  const asked = error && "retryAfterMs" in error ? Number(error.retryAfterMs) : 0;
  return Math.max(ms, asked || 0);
}

/** Reads an answer, and knows what of it there is. */
function hear(answer: AsyncIterable<ChatGenerationChunk>) {
  let text = "";
  let note: string | undefined;
  let fault: unknown;
  let isWhole = false;
  let news = Promise.withResolvers<void>();
  const tell = (): void => {
    news.resolve();
    news = Promise.withResolvers();
  };
  async function read(): Promise<void> {
    for await (const chunk of answer) {
      text += chunk.text;
      if (chunk.finish) note = chunk.error?.message ?? notes[chunk.finish];
      if (chunk.text) tell();
    }
  }
  const failed = (error: unknown): void => {
    if (error instanceof ChainError) return; // the last chunk has said why
    note = "Something went wrong, and there is no more of this answer.";
    fault = error;
  };
  const ended = (): void => {
    isWhole = true;
    if (!text.trim()) note ??= "The answer is empty.";
    tell();
  };
  void read().catch(failed).then(ended);
  return {
    isWhole: () => isWhole,
    text: () => (isWhole && note ? `${text.trimEnd()}\n\n[${note}]` : text),
    more: () => news.promise,
    throwFault(): void {
      if (fault !== undefined) throw asError(fault);
    },
  };
}

type Finish = NonNullable<ChatGenerationChunk["finish"]>;

/** What is said of an answer that has no error and did not end well either. */
const notes: { readonly [reason in Finish]?: string } = {
  length: "The model stopped here: an answer may be no longer.",
  content_filter: "The model's provider filtered this answer.",
  cancelled: "Stopped.",
};
