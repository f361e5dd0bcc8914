// The comparison: every scenario, every contestant, in rounds that take turns, and one table.
// `npm run bench` writes it into the README beside this file; `-- --quick` has short rounds, few contestants, and only prints.
// Names of scenarios and contestants choose among them; `--rounds=5` says how often.
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { arePeersInstalled, contestants, type ContestantName } from "./contestants.ts";
import { reportOf, type Results } from "./report.ts";
import type { Figures } from "./scenarios/scenario.ts";
import { scenarios, type ScenarioName } from "./scenarios/scenarios.ts";
import { canPin, pinTo } from "./stage.ts";

const args = process.argv.slice(2);
const isQuick = args.includes("--quick");
const rounds = Number(args.find((arg) => arg.startsWith("--rounds="))?.slice(9) ?? (isQuick ? 1 : 3));
/** The short form leaves out what takes long: the other peers, and what has a smaller one of its kind. */
const quick = new Set<string>(["bare", "memory", "sqlite", "flat50", "paced", "room1000", "firstToken", "cancel", "idle5000", "reconnect", "join", "start"]); // prettier-ignore

/** Those that were asked for; where none of them was, all. */
function chosen<T extends string>(all: readonly T[]): T[] {
  const some = all.filter((name) => args.includes(name));
  const usual = isQuick ? all.filter((name) => quick.has(name)) : [...all];
  return some.length > 0 ? some : usual;
}

/** @throws Error when the round does not come to its end */
async function play(scenario: ScenarioName, contestant: ContestantName): Promise<Figures> {
  const [command = process.execPath, ...before] = [...pinTo(1), process.execPath];
  const child = fork(
    join(import.meta.dirname, "round.ts"),
    [scenario, contestant, ...(isQuick ? ["--quick"] : [])],
    {
      execPath: command,
      execArgv: [...before, "--disable-warning=ExperimentalWarning"],
    },
  );
  const died = once(child, "exit").then(() =>
    Promise.reject(new Error(`${scenario} with ${contestant} has died`)),
  );
  died.catch(() => {});
  const [figures] = (await Promise.race([once(child, "message"), died])) as [Figures];
  await once(child, "exit");
  return figures;
}

/** A server that breaks down under a load has that in the table. */
function notPlayed(error: unknown): Figures {
  console.error(String(error));
  return {};
}

async function playAll(): Promise<Results> {
  const results: Results = new Map();
  const wanted = chosen(Object.keys(contestants) as ContestantName[]);
  for (const scenario of chosen(Object.keys(scenarios) as ScenarioName[])) {
    const those = scenarios[scenario].contestants.filter((name) => wanted.includes(name));
    for (let round = 0; round < rounds; round++)
      for (const contestant of those) {
        const key = `${scenario} ${contestant}` as const;
        const figures = await play(scenario, contestant).catch(notPlayed);
        results.set(key, [...(results.get(key) ?? []), figures]);
      }
    process.stderr.write(`${scenario} `);
  }
  return results;
}

/** What stands between these in the README is made here. */
const marks = ["<!-- the comparison -->", "<!-- the end of the comparison -->"] as const;

function write(report: string): void {
  const path = join(import.meta.dirname, "README.md");
  const text = readFileSync(path, "utf8");
  const [begin, end] = [text.indexOf(marks[0]) + marks[0].length, text.indexOf(marks[1])];
  writeFileSync(path, `${text.slice(0, begin)}\n\n${report}\n\n${text.slice(end)}`);
}

if (!arePeersInstalled()) throw new Error("The peers are not installed: npm ci --prefix bench/peers");
if (!canPin)
  console.error("This machine cannot bind a process to a processor: servers and their load share them all.");
const load = loadavg()[0]?.toFixed(2);
const report = reportOf(await playAll(), rounds);
const machine = `Node ${process.versions.node}, ${cpus().length} processors; load of the machine before: ${load}, after: ${loadavg()[0]?.toFixed(2)}.`; // prettier-ignore
console.log(`\n${report}\n\n${machine}`);
const isWhole = !args.some((arg) => arg in scenarios || arg in contestants);
if (isWhole && !isQuick) write(`${report}\n\n${machine}`);
