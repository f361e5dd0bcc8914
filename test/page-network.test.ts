// The page on a bad network, in short: `npm run faults -- --only page` makes a hundred faults.
import { describe, expect } from "@jest/globals";
import { createDice } from "./faults/dice.ts";
import { differences, page } from "./faults/page.ts";
import { browserTest } from "./support/browser.ts";

const seed = 20261122;

describe(`the page, on a bad network (seed ${seed})`, () => {
  browserTest(
    "[P3][P5] after cuts, reloads, a kill and times away it shows what the server has, word for word",
    async () => {
      const { runs, violations, facts } = await page({ runs: 20, dice: createDice(seed) });
      expect([runs, violations]).toEqual([20, []]);
      expect(facts).toMatch(/× cut/);
      expect(facts).toMatch(/× reload/);
      expect(facts).toMatch(/× away/);
      expect(facts).toMatch(/× lost/);
      expect(facts).toMatch(/2 × kill/);
    },
    120_000,
  );

  browserTest.each([
    ["a word twice", ["one", "two two"]],
    ["a missing word", ["one", ""]],
    ["a question twice", ["one", "one", "two"]],
    ["a missing answer", ["one"]],
    ["another order", ["two", "one"]],
  ])("its judge finds %s", (_, seen) => {
    expect(differences("they differ", seen, ["one", "two"])).not.toEqual([]);
    expect(differences("they differ", ["one", "two"], ["one", "two"])).toEqual([]);
  });
});
