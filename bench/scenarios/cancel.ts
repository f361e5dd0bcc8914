// Stopping answers while others are made: some streams go on without end, others are stopped at random moments.
import { setTimeout as wait } from "node:timers/promises";
import { quantile } from "../stage.ts";
import type { Told } from "../upstream.ts";
import { everyone, now, type Figures, type Round, type Scenario } from "./scenario.ts";

const wordsPerSecond = 80;
/** 4,000 tokens a second, beside those that are stopped. */
const background = 50;
const cancellers = 5;
const cancels = 300;
const quickCancels = 60;
/** A server that is still busy with others has this long to let an answer go. Milliseconds. */
const patienceMs = 10_000;

type Times = { toEnd: number[]; toClosed: number[]; afterEnd: number };

/** When the upstream was let go of each answer, by what was asked. Milliseconds of the shared clock. */
function closings({ stage }: Round): (tag: string) => Promise<number> {
  const times = new Map<string, PromiseWithResolvers<number>>();
  const of = (tag: string): PromiseWithResolvers<number> => {
    const one = times.get(tag) ?? Promise.withResolvers<number>();
    times.set(tag, one);
    return one;
  };
  stage.upstream.on("message", (told: Told) => {
    if ("tag" in told) of(told.tag).resolve(Number(told.closedAt) / 1e6);
  });
  return (tag) => of(tag).promise;
}

/** Asks, hears some words, stops, and waits until that has come about. */
async function cancelOnce({ stage, talk }: Round, tag: string, times: Times): Promise<number> {
  const end = Promise.withResolvers<number>();
  const enough = Promise.withResolvers<void>();
  let left = 1 + Math.floor(Math.random() * 20);
  let isOver = false;
  const words = (): void => {
    if (isOver) times.afterEnd += 1;
    if (--left === 0) enough.resolve();
  };
  const talker = await talk(stage.address, {
    words,
    end: () => {
      isOver = true;
      end.resolve(now());
    },
  });
  talker.say(tag);
  await enough.promise;
  const begun = now();
  talker.cancel();
  times.toEnd.push((await end.promise) - begun);
  await wait(20); // for what may still come
  talker.close();
  return begun;
}

async function play(round: Round): Promise<Figures> {
  const closed = closings(round);
  const deaf = { words: () => {}, end: () => {} };
  const others = await Promise.all(
    Array.from({ length: background }, () => round.talk(round.stage.address, deaf)),
  );
  for (const other of others) other.say("a story without end");
  await wait(1_000);
  const times: Times = { toEnd: [], toClosed: [], afterEnd: 0 };
  const each = (round.isQuick ? quickCancels : cancels) / cancellers;
  const work = Array.from({ length: cancellers }, async (_, index) => {
    for (let count = 0; count < each; count++) {
      const tag = `tag-${index * 1_000 + count}`;
      const begun = await cancelOnce(round, tag, times);
      const at = await Promise.race([closed(tag), wait(patienceMs, begun + patienceMs)]);
      times.toClosed.push(at - begun);
    }
  });
  await Promise.all(work);
  for (const other of others) other.close();
  return {
    end50: quantile(times.toEnd, 0.5),
    end99: quantile(times.toEnd, 0.99),
    closed50: quantile(times.toClosed, 0.5),
    closed99: quantile(times.toClosed, 0.99),
    late: times.afterEnd,
  };
}

export const cancel = {
  cancel: {
    title: "Stop, beside 4,000 tokens a second",
    figures: {
      end50: "to the end, p50, ms",
      end99: "to the end, p99, ms",
      closed50: "to the model let go, p50, ms",
      closed99: "to the model let go, p99, ms",
      late: "words after the end",
    },
    contestants: everyone,
    words: [wordsPerSecond, 6, Infinity, "openai"],
    play,
  } satisfies Scenario,
};
