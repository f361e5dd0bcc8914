// Whether the server's process is where it began, and where it is not.
import { printTable } from "../stage.ts";
import type { Counts, Look } from "./probe.ts";
import { certainGrowth, slopeOf, type Point } from "./slope.ts";

export type Sample = { readonly hours: number; readonly look: Look };

export type Course = { readonly began: Look; readonly under: readonly Sample[]; readonly ended: Look };

const mebibyte = 2 ** 20;

/** What V8 notes of the code that runs moves a quiet heap by some hundred kilobytes; a leak has no such bound. */
const heapBound = mebibyte;

/** Pages that the allocator keeps: their number depends on the highest tide so far, which comes by chance. */
const residentShare = 0.15;

/** Objects of a class that may be added by what is loaded, or made, with its first use after the warm-up. */
const objectBound = (began: number): number => Math.max(20, Math.floor(began / 100));

const none = (): number => 0;

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
    ...rowsOf("handles", { began: began.resources, ended: ended.resources, bound: none }),
    ...rowsOf("descriptors", { began: began.descriptors, ended: ended.descriptors, bound: none }),
    { name: "listeners", began: began.listeners, ended: ended.listeners, bound: 0 },
    ...rowsOf("objects", { began: began.objects, ended: ended.objects, bound: objectBound }),
  ];
}

function rowsOf(
  what: string,
  { began, ended, bound }: { began: Counts; ended: Counts; bound: (began: number) => number },
): Row[] {
  const kinds = [...new Set([...Object.keys(began), ...Object.keys(ended)])];
  return kinds.map((kind) => ({
    name: `${what}: ${kind}`,
    began: began[kind] ?? 0,
    ended: ended[kind] ?? 0,
    bound: bound(began[kind] ?? 0),
  }));
}

const isOver = ({ began, ended, bound }: Row): boolean =>
  bound === 0 ? began !== ended : ended > began + bound;

/** Without the first half, in which caches fill and talks become as long as they will be. */
const later = ({ under }: Course): readonly Sample[] => under.slice(Math.floor(under.length / 2));

/** What grew under load for certain, though it may have gone when it was quiet. */
function growing(course: Course): string[] {
  const grew = (field: "heap" | "rss"): number => certainGrowth(points(later(course), field));
  const faults: string[] = [];
  if (grew("heap") > heapBound) faults.push("the heap grew under load");
  if (grew("rss") > course.began.rss * residentShare) faults.push("RSS grew under load");
  return faults;
}

/** Prints all of it. Gives what is not as it was. */
export function judge(course: Course): string[] {
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
  const grown = (under: readonly Sample[], field: "heap" | "rss"): string => slopeText(points(under, field));
  console.log(`Under load, ${course.under.length} samples: heap ${grown(course.under, "heap")}`);
  console.log(`In the second half: heap ${grown(later(course), "heap")}, RSS ${grown(later(course), "rss")}`);
  const over = [...large, ...small].filter(isOver).map(({ name }) => name);
  return [...over, ...growing(course)];
}
