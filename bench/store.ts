// What the store on disk costs beside the one in memory: CPU for a token, the wait of a token, and a long conversation.
// Rounds of both take turns; databases are in a temporary folder; about two minutes. `node bench/store.ts`
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { place } from "../server/log/entry.ts";
import { openSqliteStore } from "../server/log/sqlite.ts";
import type { Draft, Entry, ServerFrame } from "../shared/protocol.ts";
import { wordsOf, type Client } from "../test/support/client.ts";
import { openStage, printTable, quantile, type Stage } from "./stage.ts";

const rounds = 3;
const streams = 200;
const waves = 4;
const answerWords = 500;
const wordChars = 6;
const stampChars = 20;
const wordsPerSecond = 50;
const startsWithinMs = 1_000;
const settledAfterMs = 2_000;
const measuredMs = 5_000;
const lengths = [100_000, 1_000];
const joins = 50;
const appends = 200;

const folder = mkdtempSync(join(tmpdir(), "parlor-bench-"));
const now = (): number => Number(process.hrtime.bigint()) / 1e6;
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Private conversations, one client in each. */
const joinAll = (stage: Stage): Promise<Client[]> =>
  Promise.all(Array.from({ length: streams }, () => stage.join()));

async function onStage<T>(words: (number | string)[], store: string, work: (stage: Stage) => Promise<T>) {
  const stage = await openStage(words, { STORE: store });
  try {
    return await work(stage);
  } finally {
    await stage.close();
  }
}

// --- as fast as the upstream gives -------------------------------------------------------------------------

type Cost = { microseconds: number; wordsInFrame: number };

async function wave(stage: Stage): Promise<Cost> {
  const clients = await joinAll(stage);
  const before = stage.processorTime();
  for (const client of clients) client.send({ type: "say", text: "tag-0" });
  await Promise.all(clients.map((client) => client.next("end")));
  const seconds = stage.processorTime() - before;
  const entries = clients.flatMap((client) => client.entries);
  await Promise.all(clients.map((client) => client.close()));
  const words = wordsOf(entries).length / wordChars;
  if (words !== streams * answerWords) throw new Error(`${words} words have come`);
  const frames = entries.filter(({ type }) => type === "token").length;
  return { microseconds: (seconds * 1e6) / words, wordsInFrame: words / frames };
}

/** The first wave warms the server up and is not counted. */
async function flatOut(stage: Stage): Promise<Cost> {
  const costs: Cost[] = [];
  for (let count = 0; count < waves; count++) costs.push(await wave(stage));
  const of = (field: keyof Cost): number => mean(costs.slice(1).map((cost) => cost[field]));
  return { microseconds: of("microseconds"), wordsInFrame: of("wordsInFrame") };
}

// --- at a talking pace -------------------------------------------------------------------------------------

type Talk = Cost & { p50: number; p99: number; wordsPerSecond: number; idleProcessors: number };

/** Where none is idle, words wait for a processor and not for the store. */
const idleMs = (): number => cpus().reduce((sum, { times }) => sum + times.idle, 0);

/** Answers are longer than the time that is measured: all streams speak all the time. */
async function talk(stage: Stage): Promise<Talk> {
  let chars = 0;
  let waits: number[] = [];
  for (const client of await joinAll(stage)) {
    client.socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as ServerFrame;
      if (frame.type !== "token") return;
      waits.push(now() - Number(frame.text.slice(0, stampChars)) / 1e6); // the oldest of the words in a frame
      chars += frame.text.length;
    });
    setTimeout(() => client.send({ type: "say", text: "tag-0" }), Math.random() * startsWithinMs);
  }
  await wait(settledAfterMs);
  [chars, waits] = [0, []];
  const [begun, before, idleBefore] = [now(), stage.processorTime(), idleMs()];
  await wait(measuredMs);
  const [ms, processorSeconds, idle] = [now() - begun, stage.processorTime() - before, idleMs() - idleBefore];
  const words = chars / stampChars;
  return {
    p50: quantile(waits, 0.5),
    p99: quantile(waits, 0.99),
    microseconds: (processorSeconds * 1e6) / words,
    wordsInFrame: words / waits.length,
    wordsPerSecond: words / (ms / 1e3),
    idleProcessors: idle / ms,
  };
}

// --- a long conversation -----------------------------------------------------------------------------------

/** Something for the people only, and a question with its answer. */
function exchange(index: number): Draft[] {
  const [author, time] = [{ id: "somebody", name: "Somebody" }, new Date().toISOString()];
  const [message, run] = [`message-${index}`, `run-${index}`];
  return [
    { type: "message", id: `aside-${index}`, author, text: "Something for the people", time, reply: false },
    { type: "message", id: message, author, text: "And a question", time, reply: true },
    { type: "start", run, message, model: "none", time },
    { type: "token", run, text: "Its answer, in a few words." },
    { type: "end", run, reason: "stop", time },
  ];
}

