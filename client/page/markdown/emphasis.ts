// From tokens to nodes: finds which runs of `*`, `_` and `~~` belong together.
import { addInline, type Inline } from "./inline.ts";
import type { Run, Token } from "./token.ts";

/** More than this many runs wait for their other halves at no time; the oldest is given up. Bounds the nesting. */
const mostFrames = 8;

/** A run that waits for its other half, and what came since. The first frame waits for nothing. */
type Frame = { run: Run | undefined; length: number; nodes: Inline[]; cuts: Cuts };

/** Where the text could be cut in two and each half be read alone: the last such place, and the last before the limit. */
type Cuts = { last: number; safe: number };

export type Gathered = {
  readonly nodes: readonly Inline[];
  /** Up to here nothing that follows can change what was read. 0 when there is no such place. */
  readonly safeCut: number;
  /** Up to here nothing is torn, when all that still waits is given up. 0 when there is no such place. */
  readonly lastCut: number;
  readonly isGuess: boolean;
};

export type GatherOptions = {
  /** From here on the meaning of the source is not known yet. */
  readonly limit: number;
  /** The text still grows: what waits is shown as if it were closed. */
  readonly isOpen: boolean;
};

export function gather(tokens: readonly Token[], { limit, isOpen }: GatherOptions): Gathered {
  const frames = [newFrame(undefined, { last: 0, safe: 0 })];
  for (const token of tokens) {
    if (token.type === "run") meet(frames, token);
    else place(top(frames), token, limit);
  }
  const safeCut = frames[0]?.cuts.safe ?? 0;
  const lastCut = Math.max(...frames.map(({ cuts }) => cuts.last));
  let isGuess = false;
  while (frames.length > 1) isGuess = settleTop(frames, isOpen) || isGuess;
  return { nodes: top(frames).nodes, safeCut, lastCut, isGuess };
}

const newFrame = (run: Run | undefined, cuts: Cuts): Frame => ({
  run,
  length: run?.length ?? 0,
  nodes: [],
  cuts,
});

const top = (frames: Frame[]): Frame => frames.at(-1) as Frame;

function place({ nodes, cuts }: Frame, token: Exclude<Token, Run>, limit: number): void {
  addInline(nodes, token.type === "plain" ? { type: "text", text: token.text } : token.node);
  const cut = cutIn(token);
  if (cut > 0) cuts.last = cut;
  if (cut > 0 && cut <= limit) cuts.safe = cut;
}

/** The text after this is read the same with and without what stands before it. */
const pause = /^[^]*[ 。，、；：！？]/;

function cutIn(token: Exclude<Token, Run>): number {
  if (token.type === "whole") return token.node.type === "break" ? token.end : 0;
  const length = pause.exec(token.text)?.[0].length ?? 0;
  return length === 0 ? 0 : token.at + length;
}

function meet(frames: Frame[], run: Run): void {
  const isSign = run.sign === "~" ? run.length === 2 : run.length <= 3;
  let left = run.length;
  if (isSign && run.canClose) left = close(frames, run);
  if (left === 0) return;
  if (isSign && run.canOpen) return open(frames, { ...run, length: left });
  addInline(top(frames).nodes, signs(run.sign, left));
}

function open(frames: Frame[], run: Run): void {
  frames.push(newFrame(run, { ...top(frames).cuts, last: 0 }));
  if (frames.length > mostFrames) giveUpOldest(frames);
}

function giveUpOldest(frames: Frame[]): void {
  const [base, oldest] = frames;
  if (!base || !oldest) return;
  for (const node of literal(oldest)) addInline(base.nodes, node);
  base.cuts = { last: Math.max(base.cuts.last, oldest.cuts.last), safe: oldest.cuts.safe };
  frames.splice(1, 1);
}

/** Closes what this run can close, the nearest first. @returns how much of the run is left. */
function close(frames: Frame[], run: Run): number {
  let left = run.length;
  while (left > 0) {
    const index = frames.findLastIndex((frame) => frame.run !== undefined && fits(frame.run, run));
    if (index === -1) break;
    while (frames.length > index + 1) giveUpTop(frames);
    left -= wrap(frames, left);
  }
  return left;
}

/** CommonMark's rule of three keeps `*a**b*` from being cut in the middle. */
function fits(opener: Run, closer: Run): boolean {
  if (opener.sign !== closer.sign) return false;
  if (!(opener.canClose || closer.canOpen)) return true;
  return (opener.length + closer.length) % 3 !== 0 || (opener.length % 3 === 0 && closer.length % 3 === 0);
}

/** Closes the last frame once. @returns how many signs that took on each side. */
function wrap(frames: Frame[], left: number): number {
  const frame = top(frames);
  const taken = frame.length >= 2 && left >= 2 ? 2 : 1;
  const node = wrapped(frame, taken);
  frame.length -= taken;
  frame.nodes = [node];
  frame.cuts = { last: 0, safe: frames.at(-2)?.cuts.safe ?? 0 };
  if (frame.length > 0) return taken;
  frames.pop();
  addInline(top(frames).nodes, node);
  return taken;
}

function wrapped({ run, nodes }: Frame, taken: number): Inline {
  if (run?.sign === "~") return { type: "strike", children: nodes };
  return { type: taken === 2 ? "strong" : "emphasis", children: nodes };
}

const signs = (sign: string, length: number): Inline => ({ type: "text", text: sign.repeat(length) });

const literal = ({ run, length, nodes }: Frame): readonly Inline[] => [
  signs(run?.sign ?? "", length),
  ...nodes,
];

function giveUpTop(frames: Frame[]): void {
  const frame = frames.pop();
  if (frame) for (const node of literal(frame)) addInline(top(frames).nodes, node);
}

/** At the end of the text: a run without its other half is literal, or a guess. @returns whether it was guessed. */
function settleTop(frames: Frame[], isOpen: boolean): boolean {
  const frame = top(frames);
  const isGuess = isOpen && isGuessable(frame);
  if (!isGuess) giveUpTop(frames);
  else while (top(frames) === frame) wrap(frames, frame.length);
  return isGuess;
}

/** Underscores begin names as often as emphasis, and emphasis seldom goes over a line's end. */
const isGuessable = ({ run, nodes }: Frame): boolean =>
  run?.sign !== "_" && nodes.length > 0 && !nodes.some(({ type }) => type === "break");
