// Where a server's processor time goes: `node bench/profile.ts <scenario> <contestant>` plays one round with the profiler
// on and prints the functions that used most of it. Threads of the server have profiles of their own.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { playRound } from "./round.ts";
import { printTable } from "./stage.ts";

type Node = { id: number; callFrame: { functionName: string; url: string; lineNumber: number } };
type Profile = { nodes: Node[]; samples: number[]; timeDeltas: number[] };

const shown = 45;

/** Self time by function. Microseconds. */
function selfTimes({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  for (const [index, sample] of samples.entries()) {
    const name = names.get(sample) ?? "?";
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  }
  return times;
}

function nameOf({ functionName, url, lineNumber }: Node["callFrame"]): string {
  const file = /(?:node_modules\/|\/)((?:[^/]+\/)?[^/]+)$/.exec(url)?.[1] ?? url;
  return `${(functionName || "(anonymous)").slice(0, 40)} ${file ? `${file}:${lineNumber + 1}` : ""}`;
}

const isIdle = (name: string): boolean => name.startsWith("(idle)");

function printProfile(path: string): void {
  const times = selfTimes(JSON.parse(readFileSync(path, "utf8")) as Profile);
  const busy = [...times].filter(([name]) => !isIdle(name));
  const sum = busy.reduce((total, [, time]) => total + time, 0);
  const rows = busy
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, shown)
    .map(([name, time]) => [name, `${((100 * time) / sum).toFixed(1)} %`]);
  printTable([`of ${(sum / 1e6).toFixed(2)} s`, "share"], rows);
}

const [scenario = "", contestant = ""] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "parlor-profile-"));
console.log(await playRound(scenario, contestant, { flags: ["--cpu-prof", `--cpu-prof-dir=${folder}`] }));
for (const file of readdirSync(folder)) printProfile(join(folder, file));
rmSync(folder, { recursive: true });
