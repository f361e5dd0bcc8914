// People and the assistant write in one document on real servers, with all that editors do: what must be true of it is judged.
import type { Dice } from "./dice.ts";
import { playSchedule } from "./coauthor-schedule.ts";
import { kinds, openStage, type Kind } from "./coauthor-stage.ts";
import { emptyTally, type Tally } from "./coauthor-tally.ts";
import type { Result } from "./result.ts";

/** So many are played at the same time: most of a schedule is waiting. */
const atOnce = 4;

/** @param only a kind of server; default all, in turn */
export async function coauthor({
  runs,
  dice,
  only,
}: {
  runs: number;
  dice: Dice;
  only?: Kind;
}): Promise<Result> {
  const [violations, tally] = [[] as string[], emptyTally()];
  const again = process.env["SCHEDULE"]?.split(" "); // one that was reported: `SCHEDULE="hocuspocus 123"`
  const waiting = again
    ? Array.from({ length: runs }, () => ({ kind: again[0] as Kind, seed: Number(again[1]) }))
    : Array.from({ length: runs }, (_, at) => ({
        kind: only ?? (kinds[at % kinds.length] as Kind),
        seed: dice.between(1, 2 ** 30),
      }));
  const stage = await openStage();
  const play = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { kind, seed } = next;
      const played = await playSchedule(stage, kind, seed);
      violations.push(...played.violations.map((fault) => `${kind} ${seed}: ${fault}`));
      for (const key of Object.keys(tally) as (keyof Tally)[]) tally[key] += played.tally[key];
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, play));
  } finally {
    await stage.close();
  }
  return { fault: "writing together", runs, violations, facts: factsOf(tally) };
}

const factsOf = (tally: Tally): string =>
  Object.entries(tally)
    .map(([what, count]) => `${count} ${what}`)
    .join(", ");