async function fill(path: string): Promise<void> {
  const store = await openSqliteStore({ path });
  for (const length of lengths) {
    const conversation = `entries-${length}`;
    const { term, ...claim } = await store.claim(conversation);
    const drafts = Array.from({ length: length / 5 }, (_, index) => exchange(index)).flat();
    for (let { head } = claim, from = 0; from < length; from += 1_000) {
      const entries = place(drafts.slice(from, from + 1_000), head);
      const [outcome] = await store.append([{ conversation, term, head, entries }]);
      if (outcome !== "durable") throw new Error(`the store says ${outcome}`);
      head = (entries.at(-1) as Entry).offset;
    }
  }
  await store.close();
}

/** Until it has read all that there was. Then it leaves, and so does the conversation: the next one opens it anew. */
async function timeJoin(stage: Stage, conversation: string): Promise<number> {
  const begun = now();
  const client = await stage.join(conversation);
  await client.reach(client.welcome.head);
  const taken = now() - begun;
  await client.close();
  await wait(5);
  return taken;
}

async function timeAppend(client: Client): Promise<number> {
  const id = randomUUID();
  const begun = now();
  client.send({ type: "say", id, text: "A message like any other", reply: false });
  await client.next("message", (message) => message.id === id);
  return now() - begun;
}

type Times = { title: string; joining: number[]; appending: number[] };

/** All conversations in turn, so that what else goes on here is shared by them; the first time is not counted. */
async function longConversations(stage: Stage): Promise<Times[]> {
  const places = [...lengths.map((length) => `entries-${length}`), undefined];
  const times = places.map((title = "new"): Times => ({ title, joining: [], appending: [] }));
  for (let count = 0; count <= joins; count++)
    for (const [index, conversation = randomUUID()] of places.entries()) {
      const taken = await timeJoin(stage, conversation);
      if (count > 0) times[index]?.joining.push(taken);
    }
  const clients = await Promise.all(places.map((conversation = randomUUID()) => stage.join(conversation)));
  for (let count = 0; count <= appends; count++)
    for (const [index, client] of clients.entries()) {
      const taken = await timeAppend(client);
      if (count > 0) times[index]?.appending.push(taken);
    }
  return times;
}

// --- the report --------------------------------------------------------------------------------------------

/** Numbers of each store, the median of its rounds, and how they compare. */
async function compare<T extends Record<string, number>>(
  title: string,
  words: (number | string)[],
  work: (stage: Stage) => Promise<T>,
): Promise<void> {
  const [memory, sqlite]: [T[], T[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    memory.push(await onStage(words, "memory:", work));
    sqlite.push(await onStage(words, `sqlite:${join(folder, randomUUID())}.db`, work));
  }
  const fields = Object.keys(memory[0] ?? {});
  const of = (results: T[], field: string): number => quantile(results.map((one) => one[field] as number), 0.5); // prettier-ignore
  const row = (name: string, cell: (field: string) => number) => [name, String(rounds), ...fields.map(cell)];
  const rows = [
    row("memory:", (field) => of(memory, field)),
    row("sqlite:", (field) => of(sqlite, field)),
    row("difference", (field) => of(sqlite, field) - of(memory, field)),
    row("ratio", (field) => of(sqlite, field) / of(memory, field)),
  ];
  printTable([title, "runs", ...fields], rows);
}

function printTimes(title: string, times: readonly (readonly [string, number[]])[]): void {
  const rows = times.map(([name, values]) => [
    name,
    String(values.length),
    quantile(values, 0.5),
    quantile(values, 0.99),
    Math.max(...values),
  ]);
  printTable([title, "runs", "p50", "p99", "max"], rows);
}

const printLoad = (): void => console.log(`load of the machine: ${loadavg()[0]?.toFixed(2)}`);

printLoad();
try {
  await compare("flat out", [0, wordChars, answerWords], flatOut);
  const pace = [wordsPerSecond, stampChars, 60 * wordsPerSecond, "stamped"];
  await compare(`${streams} streams of ${wordsPerSecond} words a second, ms`, pace, talk);
  const path = join(folder, "long.db");
  await fill(path);
  const times = await onStage([], `sqlite:${path}`, longConversations);
  printTimes("join, sqlite:, ms", times.map(({ title, joining }) => [title, joining])); // prettier-ignore
  printTimes("append, sqlite:, ms", times.map(({ title, appending }) => [title, appending])); // prettier-ignore
} finally {
  rmSync(folder, { recursive: true });
}
printLoad();
