// An hour of joins, cuts, cancels and slow readers, at whose end the server's process must be where it began.
// `npm run soak`, an hour; `-- --short`, ten minutes; `-- --minutes 3`; `-- --seed 7` plays what another run played.
import { parseArgs } from "node:util";
import { setTimeout as wait } from "node:timers/promises";
import { play, type Cast, type Tally } from "./soak/crowd.ts";
import { writing } from "./soak/editor.ts";
import type { Look } from "./soak/probe.ts";
import { deadPeer, privateTalk, room, slowReader } from "./soak/scenes.ts";
import { openSoakStage, type SoakStage } from "./soak/stage.ts";
import { stranger } from "./soak/strangers.ts";
import { judge, type Sample } from "./soak/verdict.ts";

const { values } = parseArgs({
  options: { short: { type: "boolean" }, minutes: { type: "string" }, seed: { type: "string" } },
});
const minutes = Number(values.minutes ?? (values.short ? 10 : 60));
const minuteMs = 60_000;
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new Error("--minutes and --seed are numbers");

/** Some forty conversations and seventy connections: about a third of a core for the server. */
const cast: Cast = [
  [privateTalk, 24],
  [room, 8],
  [slowReader, 1],
  [deadPeer, 2],
  [writing, 2],
  [stranger, 1],
];

/** Until nothing is open that was not open at the start; the upstream's spare connections end after 5 s. Milliseconds. */
const quietWithinMs = 90_000;
const lookEveryMs = 500; // nothing tells when the last of them is gone

/** The agent's spare connections hold no event loop, so that they are only among the descriptors. */
const openIn = ({ resources, descriptors }: Look): string =>
  JSON.stringify([Object.entries(resources).sort(), descriptors["socket"]]);

async function quiet(stage: SoakStage, start: Look): Promise<Look> {
  const deadline = performance.now() + quietWithinMs;
  while (performance.now() < deadline && openIn(await stage.look("resources")) !== openIn(start))
    await wait(lookEveryMs);
  return stage.look("objects");
}

const inMebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const progress = (atMs: number, { heap, threadsHeap, rss }: Look): string =>
  `${(atMs / minuteMs).toFixed(1)} min: heap ${inMebibytes(heap)}, threads ${inMebibytes(threadsHeap)}, RSS ${inMebibytes(rss)}`;

type Span = { readonly ms: number; readonly everyMs: number; readonly seed: number };

/** Everybody is there for so long, then goes. Gives the samples of that time. */
async function load(stage: SoakStage, tally: Tally, { ms, everyMs, seed }: Span): Promise<Sample[]> {
  const samples: Sample[] = [];
  const crowd = play(cast, { port: stage.port, seed, tally });
  const begun = performance.now();
  for (let next = everyMs; next <= ms; next += everyMs) {
    await Promise.race([wait(begun + next - performance.now()), crowd.failed, stage.died]);
    const look = await Promise.race([stage.look("memory"), stage.died]);
    samples.push({ hours: (performance.now() - begun) / 3_600_000, look });
    console.error(progress(next, look));
  }
  await Promise.race([crowd.leave(), stage.died]);
  return samples;
}

const ms = minutes * minuteMs;

async function soak(stage: SoakStage): Promise<string[]> {
  const start = await stage.look("resources");
  const warmUpMs = Math.max(minuteMs, ms / 10);
  await load(stage, new Map(), { ms: warmUpMs, everyMs: warmUpMs, seed: seed + 1 });
  const began = await quiet(stage, start);
  const tally: Tally = new Map();
  const begun = performance.now();
  const under = await load(stage, tally, { ms, everyMs: Math.min(minuteMs, ms / 20), seed });
  const seconds = (performance.now() - begun) / 1000;
  const used = ((await stage.look("resources")).processor - began.processor) / seconds;
  const ended = await quiet(stage, start);
  const deeds = [...tally].map(([deed, count]) => `${count} ${deed}`).join(", ");
  console.log(
    `${minutes} minutes, seed ${seed}, the server used ${(used * 100).toFixed(0)} % of a core: ${deeds}.\n`,
  );
  const faults = judge({ began, under, ended });
  return stage.complaints() ? [...faults, `the server complained: ${stage.complaints()}`] : faults;
}

console.log(`soak: seed ${seed}`);
const stage = await openSoakStage();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void stage.close().then(() => process.exit(1))); // its database is large
const faults = await soak(stage).catch((error: unknown) => {
  console.error(error); // with its stack, which tells who was waiting
  return [`${error instanceof Error ? error.message : String(error)} (--seed ${seed})`];
});
await stage.close();
console.log(faults.length === 0 ? "soak: held" : `soak: did NOT hold: ${faults.join("; ")}`);
process.exit(faults.length === 0 ? 0 : 1);
