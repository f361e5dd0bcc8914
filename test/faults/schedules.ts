// Model-based: random commands of three people and a model, with cuts and resumes, against the rules and the fold.
import type { Dice } from "./dice.ts";
import { playSchedules } from "../support/schedule.ts";
import type { Result } from "./result.ts";

/** @param runs about so many commands */
export async function schedules({ runs, dice }: { runs: number; dice: Dice }): Promise<Result> {
  const seed = dice.between(1, 2 ** 30);
  const violations: string[] = [];
  let commands = 0;
  const count = Math.max(20, Math.ceil(runs / 10 / 20) * 20); // a schedule has about 10 commands, and 20 are played at once
  try {
    ({ commands } = await playSchedules({ schedules: count, seed }));
  } catch (error) {
    violations.push(error instanceof Error ? error.message : String(error));
  }
  return { fault: "random commands", runs: commands, violations, facts: `${count} schedules, seed ${seed}` };
}
