// What a connection costs that only listens: each in a conversation of its own. The server's memory is looked at after it
// has collected its garbage, so that nothing is counted that is not held.
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Talker } from "../talk/talk.ts";
import type { Memory } from "../memory-probe.ts";
import { sockets, type Figures, type Round, type Scenario } from "./scenario.ts";

const atOnce = 100;
/** What a joining leaves behind for a moment is gone by then. Milliseconds. */
const settledMs = 1_500;

async function look({ stage: { server } }: Round): Promise<Memory> {
  server.send("look");
  const [memory] = (await once(server, "message")) as [Memory];
  return memory;
}

async function open({ stage, talk }: Round, count: number): Promise<Talker[]> {
  const deaf = { words: () => {}, end: () => {} };
  const talkers: Talker[] = [];
  while (talkers.length < count)
    talkers.push(...(await Promise.all(Array.from({ length: atOnce }, () => talk(stage.address, deaf)))));
  await wait(settledMs);
  return talkers;
}

async function close(talkers: readonly Talker[]): Promise<void> {
  for (const talker of talkers) talker.close();
  await wait(settledMs);
}

/** Some come and go first, so that what a server loads and compiles once is not counted. */
async function play(round: Round, connections: number): Promise<Figures> {
  await close(await open(round, 1_000));
  const before = await look(round);
  const talkers = await open(round, connections);
  const after = await look(round);
  await close(talkers);
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
