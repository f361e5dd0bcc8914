// What a connection costs that only listens: each in a conversation of its own. The server's memory is looked at after it
// has collected its garbage, so that nothing is counted that is not held.
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Talker } from "../talk/talk.ts";
import type { Memory } from "../memory-probe.ts";
import { sockets, type Figures, type Round, type Scenario } from "./scenario.ts";

const atOnce = 100;
/**
 * A connection is idle when it has been so for a while: until then the runtime keeps the room in which so many were made.
 * Milliseconds.
 */
const [settledMs, quickSettledMs] = [10_000, 1_500];

async function look({ stage: { server } }: Round): Promise<Memory> {
  server.send("look");
  const [memory] = (await once(server, "message")) as [Memory];
  return memory;
}

const settle = ({ isQuick }: Round): Promise<void> => wait(isQuick ? quickSettledMs : settledMs);

async function open({ stage, talk }: Round, count: number): Promise<Talker[]> {
  const deaf = { words: () => {}, end: () => {} };
  const talkers: Talker[] = [];
  while (talkers.length < count)
    talkers.push(...(await Promise.all(Array.from({ length: atOnce }, () => talk(stage.address, deaf)))));
  return talkers;
}

/** Some come and go first, so that what a server loads and compiles once is not counted. */
async function play(round: Round, connections: number): Promise<Figures> {
  for (const talker of await open(round, 1_000)) talker.close();
  await settle(round);
  const before = await look(round);
  const talkers = await open(round, connections);
  await settle(round);
  const after = await look(round);
  for (const talker of talkers) talker.close();
  const of = (field: keyof Memory): number => (after[field] - before[field]) / connections / 1_024;
  return { resident: of("resident"), heap: of("heap") };
}

const idle = (connections: number): Scenario => ({
  title: `${connections.toLocaleString("en")} idle connections`,
  figures: { resident: "resident KiB a connection", heap: "heap KiB a connection" },
  contestants: sockets,
  words: [1],
  server: { flags: ["--expose-gc", "--import", join(import.meta.dirname, "../memory-probe.ts")] },
  play: (round) => play(round, connections),
});

export const idles = { idle5000: idle(5_000), idle10000: idle(10_000) };
