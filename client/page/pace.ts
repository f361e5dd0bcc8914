// How fast the answers come, as it is seen from here.
import { useEffect, useRef, useState } from "react";
import type { Answer, Item } from "../index.ts";
import type { TalkInReact } from "../react.ts";

/** Of the latest answer that began while we were looking. Times are milliseconds since the page was opened. */
export type Pace = {
  readonly run: string;
  readonly model: string;
  /** From when the question was seen here to the first word. */
  readonly firstTokenMs: number | undefined;
  /** Counted by the provider; before that, and where it does not count, four characters are taken for one. */
  readonly tokens: number;
  readonly isEstimated: boolean;
  readonly tokensPerSecond: number | undefined;
};

type Times = {
  readonly asked: Map<string, number>;
  readonly first: Map<string, number>;
  readonly last: Map<string, number>;
};

export function usePace(talk: TalkInReact): Pace | undefined {
  const times = useRef<Times>({ asked: new Map(), first: new Map(), last: new Map() });
  const [pace, setPace] = useState<Pace>();
  const { items } = talk.transcript;
  const { unsent, isCaughtUp } = talk.state;
  useEffect(() => {
    const { asked } = times.current;
    const isBusy = items.some((item) => item.type === "answer" && !item.reason);
    // who waits for another answer has not been kept waiting by his own
    if (isCaughtUp)
      for (const id of waiting(items, unsent)) if (isBusy || !asked.has(id)) asked.set(id, performance.now());
    const answer = items.findLast((item) => item.type === "answer");
    if (answer) setPace((before) => paceOf(answer, times.current) ?? before);
  }, [items, unsent, isCaughtUp]);
  return pace;
}

/** The messages without an answer so far. */
function waiting(items: readonly Item[], unsent: readonly { id: string }[]): readonly string[] {
  const last = items.slice(-20);
  const answered = new Set(last.map((item) => (item.type === "answer" ? item.message : "")));
  const open = last.flatMap((item) => (item.type === "message" && !answered.has(item.id) ? [item.id] : []));
  return [...open, ...unsent.map(({ id }) => id)];
}

/** Undefined for an answer that had begun before we came. */
function paceOf(answer: Answer, { asked, first, last }: Times): Pace | undefined {
  const { run, message, text, reasoning, usage, model, reason } = answer;
  const askedAt = asked.get(message);
  const now = performance.now();
  const length = text.length + reasoning.length;
  if (askedAt === undefined || length === 0) return undefined;
  const firstAt = first.get(run) ?? now;
  first.set(run, firstAt);
  const lastAt = reason ? (last.get(run) ?? now) : now;
  last.set(run, lastAt);
  const tokens = usage?.output ?? Math.round(length / 4);
  const seconds = (lastAt - firstAt) / 1_000;
  return {
    run,
    model,
    firstTokenMs: firstAt - askedAt,
    tokens,
    isEstimated: usage === undefined || usage.estimated === true,
    tokensPerSecond: seconds > 0.2 ? tokens / seconds : undefined,
  };
}
