// One round: one scenario with one contestant, in a process of its own, which is the load.
// `node bench/round.ts <scenario> <contestant> [--quick]` prints its figures; as a child of another process it sends them.
import { contestants, type ContestantName } from "./contestants.ts";
import { scenarios, type ScenarioName } from "./scenarios/scenarios.ts";
import type { Figures, Scenario } from "./scenarios/scenario.ts";
import { openStage } from "./stage.ts";

type Options = {
  isQuick?: boolean;
  /** More arguments of the server's node. */
  flags?: readonly string[];
};

export async function playRound(
  scenarioName: string,
  contestantName: string,
  { isQuick = false, flags = [] }: Options = {},
): Promise<Figures> {
  const scenario: Scenario = scenarios[scenarioName as ScenarioName];
  const contestant = contestants[contestantName as ContestantName];
  const server = { ...scenario.server, contestant, prepare: scenario.prepare, processor: 0 };
  const stage = await openStage(scenario.words, { ...server, flags: [...(server.flags ?? []), ...flags] });
  try {
    return await scenario.play({ stage, talk: contestant.talk, isQuick });
  } finally {
    await stage.close();
  }
}

if (import.meta.main) {
  const [scenario = "", contestant = ""] = process.argv.slice(2);
  const figures = await playRound(scenario, contestant, { isQuick: process.argv.includes("--quick") });
  if (process.send) process.send(figures, () => process.exit());
  else console.log(figures);
}
