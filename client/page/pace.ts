// How fast the answers come, as it is seen from here.
import { useEffect, useRef, useState } from "react";
import type { Answer, Item } from "../index.ts";
import type { TalkInReact } from "../react.ts";

/** Of the latest answer whose question we have seen being asked. */
export type Pace = {
  readonly model: string;
  /** From when it was the question's turn to the first word. */
  readonly firstTokenMs: number;
  /** Counted by the provider; before that, and where it does not count, four characters are taken for one. */
  readonly tokens: number;
  readonly isEstimated: boolean;
  /** Undefined while it is too early to tell. */
  readonly tokensPerSecond: number | undefined;
};

/** Milliseconds since the page was opened. */
type Times = { readonly askedAt: number; readonly firstAt: number; readonly lastAt: number };

/** A rate over less than this says nothing. */
const leastMs = 200;

export function usePace({ transcript, state }: TalkInReact): Pace | undefined {
  const asked = useRef(new Map<string, number>());
  const times = useRef(new Map<string, Times>());
  const [pace, setPace] = useState<Pace>();
  const { items } = transcript;
  const { unsent, isCaughtUp } = state;
  useEffect(() => {
    if (isCaughtUp) asked.current = askedNow(asked.current, items, unsent);
    const answer = items.findLast((item) => item.type === "answer" && hasWords(item));
    if (answer?.type !== "answer") return;
    const now = timesOf(answer, times.current.get(answer.run), asked.current);
    if (!now) return;
    times.current = new Map([[answer.run, now]]); // only the latest one is told of
    setPace(paceOf(answer, now));
  }, [items, unsent, isCaughtUp]);
  return pace;
}

/** Since when the messages without a word in answer have been waiting. Behind another answer it is not yet their turn. */
function askedNow(
  before: ReadonlyMap<string, number>,
  items: readonly Item[],
  unsent: readonly { id: string }[],
): Map<string, number> {
  const now = performance.now();
  const last = items.slice(-20);
  const answers = last.filter((item) => item.type === "answer");
  const answered = new Set(answers.filter(hasWords).map(({ message }) => message));
  const active = answers.find(({ reason }) => !reason)?.message;
  const ids = [
    ...last.flatMap((item) => (item.type === "message" ? [item.id] : [])),
    ...unsent.map(({ id }) => id),
  ];
  return new Map(
    ids.flatMap((id) => {
      const known = before.get(id);
      if (answered.has(id)) return known === undefined ? [] : [[id, known]];
      const isBehind = active !== undefined && active !== id;
      return [[id, isBehind ? now : (known ?? now)]];
    }),
  );
}

const hasWords = ({ text, reasoning }: Answer): boolean => text.length + reasoning.length > 0;

/** Undefined for an answer that had begun before we came. */
function timesOf(
  { message, reason }: Answer,
  before: Times | undefined,
  asked: ReadonlyMap<string, number>,
): Times | undefined {
  const now = performance.now();
  const askedAt = asked.get(message);
  if (before) return reason ? before : { ...before, lastAt: now };
  return askedAt === undefined ? undefined : { askedAt, firstAt: now, lastAt: now };
}

function paceOf({ text, reasoning, usage, model }: Answer, { askedAt, firstAt, lastAt }: Times): Pace {
  const tokens = usage?.output ?? Math.round((text.length + reasoning.length) / 4);
  const ms = lastAt - firstAt;
  return {
    model,
    firstTokenMs: firstAt - askedAt,
    tokens,
    isEstimated: usage === undefined || usage.estimated === true,
    tokensPerSecond: ms < leastMs ? undefined : (tokens / ms) * 1_000,
  };
}
