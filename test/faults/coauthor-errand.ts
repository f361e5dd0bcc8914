// One run of the assistant in a document, from the question to what became of it.
import * as Y from "yjs";
import { writerOf } from "../../server/coauthor/writer.ts";
import type { Entry, FrameOf } from "../../shared/protocol.ts";
import type { Client } from "../support/client.ts";
import type { ModelCall } from "../support/scripted-model.ts";
import type { Dice } from "./dice.ts";
import { phrase, type Editor, type Spot } from "./coauthor-editor.ts";
import { nameOf, typeOf, visibleIn, wordsIn, type Shape } from "./coauthor-text.ts";

/** How a run comes to its end: by itself, by a cancel that keeps the words or does not, or by an undo. */
export type Fate = "finish" | "keep" | "drop" | "undo";

export type Errand = {
  readonly question: string;
  readonly mode: "insert" | "replace" | "append";
  readonly members: readonly Client[];
  readonly tokens: string[];
  readonly fate: Fate;
  /** After so many tokens. */
  readonly fateAt: number;
  /** Characters that stood at its place when it was asked for. */
  readonly place: readonly string[];
  said: number;
  run?: string;
  call?: ModelCall;
  isDoomed: boolean;
  /** How often it was asked to be taken back. */
  undos: number;
};

type Parts = {
  readonly question: string;
  readonly server: string;
  readonly document: string;
  readonly shape: Shape;
  readonly dice: Dice;
  readonly members: readonly Client[];
  readonly asker: Editor;
};

/** Asks for it, at a place that the asker's editor knows. */
export function begin({ question, server, document, shape, dice, members, asker }: Parts): Errand {
  const wish = dice.pick(["insert", "insert", "replace", "replace", "append"] as const);
  const spot = asker.spot();
  const mode = spot ? wish : "append";
  const from = spot ? spot.index - halfBefore(spot, dice) : 0;
  const to = spot && mode === "replace" ? spot.index + spanFrom(spot, dice) : from;
  const at = (index: number, assoc: number): unknown =>
    spot && Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(spot.text, index, assoc));
  const tokens = tokensOf(dice);
  const fate = dice.pick(["finish", "finish", "finish", "keep", "keep", "drop", "undo"] as const);
  const target = {
    server,
    document,
    type: typeOf[shape],
    kind: shape,
    mode,
    ...(mode !== "append" && { from: at(from, dice.pick([0, -1])) }),
    ...(mode === "replace" && { to: at(to, -1) }),
  } as FrameOf<"message">["target"];
  dice.pick(members).send({ type: "say", text: question, ...(target && { target }) });
  const units = spot ? visibleIn(spot.text) : [];
  const place = (
    mode === "replace" ? units.slice(from, to) : units.slice(Math.max(0, from - 1), from + 1)
  ).map(({ client, clock }) => nameOf(client, clock));
  const fateAt = dice.chance(0.3) ? dice.between(0, 1) : dice.between(0, tokens.length);
  return { question, mode, members, tokens, fate, fateAt, place, said: 0, isDoomed: false, undos: 0 };
}

/** 1, now and then, for a place between the halves of a character: no caret is there, but a client may say so. */
function halfBefore({ text, index }: Spot, dice: Dice): number {
  const isPair = /[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(wordsIn(visibleIn(text)).slice(0, index));
  return dice.chance(0.3) && isPair ? 1 : 0;
}

/** A few whole characters. */
function spanFrom({ text, index }: Spot, dice: Dice): number {
  const rest = wordsIn(visibleIn(text)).slice(index);
  return [...rest].slice(0, dice.between(1, 20)).join("").length;
}

/** Cut anywhere, also in the middle of a character. */
function tokensOf(dice: Dice): string[] {
  const text = `${phrase(dice, 40)} 😀end`;
  const tokens: string[] = [];
  for (let at = 0; at < text.length;) {
    const size = dice.between(1, 12);
    tokens.push(text.slice(at, at + size));
    at += size;
  }
  return tokens;
}

export const logOf = ({ members }: Errand): readonly Entry[] => members[0]?.entries ?? [];

export function endOf(errand: Errand): FrameOf<"end"> | undefined {
  return logOf(errand).find((entry) => entry.type === "end");
}

export const isUndone = (errand: Errand): boolean => logOf(errand).some(({ type }) => type === "undone");

/** What was said to have been replaced; nothing where no such word was said. */
export function replacedBy(errand: Errand): string | undefined {
  const entry = logOf(errand).find(({ type }) => type === "replaced");
  return entry?.type === "replaced"
    ? entry.delta.map(({ insert }) => (typeof insert === "string" ? insert : "")).join("")
    : undefined;
}

/** What its words are in the log. */
export const textOf = (errand: Errand): string =>
  logOf(errand)
    .map((entry) => (entry.type === "token" && !entry.kind ? entry.text : ""))
    .join("");

export type Writers = { readonly run: number; readonly undo: number };

/** As Yjs tells it, and who took its words back, from all others. */
export const writersOf = ({ run = "" }: Errand): Writers => ({
  run: writerOf(run),
  undo: writerOf(`undo ${run}`),
});
