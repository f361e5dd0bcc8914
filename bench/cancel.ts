// How long a cancel takes: until its end is at the client, and until the upstream's socket is closed.
// 1,000 cancels at random moments among 50 concurrent runs of 80 words a second. `npm run bench`
import type { Client } from "../test/support/client.ts";
import { openStage, printTable, quantile } from "./stage.ts";
import type { Told } from "./upstream.ts";

const runs = 50;
const cancels = 1_000;

const now = (): number => Number(process.hrtime.bigint()) / 1e6;
const stage = await openStage([80]);
const cancelledAt = new Map<string, number>();
const toEnd: number[] = [];
const toClose: number[] = [];
let late = 0;

const allClosed = new Promise<void>((resolve) =>
  stage.upstream.on("message", (told: Told) => {
    if (!("tag" in told)) return;
    toClose.push(Number(told.closedAt) / 1e6 - (cancelledAt.get(told.tag) ?? NaN));
    if (toClose.length === cancels) resolve();
  }),
);

/** Says, waits for a random number of words, stops, and waits for the end. */
async function cancelOnce(client: Client, tag: string): Promise<void> {
  client.send({ type: "say", text: tag });
  const { run } = await client.next("start");
  const words = 1 + Math.floor(Math.random() * 40);
  for (let count = 0; count < words; count++) await client.next("token");
  cancelledAt.set(tag, now());
  client.send({ type: "cancel", run });
  await client.next("end");
  toEnd.push(now() - (cancelledAt.get(tag) as number));
}

const clients = await Promise.all(Array.from({ length: runs }, () => stage.join()));
await Promise.all(
  clients.map(async (client, index) => {
    for (let count = 0; count < cancels / runs; count++)
      await cancelOnce(client, `tag-${index * 1_000 + count}`);
  }),
);
await allClosed;
for (const { entries } of clients) {
  const ended = new Set<string>();
  for (const entry of entries) {
    if ("run" in entry && ended.has(entry.run)) late += 1;
    if (entry.type === "end") ended.add(entry.run);
  }
}
await stage.close();

const row = (name: string, values: number[]): (string | number)[] => [
  name,
  String(values.length),
  quantile(values, 0.5),
  quantile(values, 0.99),
  Math.max(...values),
];
printTable(
  ["ms", "runs", "p50", "p99", "max"],
  [row("cancel to end at the client", toEnd), row("cancel to upstream closed", toClose)],
);
console.log(`tokens after an end: ${late} in ${cancels} cancels`);
