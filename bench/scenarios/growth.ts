// Whether what comes late costs more: the tokens of a long answer, and the messages of a long conversation.
import { setTimeout as wait } from "node:timers/promises";
import { quantile } from "../stage.ts";
import { writeLong } from "./long-conversation.ts";
import { now, ours, type Figures, type Round, type Scenario } from "./scenario.ts";

const wordChars = 6;
const streams = 20;
/** Tokens whose cost is that of the 10th, and of the 10,000th: so many after each of them. */
const [early, late, stretch] = [10, 10_000, 2_000];

type Meter = { readonly heard: () => number; readonly processorTime: () => number };

/** Resolves with the processor time that was used when each of the answers has so many tokens, about. Seconds. */
async function timeAt(
  { heard, processorTime }: Meter,
  tokens: number,
): Promise<{ seconds: number; at: number }> {
  while (heard() < tokens) await wait(1);
  return { seconds: processorTime(), at: heard() };
}

async function costBetween(meter: Meter, from: number): Promise<number> {
  const begin = await timeAt(meter, from);
  const end = await timeAt(meter, from + stretch);
  return ((end.seconds - begin.seconds) * 1e6) / (end.at - begin.at) / streams;
}

/** One answer to each of some clients, all at once. The first time warms the server up. */
async function playTokens({ stage, talk }: Round): Promise<Figures> {
  let figures: Figures = {};
  for (let wave = 0; wave < 2; wave++) {
    let chars = 0;
    const words = (text: string): void => void (chars += text.length);
    const ends = Array.from({ length: streams }, () => Promise.withResolvers<void>());
    const talkers = await Promise.all(
      ends.map((end) => talk(stage.address, { words, end: () => end.resolve() })),
    );
    for (const talker of talkers) talker.say("a long story");
    const meter = { heard: () => chars / wordChars / streams, processorTime: () => stage.processorTime() };
    const [first, last] = [await costBetween(meter, early), await costBetween(meter, late)];
    figures = { early: first, late: last, ratio: last / first };
    await Promise.all(ends.map((end) => end.promise));
    for (const talker of talkers) talker.close();
  }
  return figures;
}

const messages = 200;
const quickMessages = 50;
/** As long as the memory is wide (8,000 tokens) after ten of them: what the model is shown is the same from then on. */
const chars = 3_600;
const lengths = { short: { exchanges: 10, chars }, long: { exchanges: 10_000, chars } };
type Length = keyof typeof lengths;

type Cost = { ms: number; cpu: number };

async function playMessages(round: Round): Promise<Figures> {
  const { stage, talk } = round;
  const costs: Record<Length, Cost[]> = { short: [], long: [] };
  const ends: Record<Length, () => void> = { short: () => {}, long: () => {} };
  const open = (which: Length) => talk(stage.address, { words: () => {}, end: () => ends[which]() }, which);
  const talkers = { short: await open("short"), long: await open("long") };
  const ask = async (which: Length): Promise<void> => {
    const over = new Promise<void>((resolve) => (ends[which] = resolve));
    talkers[which].say("Hello");
    await over;
  };
  const measure = async (which: Length): Promise<void> => {
    const [begun, cpu] = [now(), stage.processorTime()];
    for (let count = 0; count < 10; count++) await ask(which);
    costs[which].push({ ms: (now() - begun) / 10, cpu: stage.processorTime() - cpu });
  };
  for (let count = 0; count < 5; count++)
    for (const which of ["short", "long"] as const) for (let n = 0; n < 10; n++) await ask(which);
  for (let count = 0; count < (round.isQuick ? quickMessages : messages) / 10; count++)
    for (const which of ["short", "long"] as const) await measure(which);
  const of = (which: Length, field: keyof Cost): number =>
    quantile(
      costs[which].map((cost) => cost[field]),
      0.5,
    );
  for (const talker of Object.values(talkers)) talker.close();
  return { early: of("short", "ms"), late: of("long", "ms"), ratio: of("long", "ms") / of("short", "ms") };
}

const tokens: Scenario = {
  title: "the 10th and the 10,000th token of an answer",
  figures: { early: "CPU of the 10th, µs", late: "CPU of the 10,000th, µs", ratio: "of that" },
  contestants: ours,
  words: [0, wordChars, late + 2 * stretch, "openai", "apart"],
  play: playTokens,
};

const sayings: Scenario = {
  title: "the 10th and the 10,000th message of a conversation, with its answer",
  figures: { early: "the 10th, ms", late: "the 10,000th, ms", ratio: "of that" },
  contestants: ["sqlite"],
  words: [0, wordChars, 5, "openai"],
  prepare: (folder) => writeLong(`${folder}/parlor.db`, lengths),
  play: playMessages,
};

export const growth = { tokens, messages: sayings };
