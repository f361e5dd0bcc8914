// From the command to the line that says where it listens, with the settings that are the default.
import { quantile } from "../stage.ts";
import { startTimes } from "../start.ts";
import type { Figures, Round, Scenario } from "./scenario.ts";

async function play({ isQuick }: Round): Promise<Figures> {
  const times = await startTimes(isQuick ? 5 : 10);
  return { p50: quantile(times, 0.5), most: Math.max(...times) };
}

export const start = {
  start: {
    title: "a start, until it listens",
    figures: { p50: "p50, ms", most: "most, ms" },
    contestants: ["sqlite"],
    words: [1],
    play,
  } satisfies Scenario,
};
