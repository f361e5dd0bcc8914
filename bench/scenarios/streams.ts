// Answers that stream: to one reader each, or to a room of many; as fast as they come, or at a pace.
import { setTimeout as wait } from "node:timers/promises";
import type { Talker } from "../talk/talk.ts";
import { quantile } from "../stage.ts";
import { everyone, now, sockets, type Figures, type Round, type Scenario } from "./scenario.ts";

type Load = {
  readonly rooms: number;
  /** Readers in each room, one of whom speaks. */
  readonly readers: number;
  /** Words a second of each answer; 0 = as fast as they are read. */
  readonly perSecond: number;
};

/** A stamp of the time is longer than most words. UTF-16 code units. */
const [plainChars, stampChars] = [6, 20];
const answerWords = 500;
/** How long is waited, then measured, and then waited for answers that are under way to come whole. Milliseconds. */
const times = { warm: 4_000, window: 3_000, rest: 15_000 };
const quickTimes = { warm: 2_000, window: 1_000, rest: 500 };

/** What all readers of a round have heard. */
class Tally {
  words = 0;
  /** Answers that ended without all of their words. */
  short = 0;
  lags: number[] = [];
  open = 0;
  isOver = false;

  hear(text: string, wordChars: number): void {
    this.words += text.length / wordChars;
    if (wordChars !== stampChars) return;
    const at = now();
    for (let index = 0; index < text.length; index += stampChars)
      this.lags.push(at - Number(text.slice(index, index + stampChars)) / 1e6);
  }
}

/** One reader, who asks again after each answer where he is the one who speaks. */
async function seat(
  { stage, talk }: Round,
  tally: Tally,
  { isSpeaker, wordChars, room }: Seat,
): Promise<Talker> {
  let chars = 0;
  const say = (): void => {
    tally.open += 1;
    talker.say("Tell me a story");
  };
  const ear = {
    words: (text: string): void => {
      chars += text.length;
      tally.hear(text, wordChars);
    },
    end: (): void => {
      if (chars !== answerWords * wordChars && !tally.isOver) tally.short += 1;
      chars = 0;
      if (!isSpeaker) return;
      tally.open -= 1;
      if (!tally.isOver) say();
    },
  };
  const talker = await talk(stage.address, ear, room);
  return { ...talker, say };
}

type Seat = { isSpeaker: boolean; wordChars: number; room: string | undefined };

/** Readers come in small groups, as no server is asked here how it takes a rush. */
async function seatAll(round: Round, tally: Tally, { rooms, readers, perSecond }: Load): Promise<Talker[]> {
  const seats = Array.from({ length: rooms * readers }, (_, index): Seat => ({
    isSpeaker: index % readers === 0,
    wordChars: wordCharsOf(perSecond),
    room: readers === 1 ? undefined : `room-${Math.floor(index / readers)}`,
  }));
  const talkers: Talker[] = [];
  for (let index = 0; index < seats.length; index += 50)
    talkers.push(
      ...(await Promise.all(seats.slice(index, index + 50).map((one) => seat(round, tally, one)))),
    );
  return talkers;
}

async function play(round: Round, load: Load): Promise<Figures> {
  const tally = new Tally();
  const { warm, window, rest } = round.isQuick ? quickTimes : times;
  const talkers = await seatAll(round, tally, load);
  if (load.readers > 1) await wait(3_000); // who is here is told by and by in a large room
  const lengthMs = load.perSecond > 0 ? (answerWords / load.perSecond) * 1_000 : 0;
  // paced, questions come at all times from then on, as answers are of one length
  const spread = round.isQuick ? Math.min(lengthMs, 1_000) : lengthMs;
  for (const [index, talker] of talkers.entries())
    if (index % load.readers === 0)
      setTimeout(() => talker.say(""), load.rooms > 1 ? Math.random() * spread : 0);
  await wait(warm + (load.rooms > 1 ? spread : 0));
  const [begun, cpu] = [now(), round.stage.processorTime()];
  [tally.words, tally.lags] = [0, []];
  await wait(window);
  const [ms, seconds] = [now() - begun, round.stage.processorTime() - cpu];
  const { words, lags } = tally;
  tally.lags = []; // what follows is not counted
  await ending(tally, rest);
  for (const talker of talkers) talker.close();
  return {
    cpu: (seconds * 1e6) / words,
    rate: words / (ms / 1_000),
    load: seconds / (ms / 1_000),
    lag50: quantile(lags, 0.5),
    lag99: quantile(lags, 0.99),
    short: tally.short,
  };
}

async function ending(tally: Tally, patienceMs: number): Promise<void> {
  const patience = now() + patienceMs;
  const { words } = tally;
  while (tally.open > 0 && now() < patience) await wait(50);
  tally.isOver = true;
  if (words === 0) throw new Error("nobody has heard a word");
}

const wordCharsOf = (perSecond: number): number => (perSecond > 0 ? stampChars : plainChars);

const upstreamOf = ({ perSecond }: Load): (number | string)[] => [
  perSecond,
  wordCharsOf(perSecond),
  answerWords,
  "openai",
  perSecond > 0 ? "stamped" : "apart",
];

const cost = { cpu: "CPU a token, µs" };
const pace = {
  ...cost,
  rate: "tokens a second",
  load: "processors in use",
  lag50: "lag p50, ms",
  lag99: "lag p99, ms",
  short: "answers with a word missing",
};

const flatOut = (rooms: number): Scenario => {
  const load = { rooms, readers: 1, perSecond: 0 };
  return {
    title: `${rooms} streams, flat out`,
    figures: { ...cost, rate: "tokens a second", short: "answers with a word missing" },
    contestants: everyone,
    words: upstreamOf(load),
    play: (round) => play(round, load),
  };
};

const paced = (rooms: number, perSecond: number): Scenario => {
  const load = { rooms, readers: 1, perSecond };
  return {
    title: `${rooms} streams of ${perSecond} tokens a second, one processor`,
    figures: pace,
    contestants: everyone,
    words: upstreamOf(load),
    play: (round) => play(round, load),
  };
};

const room = (readers: number, perSecond: number): Scenario => {
  const load = { rooms: 1, readers, perSecond };
  return {
    title: `a room of ${readers}, ${perSecond > 0 ? `${perSecond} tokens a second` : "flat out"}`,
    figures: {
      cpu: "CPU a delivery, µs",
      rate: "deliveries a second",
      ...(perSecond > 0 && { lag99: "lag p99, ms" }),
      short: "answers with a word missing",
    },
    contestants: sockets,
    words: upstreamOf(load),
    play: (round) => play(round, load),
  };
};

export const streams = {
  flat50: flatOut(50),
  flat200: flatOut(200),
  paced: paced(500, 50),
  room200: room(200, 0),
  room200paced: room(200, 20),
  room1000: room(1_000, 0),
  room1000paced: room(1_000, 20),
};
