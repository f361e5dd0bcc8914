// How long a start takes: from the process to the line that says where it listens, and to a `/healthz` that answers. Each
// start has a new database in a temporary folder. `node bench/start.ts [runs]`
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProcess } from "../test/support/process.ts";
import { printTable, quantile } from "./stage.ts";

type Settings = Readonly<Record<string, string>>;
type Start = { readonly listeningMs: number; readonly healthyMs: number };

/** With each model, and as a start is while Node has kept nothing of what it compiled. */
const kinds: readonly (readonly [string, Settings])[] = [
  ["demo", { MODEL: "demo" }],
  ["openai", { OPENAI_API_KEY: "none" }],
  ["demo, for the first time", { MODEL: "demo", NODE_DISABLE_COMPILE_CACHE: "1" }],
  ["openai, for the first time", { OPENAI_API_KEY: "none", NODE_DISABLE_COMPILE_CACHE: "1" }],
];

/** Milliseconds to listening of so many starts with the settings that are the default, one after the other. */
export async function startTimes(runs: number): Promise<number[]> {
  const settings = { MODEL: "demo" };
  await startOnce(settings); // fills the cache where this is the first start of all
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push((await startOnce(settings)).listeningMs);
  return times;
}

async function startOnce(settings: Settings): Promise<Start> {
  const folder = await mkdtemp(join(tmpdir(), "parlor-bench-"));
  const begun = performance.now();
  const running = await startProcess({ STORE: `sqlite:${folder}/data/parlor.db`, ...settings });
  const listeningMs = performance.now() - begun;
  const { ok } = await fetch(`http://127.0.0.1:${running.port}/healthz`);
  const healthyMs = performance.now() - begun;
  if (!ok) throw new Error("a server that listens is not healthy");
  running.child.kill("SIGTERM"); // and not by force: the store's threads keep what they compiled when they end
  await running.exited;
  await rm(folder, { recursive: true });
  return { listeningMs, healthyMs };
}

/** The kinds take turns, so that what else the machine does falls on all of them. */
async function main(runs: number): Promise<void> {
  const starts = kinds.map((): Start[] => []);
  for (const [, settings] of kinds) await startOnce(settings);
  for (let run = 0; run < runs; run++)
    for (const [index, [, settings]] of kinds.entries()) starts[index]?.push(await startOnce(settings));
  const row = (name: string, times: readonly number[]) =>
    [
      name,
      String(times.length),
      Math.min(...times),
      ...[0.5, 0.99, 1].map((at) => quantile(times, at)),
    ] as const;
  const rows = kinds.flatMap(([name], index) => [
    row(`${name}: listening`, starts[index]?.map(({ listeningMs }) => listeningMs) ?? []),
    row(`${name}: healthy`, starts[index]?.map(({ healthyMs }) => healthyMs) ?? []),
  ]);
  printTable(["a start, ms", "runs", "least", "p50", "p99", "most"], rows);
}

if (import.meta.main) await main(Number(process.argv[2] ?? 20));
