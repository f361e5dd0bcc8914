// How long a question takes until its first word is there, when the model says it at once and goes on at a pace: one
// after the other, each in a conversation of its own, on a server that has nothing else to do.
import { setTimeout as wait } from "node:timers/promises";
import { quantile } from "../stage.ts";
import { everyone, now, type Figures, type Round, type Scenario } from "./scenario.ts";

/** The first ones warm the server up and are not counted. */
const questions = { uncounted: 200, counted: 300 };
const quickQuestions = { uncounted: 40, counted: 60 };

async function ask({ stage, talk }: Round): Promise<number> {
  const first = Promise.withResolvers<number>();
  const over = Promise.withResolvers<void>();
  const ear = { words: () => first.resolve(now()), end: () => over.resolve() };
  const talker = await talk(stage.address, ear);
  await wait(2); // what follows a joining is over
  const begun = now();
  talker.say("Hello");
  const ms = (await first.promise) - begun;
  await over.promise;
  talker.close();
  return ms;
}

async function play(round: Round): Promise<Figures> {
  const times: number[] = [];
  const { uncounted, counted: count } = round.isQuick ? quickQuestions : questions;
  while (times.length < uncounted + count) times.push(await ask(round));
  const counted = times.slice(uncounted);
  return { p50: quantile(counted, 0.5), p99: quantile(counted, 0.99) };
}

export const firstToken = {
  firstToken: {
    title: "time to the first token",
    figures: { p50: "p50, ms", p99: "p99, ms" },
    contestants: everyone,
    words: [100, 6, 3, "openai"],
    play,
  } satisfies Scenario,
};
