// What the page's reader feels: answers of 100,000 characters of Markdown, and a conversation of 5,000 messages, in a real
// browser. `node bench/page.ts`, with `--quick` for one run of each; the page is built by `npm run prepare`.
import { openPageStage, type Felt, type Held, type PageStage, type Watched } from "./page-stage.ts";
import { shapes } from "./page-shapes.ts";
import { printTable, quantile } from "./stage.ts";

const runs = process.argv.includes("--quick") ? 1 : 3;
const messages = 5_000;
const answerChars = 100_000;
/** After the one at a pace. */
const poured = 5;
const typed = "A message that is typed while all of this is on the page";

type Row = { readonly name: string; readonly felt: Felt };
type Kept = { readonly shape: string; readonly before: Held; readonly first: Held; readonly last: Held };

const rows: Row[] = [];
const kept: Kept[] = [];

async function ask({ page, feel }: Watched, question: string): Promise<Felt> {
  const there = await page.evaluate<number>("probe.count()");
  await page.getByLabel("Your message").fill(question);
  return feel(`answered(${there + 2})`, () => page.keyboard.press("Enter"));
}

async function answers(stage: PageStage, shape: string, run: number): Promise<void> {
  const watched = await stage.open(`answers-${shape}-${run}`);
  const before = await watched.held();
  rows.push({ name: `${shape}, at a pace`, felt: await ask(watched, `paced ${shape}`) });
  const first = await watched.held();
  for (let count = 0; count < poured; count++)
    rows.push({ name: `${shape}, poured`, felt: await ask(watched, `poured ${shape}`) });
  kept.push({ shape, before, first, last: await watched.held() });
  await watched.close();
}

async function fill(stage: PageStage, conversation: string): Promise<void> {
  const client = await stage.join(conversation);
  for (let count = 0; count < messages / 2; count++) {
    client.send({ type: "say", text: `Question ${count}, which is a line long, or a little more than that` });
    await client.next("end");
  }
  client.socket.terminate();
}

async function longConversation(stage: PageStage): Promise<void> {
  const watched = await stage.open("long");
  const { page, feel } = watched;
  rows.push({ name: `to the first of ${messages}`, felt: await feel(`toBeginning(${messages})`) });
  await page.getByLabel("Your message").focus();
  const write = (): Promise<void> => page.keyboard.type(typed);
  rows.push({
    name: `typing below ${messages}`,
    felt: await feel(`written(${JSON.stringify(typed)})`, write),
  });
  rows.push({ name: `mixed, at a pace, below ${messages}`, felt: await ask(watched, "paced mixed") });
  await watched.close();
}

const stage = await openPageStage();
for (let run = 0; run < runs; run++)
  for (const shape of Object.keys(shapes)) await answers(stage, shape, run);
await fill(stage, "long");
for (let run = 0; run < runs; run++) await longConversation(stage);
await stage.close();

const percent = (share: number): string => `${Math.round(share * 100)} %`;

function feltRow(name: string): string[] {
  const all = rows.filter((row) => row.name === name).map(({ felt }) => felt);
  const of = (key: keyof Felt): number[] => all.map((felt) => felt[key]);
  const both = (key: keyof Felt): string =>
    `${Math.round(quantile(of(key), 0.5))} / ${Math.round(Math.max(...of(key)))}`;
  return [
    name,
    String(all.length),
    both("ms"),
    both("longTasks"),
    both("longestTaskMs"),
    both("longestTaskCpuMs"),
    both("longestGapMs"),
    `${Math.round(quantile(of("frames"), 0.5))} / ${Math.min(...of("frames"))}`,
    percent(quantile(of("busy"), 0.5)),
    percent(quantile(of("machineBusy"), 0.5)),
  ];
}

printTable(
  [
    "median / worst",
    "answers",
    "ms",
    "long tasks",
    "longest ms",
    "its CPU ms",
    "longest gap ms",
    "frames",
    "main thread",
    "machine",
  ],
  [...new Set(rows.map(({ name }) => name))].map(feltRow),
);

function keptRow(shape: string): string[] {
  const all = kept.filter((one) => one.shape === shape);
  const median = (value: (one: Kept) => number): number => quantile(all.map(value), 0.5);
  const perCharacter = (bytes: number, count: number): string => (bytes / count / answerChars).toFixed(1);
  const grown = (from: Held, to: Held): number => to.bytes - from.bytes;
  return [
    shape,
    String(all.length),
    (median(({ before }) => before.bytes) / 1e6).toFixed(1),
    (median(({ last }) => last.bytes) / 1e6).toFixed(1),
    perCharacter(
      median(({ before, first }) => grown(before, first)),
      1,
    ),
    perCharacter(
      median(({ first, last }) => grown(first, last)),
      poured,
    ),
    String(median(({ before }) => before.nodes)),
    String(median(({ last }) => last.nodes)),
  ];
}

console.log("");
printTable(
  [
    `${poured + 1} answers of ${answerChars / 1_000} kB`,
    "runs",
    "heap before MB",
    "at the end MB",
    "bytes a character: first answer",
    "the others",
    "nodes before",
    "at the end",
  ],
  Object.keys(shapes).map(keptRow),
);
