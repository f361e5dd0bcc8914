// Whether the server's process is where it began, and where it is not.
import { printTable } from "./stage.ts";
import type { Counts, Look } from "./soak-probe.ts";
import { certainGrowth, slopeOf, type Point } from "./soak-slope.ts";

export type Sample = { readonly hours: number; readonly look: Look };

export type Course = { readonly began: Look; readonly under: readonly Sample[]; readonly ended: Look };

const mebibyte = 2 ** 20;

/** What V8 notes of the code that runs moves a quiet heap by some hundred kilobytes; a leak has no such bound. */
const heapBound = mebibyte;

/** Pages that the allocator keeps: their number depends on the highest tide so far, which comes by chance. */
const residentShare = 0.15;

/** Objects of a class that a run in another order may leave: caches, and what is made with its first use. */
const objectBound = 20;

const points = (under: readonly Sample[], field: "heap" | "rss"): Point[] =>
  under.map(({ hours, look }) => ({ hours, bytes: look[field] }));

const inMebibytes = (bytes: number): string => (bytes / mebibyte).toFixed(2);

function slopeText(all: readonly Point[]): string {
  const { slope, least, most } = slopeOf(all);
  return `${inMebibytes(slope)} MiB an hour (95 %: ${inMebibytes(least)} to ${inMebibytes(most)})`;
}

type Row = { readonly name: string; readonly began: number; readonly ended: number; readonly bound: number };

function sizes({ began, ended }: Course): Row[] {
  const fields = ["heap", "code", "threadsHeap", "external"] as const;
  const names = {
    heap: "heap MiB",
    code: "compiled code MiB",
    threadsHeap: "heap of the store's threads MiB",
    external: "beside the heap MiB",
  };
  const rows = fields.map((field) => ({
    name: names[field],
    began: began[field],
    ended: ended[field],
    bound: heapBound,
  }));
  const resident = { name: "RSS MiB", began: began.rss, ended: ended.rss, bound: began.rss * residentShare };
  return [...rows, resident];
}

function counts({ began, ended }: Course): Row[] {
  return [
    ...rowsOf("handles", { began: began.resources, ended: ended.resources, bound: 0 }),
    ...rowsOf("descriptors", { began: began.descriptors, ended: ended.descriptors, bound: 0 }),
    { name: "listeners", began: began.listeners, ended: ended.listeners, bound: 0 },
    ...rowsOf("objects", { began: began.objects, ended: ended.objects, bound: objectBound }),
  ];
}

function rowsOf(
  what: string,
  { began, ended, bound }: { began: Counts; ended: Counts; bound: number },
): Row[] {
  const kinds = [...new Set([...Object.keys(began), ...Object.keys(ended)])];
  return kinds.map((kind) => ({
    name: `${what}: ${kind}`,
    began: began[kind] ?? 0,
    ended: ended[kind] ?? 0,
    bound,
  }));
}

const isOver = ({ began, ended, bound }: Row): boolean =>
  bound === 0 ? began !== ended : ended > began + bound;

/** What grew under load for certain, though it may have gone when it was quiet. */
function growing({ under, began }: Course): string[] {
  const half = under.slice(Math.floor(under.length / 2));
  const faults: string[] = [];
  if (certainGrowth(points(under, "heap")) > heapBound) faults.push("the heap grew under load");
  if (certainGrowth(points(half, "rss")) > began.rss * residentShare) faults.push("RSS grew under load");
  return faults;
}

/** Prints all of it. Gives what is not as it was. */
export function judge(course: Course): string[] {
  const half = course.under.slice(Math.floor(course.under.length / 2));
  const line = (row: Row, shown: (value: number) => string): string[] => [
    row.name,
    shown(row.began),
    shown(row.ended),
    row.bound === 0 ? "equal" : `+${shown(row.bound)}`,
    isOver(row) ? "NO" : "yes",
  ];
  const [large, small] = [sizes(course), counts(course)];
  printTable(
    ["when nobody is there", "began", "ended", "bound", "held"],
    [...large.map((row) => line(row, inMebibytes)), ...small.map((row) => line(row, String))],
  );
  console.log(`Under load, ${course.under.length} samples: heap ${slopeText(points(course.under, "heap"))}`);
  console.log(`RSS in the second half: ${slopeText(points(half, "rss"))}`);
  const over = [...large, ...small].filter(isOver).map(({ name }) => name);
  return [...over, ...growing(course)];
}
