// What a token costs in a chain: processor time of `ConversationChain(ChatOpenAI)`, beside a bare loop over the `openai`
// package's stream and beside LangChain's `ChatOpenAI`. Each in a process of its own, in turn; some minutes.
// `node bench/chain.ts [contestant or scenario ...]`; with `node --cpu-prof` each process writes its profile.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import type { RoundTold } from "./chain-contestant.ts";
import { printTable, quantile } from "./stage.ts";

const rounds = 5;
const streams = 50;
const wordChars = 6;

/**
 * Providers send each token in a packet of its own. Flat out that is not to be had, as packets that wait are read
 * together; so the pace is one at which the slowest contestant keeps up, and the reads are counted.
 */
const scenarios = {
  packets: { title: "200 tokens a second each", perSecond: 200, words: 1_000 },
  talk: { title: "20 tokens a second each", perSecond: 20, words: 100 },
  flood: { title: "as fast as it is read", perSecond: 0, words: 2_000 },
};
type Scenario = (typeof scenarios)[keyof typeof scenarios];

const wanted = process.argv.slice(2);
/** Those that were asked for; where none of them was, all. */
function chosen<T extends string>(all: readonly T[]): readonly T[] {
  const some = all.filter((name) => wanted.includes(name));
  return some.length > 0 ? some : all;
}
const contestants = chosen(["bare", "ours", "langchain", "bytes"]);

const start = (file: string, args: readonly (string | number)[]): ChildProcess =>
  fork(join(import.meta.dirname, file), args.map(String));

/** What a process says next. One that dies instead has told why by itself. */
async function next<T>(child: ChildProcess): Promise<T> {
  const done = new AbortController();
  const { signal } = done;
  const died = once(child, "exit", { signal }).then(() => Promise.reject(new Error("a process has died")));
  died.catch(() => {});
  const [told] = (await Promise.race([once(child, "message", { signal }), died])) as [T];
  done.abort();
  return told;
}

/** What each contestant told of a token, in each round. */
async function race({ perSecond, words }: Scenario): Promise<RoundTold[][]> {
  const upstream = start("upstream.ts", [perSecond, wordChars, words, "openai"]);
  const { port } = await next<{ port: number }>(upstream);
  const facts = [`http://127.0.0.1:${port}/v1`, streams, wordChars * words];
  const racers = contestants.map((name) => start("chain-contestant.ts", [name, ...facts]));
  const rows = racers.map((): RoundTold[] => []);
  try {
    await Promise.all(racers.map((racer) => next<string>(racer)));
    for (let round = 0; round <= rounds; round++)
      for (const [index, racer] of racers.entries()) {
        racer.send("round");
        const told = await next<RoundTold>(racer);
        if (round > 0) rows[index]?.push(ofToken(told, streams * words)); // the first one warms up
      }
  } finally {
    for (const child of [...racers, upstream]) child.disconnect();
  }
  return rows;
}

const ofToken = ({ microseconds, reads }: RoundTold, tokens: number): RoundTold => ({
  microseconds: microseconds / tokens,
  reads: reads / tokens,
});

const columns = [
  "runs",
  "CPU a token, microseconds",
  "least - most",
  "to bare",
  "above the bytes",
  "reads a token",
];

function printRace(title: string, results: readonly RoundTold[][]): void {
  const median = (name: (typeof contestants)[number], field: keyof RoundTold): number =>
    quantile(
      (results[contestants.indexOf(name)] ?? []).map((result) => result[field]),
      0.5,
    );
  const rows = contestants.map((name, index) => {
    const costs = (results[index] ?? []).map(({ microseconds }) => microseconds);
    const [least, most] = [Math.min(...costs), Math.max(...costs)].map((cost) => cost.toFixed(2));
    const cost = median(name, "microseconds");
    const ratio = cost / median("bare", "microseconds");
    const above = cost - median("bytes", "microseconds");
    return [name, String(costs.length), cost, `${least} - ${most}`, ratio, above, median(name, "reads")];
  });
  printTable([title, ...columns], rows);
}

const printLoad = (): void =>
  console.log(`${cpus().length} processors, load of the machine: ${loadavg()[0]?.toFixed(2)}`);

printLoad();
for (const which of chosen(Object.keys(scenarios) as (keyof typeof scenarios)[]))
  printRace(scenarios[which].title, await race(scenarios[which]));
printLoad();
