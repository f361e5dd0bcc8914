// What an upstream without measure costs the process that reads it: how long its event loop stands still, and how much
// memory it takes. Each run is a process of its own. `npm run bench`, or `node bench/huge-event.ts [shape ...]`
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Read } from "./huge-event-reader.ts";
import { apis, shapes, type Api, type Shape } from "./huge-event-upstream.ts";
import { printTable } from "./stage.ts";

const runs = 5;

const start = (file: string, ...args: string[]): ChildProcess =>
  fork(join(import.meta.dirname, file), args, { execArgv: ["--disable-warning=ExperimentalWarning"] });

async function told<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, "message")) as [T];
  return message;
}

const upstream = start("huge-event-upstream.ts");
const { port } = await told<{ port: number }>(upstream);

/** One answer, read by a process of its own. */
async function read(api: Api, shape: Shape): Promise<Read> {
  const reader = start("huge-event-reader.ts", api, shape, `http://127.0.0.1:${port}`);
  const result = await told<Read>(reader);
  reader.disconnect();
  return result;
}

const wanted = process.argv.slice(2);
const chosen = shapes.filter((shape) => wanted.length === 0 || wanted.includes(shape));

const columns = [
  "runs",
  "longest stall, ms",
  "CPU of a turn, ms",
  "memory grows by, MB",
  "how the answer ends",
];

for (const api of apis) {
  const rows: (string | number)[][] = [];
  for (const shape of chosen) {
    const results: Read[] = [];
    for (let run = 0; run < runs; run++) results.push(await read(api, shape));
    const range = (field: "lagMs" | "ownMs" | "megabytes"): string => {
      const values = results.map((result) => result[field]);
      return `${Math.min(...values).toFixed(1)} - ${Math.max(...values).toFixed(1)}`;
    };
    const ends = [...new Set(results.map(({ end }) => end))].join(", ");
    rows.push([shape, String(runs), range("lagMs"), range("ownMs"), range("megabytes"), ends]);
  }
  printTable([api, ...columns], rows);
}
upstream.disconnect();
