// People and the assistant write in one document, by chance: a few of the schedules that `npm run faults -- --only coauthor` plays.
import { describe, expect, test } from "@jest/globals";
import { coauthor } from "./faults/coauthor.ts";
import { createDice } from "./faults/dice.ts";

const seed = 20261122;

describe(`schedules of writing together (seed ${seed})`, () => {
  test.each(["y-websocket", "hocuspocus", "self"] as const)(
    "on a %s server nothing that anybody wrote is lost, and all have the same",
    async (only) => {
      const { runs, violations } = await coauthor({ runs: 10, dice: createDice(seed), only });
      expect([runs, violations]).toEqual([10, []]);
    },
    60_000,
  );
});
