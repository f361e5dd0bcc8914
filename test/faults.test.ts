// The fault kit in short: each fault a few times, and the judge itself. `npm run faults` makes them hundreds of times.
import { describe, expect, test } from "@jest/globals";
import { bytes } from "./faults/bytes.ts";
import { cuts } from "./faults/cuts.ts";
import { createDice } from "./faults/dice.ts";
import { full, stall } from "./faults/disk.ts";
import { judge } from "./faults/judge.ts";
import { kills } from "./faults/kills.ts";
import type { Frame, Trace } from "./faults/person.ts";
import { power } from "./faults/power.ts";
import { hasStrace } from "./faults/strace.ts";
import { upstreams } from "./faults/upstreams.ts";
import type { Entry } from "../shared/protocol.ts";

const seed = 20261122;
const dice = () => createDice(seed);

const traced = hasStrace || process.env["CI"] ? test : test.skip;
if (!hasStrace && !process.env["CI"]) console.warn("Tests of the disk are skipped: install strace.");

describe(`faults (seed ${seed})`, () => {
  test("[S1][R6] kill -9 in the middle of answers: nothing that was seen or confirmed is missing", async () => {
    expect((await kills({ runs: 3, dice: dice() })).violations).toEqual([]);
  }, 60_000);

  test("[P3][P4] cuts, delays and slices, and a server that dies between: everything arrives once", async () => {
    expect((await cuts({ runs: 4, dice: dice() })).violations).toEqual([]);
  }, 60_000);

  test("[P2][P4] a cut at byte n of an answer, for 150 of them", async () => {
    const { runs, violations } = await bytes({ runs: 150 });
    expect([runs, violations]).toEqual([150, []]);
  }, 60_000);

  test("[R1] an upstream that misbehaves: each run ends once, for the right reason", async () => {
    expect((await upstreams({ runs: 26 })).violations).toEqual([]);
  }, 60_000);

  traced(
    "[S1] a power cut with DURABILITY=fsync: nothing that was seen is missing",
    async () => {
      const { runs, violations } = await power({ runs: 1, dice: dice() });
      expect([runs, violations]).toEqual([1, []]);
    },
    60_000,
  );

  traced(
    "a disk that stalls: everything arrives afterwards",
    async () => {
      const { violations } = await stall({ runs: 1, dice: dice() });
      expect(violations.filter((violation) => !violation.includes("ping"))).toEqual([]); // times are for `npm run faults`
    },
    60_000,
  );

  test("[S1] a full disk, where one can be mounted: nothing is lost, and it goes on without a restart", async () => {
    const { facts, violations } = await full({ runs: 1, dice: dice() });
    expect(violations).toEqual([]);
    if (facts.startsWith("left out")) console.warn(`A full disk was ${facts}`);
  }, 60_000);
});

describe("the judge", () => {
  const author = { id: "a", name: "A" };
  const time = "2026-01-01T00:00:00.000Z";
  const log: Entry[] = [
    { type: "message", id: "m", author, text: "mark-a hi", time, reply: true, offset: 1 },
    { type: "start", run: "r", message: "m", model: "x", time, offset: 2 },
    { type: "token", run: "r", text: "words", offset: 7 },
    { type: "end", run: "r", reason: "stop", time, offset: 8 },
  ];
  const welcome = (offset: number, resume = "new"): Frame => ({
    type: "welcome",
    offset,
    resume,
    epoch: "e",
  });
  const traceOf = (
    frames: Frame[],
    more: Partial<Trace> = {},
    asked?: { after: number; epoch: string },
  ): Trace => ({
    room: "a",
    mark: "mark-a",
    says: new Map([["m", "mark-a hi"]]),
    connections: [{ asked, frames: frames.map((frame) => ({ frame, at: 0 })) }],
    ...more,
  });
  const verdict = (trace: Trace, entries: Entry[] = log): string[] => {
    const other: Trace = { room: "b", mark: "mark-b", says: new Map(), connections: [] };
    return judge({ traces: [trace, other], logs: new Map([["a", entries]]) });
  };
  const without = (type: string): Entry[] => log.filter((entry) => entry.type !== type);

  test("finds nothing where nothing is wrong, however the words were cut", () => {
    const [message, start, , end] = log as Frame[];
    const cut: Frame[] = [
      { type: "token", run: "r", text: "wo", offset: 4 },
      { type: "token", run: "r", text: "rds", offset: 7 },
    ];
    expect(verdict(traceOf([welcome(0), message as Frame, start as Frame, ...cut, end as Frame]))).toEqual(
      [],
    );
  });

  test.each([
    ["P1", traceOf([...log]), log],
    ["P2", traceOf([welcome(0), ...without("start")]), log],
    [
      "S1",
      traceOf([welcome(2, "new"), { type: "token", run: "r", text: "swords".slice(0, 5), offset: 7 }]),
      log,
    ],
    ["P4", traceOf([welcome(0, "reset")], {}, { after: 2, epoch: "e" }), log],
    ["P4", traceOf([welcome(3, "resumed")], {}, { after: 2, epoch: "e" }), log],
    ["A1", traceOf([welcome(0), { type: "error", message: "mark-b" }]), log],
    ["P5", traceOf([welcome(0)], { says: new Map([["n", "never came"]]) }), log],
    ["R1", traceOf([welcome(0)]), log.slice(0, 3)],
    ["R6", traceOf([welcome(0)]), log.slice(0, 1)],
  ])("finds a breach of %s", (rule, trace, entries) => {
    const found = verdict(trace, entries);
    expect(found.some((fault) => fault.includes(`${rule}:`))).toBe(true);
  });
});
