// Makes faults, and counts what they broke. `npm run faults` for all, `-- --short` for a taste, `-- --only kills` for one.
import { parseArgs } from "node:util";
import { printTable } from "../../bench/stage.ts";
import { bytes } from "./bytes.ts";
import { coauthor } from "./coauthor.ts";
import { cuts } from "./cuts.ts";
import { createDice } from "./dice.ts";
import { full, stall } from "./disk.ts";
import { kills } from "./kills.ts";
import { page } from "./page.ts";
import { schedules } from "./schedules.ts";
import { upstreams } from "./upstreams.ts";
import { power } from "./power.ts";
import type { Result } from "./result.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    only: { type: "string" },
    runs: { type: "string" },
    short: { type: "boolean", default: false },
  },
});

type Scenario = {
  run: (options: { runs: number; dice: ReturnType<typeof createDice> }) => Promise<Result>;
  full: number;
  short: number;
};

const scenarios: Readonly<Record<string, Scenario>> = {
  kills: { run: kills, full: 1_000, short: 5 },
  power: { run: power, full: 100, short: 2 },
  cuts: { run: cuts, full: 60, short: 4 },
  upstreams: { run: upstreams, full: 520, short: 26 },
  schedules: { run: schedules, full: 1_000_000, short: 3_600 },
  bytes: { run: bytes, full: 100_000, short: 300 },
  stall: { run: stall, full: 5, short: 1 },
  full: { run: full, full: 20, short: 1 },
  page: { run: page, full: 100, short: 10 },
  coauthor: { run: coauthor, full: 600, short: 12 },
};

console.log(`seed ${values.seed}`);
const results: Result[] = [];
for (const [name, { run, full, short }] of Object.entries(scenarios)) {
  if (values.only !== undefined && values.only !== name) continue;
  const runs = values.runs === undefined ? (values.short ? short : full) : Number(values.runs);
  const result = await run({ runs, dice: createDice(Number(values.seed)) });
  results.push(result);
  console.log(`${name}: ${result.runs} runs, ${result.violations.length} violations. ${result.facts}`);
  for (const violation of result.violations.slice(0, 10)) console.log(`  ${violation}`);
}
printTable(
  ["fault", "runs", "violations", "facts"],
  results.map(({ fault, runs, violations, facts }) => [
    fault,
    String(runs),
    String(violations.length),
    facts,
  ]),
);
process.exit(results.some(({ violations }) => violations.length > 0) ? 1 : 0);
