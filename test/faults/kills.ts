// kill -9 at random moments while many answers are being made, a new start on the same file, and everyone comes back.
import type { Dice } from "./dice.ts";
import { judge, readLogs } from "./judge.ts";
import type { Person, Trace } from "./person.ts";
import type { Result } from "./result.ts";
import { chatter, fillRooms, openScene, pause, settle, talker, type Scene } from "./scene.ts";
import { quantile } from "../../bench/stage.ts";

/** After so many kills everything is judged, and new rooms are opened. */
const killsPerRound = 25;

export async function kills({ runs, dice }: { runs: number; dice: Dice }): Promise<Result> {
  const scene = await openScene({ onRequest: talker(40, 4) });
  const violations: string[] = [];
  const tally = { seen: 0, interrupted: [] as number[] };
  try {
    for (let done = 0; done < runs; done += killsPerRound) {
      const people = fillRooms(() => scene.port, { rooms: 10, each: 2, round: done });
      const listenings = await killOften(scene, {
        dice,
        people,
        times: Math.min(killsPerRound, runs - done),
      });
      await settle(people);
      for (const person of people) person.leave();
      const logs = readLogs(scene.database);
      const traces = people.map(({ trace }) => trace);
      count(traces, listenings, tally);
      violations.push(
        ...judge({
          traces,
          logs: new Map([...logs].filter(([room]) => traces.some((trace) => trace.room === room))),
        }),
      );
    }
  } finally {
    await scene.close();
  }
  const { seen, interrupted } = tally;
  const facts = `${seen} entries seen; ${interrupted.length} open runs ended ${quantile(interrupted, 0.5).toFixed(0)} ms after listening (p50), ${Math.max(...interrupted).toFixed(0)} ms at most`;
  return { fault: "kill -9, restart, resume", runs, violations, facts };
}

type Often = { dice: Dice; people: readonly Person[]; times: number };

/** Gives the times at which the server listened again. */
async function killOften(scene: Scene, { dice, people, times }: Often): Promise<number[]> {
  const listenings: number[] = [];
  const silence = chatter(people, dice, 10);
  for (let kill = 0; kill < times; kill++) {
    await pause(dice.between(20, 400));
    await scene.kill();
    await scene.restart();
    listenings.push(performance.now());
  }
  silence();
  return listenings;
}

/** What people saw, and how long after listening again they saw the ends of runs that a crash had left open. */
function count(
  traces: readonly Trace[],
  listenings: readonly number[],
  tally: { seen: number; interrupted: number[] },
): void {
  for (const { frame, at } of traces.flatMap(({ connections }) =>
    connections.flatMap(({ frames }) => frames),
  )) {
    if (frame.offset !== undefined && frame.type !== "welcome") tally.seen += 1;
    const listening = listenings.findLast((one) => one <= at);
    if (frame.type === "end" && frame["reason"] === "interrupted" && listening !== undefined)
      tally.interrupted.push(at - listening);
  }
}
