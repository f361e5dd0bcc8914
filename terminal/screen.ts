// What is seen of a talk: the transcript as it grows, each item after the one before it is complete.
import { styleText } from "node:util";
import type { Answer, Item, SaidMessage, Transcript } from "../shared/transcript.ts";
import { outcomeOf } from "./outcome.ts";
import { plain, plainName } from "./plain.ts";
import type { Prompt } from "./prompt.ts";
import { messageOf } from "./talk.ts";

/** Of a past that is longer, a newcomer sees this many items. */
const pastItems = 10;

export type Screen = {
  draw: (transcript: Transcript) => void;
  /** A line about the talk that is no part of it. In the middle of an answer's line it waits until that has ended. */
  tell: (text: string) => void;
  /** Nothing that was told waits any longer. */
  release: () => void;
  /** What is drawn next has nothing to do with what is there. */
  restart: () => void;
  /** This message stands on the screen where it was typed. */
  typed: (message: string) => void;
  /** Whose messages are one's own. */
  me: string;
};

type State = {
  readonly out: Pick<Prompt, "words" | "line" | "isInLine">;
  /** What is told when the answer's line has ended. */
  readonly held: string[];
  readonly typed: Set<string>;
  /** Items that need no more drawing, by their ids. */
  done: string[];
  /** The answer that is being drawn, and how much of it is. */
  current: { run: string; chars: number } | undefined;
};

export function createScreen(out: State["out"]): Screen {
  const state: State = { out, held: [], typed: new Set(), done: [], current: undefined };
  const screen: Screen = {
    me: "",
    draw: (transcript) => {
      takeBack(state, transcript);
      if (state.done.length === 0) skipPast(state, transcript);
      for (const item of transcript.items.slice(state.done.length)) {
        if (!drawItem(state, { item, transcript, me: screen.me })) return;
        state.done.push(idOf(item));
      }
    },
    tell: (text) => {
      state.held.push(text);
      if (!state.current || !out.isInLine()) release(state);
    },
    release: () => release(state),
    restart: () => {
      state.done = [];
      state.current = undefined;
      release(state);
    },
    typed: (message) => state.typed.add(message),
  };
  return screen;
}

function release({ held, out }: State): void {
  for (const text of held.splice(0)) out.line(styleText("dim", plain(text)));
}

const idOf = (item: Item): string => (item.type === "message" ? item.id : item.run);

/** Lines cannot be unwritten, so it is said what no longer counts. */
function takeBack(state: State, { items }: Transcript): void {
  const { done, current, out } = state;
  const changed = done.findIndex((id, index) => items[index] === undefined || idOf(items[index]) !== id);
  const next = items[done.length];
  const isCut = current !== undefined && (next === undefined || idOf(next) !== current.run);
  if (changed < 0 && !isCut) return;
  state.current = undefined;
  release(state);
  if (changed >= 0) state.done = done.slice(0, changed);
  const last = items[state.done.length - 1];
  out.line(styleText("dim", takenBack(last)));
}

function takenBack(last: Item | undefined): string {
  if (!last) return "What was said here is forgotten.";
  if (last.type === "message") return "The answer is taken back.";
  return "What was said after that answer is taken back.";
}

function skipPast(state: State, { items }: Transcript): void {
  const skipped = items.slice(0, -pastItems);
  if (skipped.length === 0) return;
  state.done = skipped.map(idOf);
  state.out.line(styleText("dim", `${skipped.length} earlier messages and answers are not shown.`));
}

type Shown<I> = { item: I; transcript: Transcript; me: string };

/** False when there is more to come of it. */
function drawItem(state: State, { item, ...shown }: Shown<Item>): boolean {
  if (item.type === "answer") return drawAnswer(state, { item, ...shown });
  drawMessage(state, { item, ...shown });
  return true;
}

function drawMessage({ out, typed }: State, { item, me }: Shown<SaidMessage>): void {
  if (typed.has(item.id)) return;
  const text = plain(item.text).replaceAll("\n", "\n  "); // a line that looks like somebody else's is indented
  if (item.author.id === me) out.line(`> ${text}`);
  else out.line(`${styleText("bold", `${plainName(item.author.name)}:`)} ${text}`);
}

function drawAnswer(state: State, { item, transcript, me }: Shown<Answer>): boolean {
  const { out } = state;
  if (!state.current) out.words(headingOf(state, { item, transcript, me }));
  const { chars } = (state.current ??= { run: item.run, chars: 0 });
  drawWords(state, plain(item.text.slice(chars)));
  state.current.chars = item.text.length;
  if (item.reason === undefined) return false;
  const outcome = outcomeOf(item, me);
  if (outcome) out.line(styleText("dim", `(${plain(outcome)})`));
  out.line("");
  state.current = undefined;
  release(state);
  return true;
}

/** Where a line ends is the place for what waits. */
function drawWords(state: State, words: string): void {
  const end = state.held.length > 0 ? words.indexOf("\n") + 1 : 0;
  state.out.words(words.slice(0, end));
  if (end > 0) release(state);
  state.out.words(words.slice(end));
}

/** Whose answer it is needs no words right under the question that was typed here. */
function headingOf({ done, typed }: State, { item, transcript, me }: Shown<Answer>): string {
  const question = messageOf(transcript, item.message);
  if (!question || (done.at(-1) === question.id && (typed.has(question.id) || question.author.id === me)))
    return "";
  const to = question.author.id === me ? "you" : plainName(question.author.name);
  return styleText("bold", `${plain(item.model)} to ${to}: `);
}
