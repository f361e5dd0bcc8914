// Random schedules: whatever happens, every reader ends with the transcript of the log.
import { expect, test } from "@jest/globals";
import { playSchedules } from "./support/schedule.ts";

const schedules = 2_000;
const seed = 20261122;

test(`[P3][P2][R1][R4][P5] over ${schedules} schedules every reader folds to the transcript of the log (seed ${seed})`, async () => {
  const { commands } = await playSchedules({ schedules, seed });
  expect(commands).toBeGreaterThan(10 * schedules);
}, 170_000);
