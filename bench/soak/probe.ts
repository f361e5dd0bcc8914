// Looks into the server's process from within: loaded by `--import` before the product, which knows nothing of it. It
// counts what there is and changes nothing, but for the collections of garbage that it forces when it is asked.
import { EventEmitter } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { getHeapCodeStatistics, queryObjects } from "node:v8";
import { isMainThread, type Worker } from "node:worker_threads";
import { subscribe } from "node:diagnostics_channel";

export type Counts = Readonly<Record<string, number>>;

export type Look = {
  /** Bytes of the main thread's heap without its compiled code, and beside it, after the garbage was collected. */
  readonly heap: number;
  /** V8 compiles what is used, for hours still, and throws it away when it is quiet: that is no leak, nor flat. Bytes. */
  readonly code: number;
  readonly external: number;
  /** Of the store's threads, in the same way: their garbage would else be most of what RSS does under load. */
  readonly threadsHeap: number;
  readonly rss: number;
  /** What keeps an event loop alive, by kind. */
  readonly resources: Counts;
  /** What is open, by what it is. */
  readonly descriptors: Counts;
  /** Of the process, and of each handle that is open. */
  readonly listeners: number;
  /** Objects that are alive, by class; only where they were asked for, because that takes a while. */
  readonly objects: Counts;
  /** Processor time of all threads. Seconds. */
  readonly processor: number;
};

export type Question = { readonly id: number; readonly wants: "resources" | "memory" | "objects" };
export type Answer = { readonly id: number; readonly look: Look };

const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});

/** Node tells of each thread that is made. */
const threads = new Set<Worker>();
subscribe("worker_threads", (told) => threads.add((told as { worker: Worker }).worker));

/** What a collection sets free may set more free in its finalizers, a turn later. */
async function collectAll(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    collect();
    await wait(10);
  }
}

function countsOf(kinds: readonly string[]): Counts {
  const counts: Record<string, number> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function listenersOf(emitter: EventEmitter | NodeJS.Process): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

/** Files by their names, all else without its number. The one that reads the list is gone when it is looked at. */
function descriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      return [basename(readlinkSync(`/proc/self/fd/${descriptor}`)).replace(/:\[.*/, "")];
    } catch {
      return [];
    }
  });
}

type Inside = { _getActiveHandles(): unknown[] };

function listeners(): number {
  const handles = (process as unknown as Inside)._getActiveHandles();
  const emitters = handles.filter((handle): handle is EventEmitter => handle instanceof EventEmitter);
  return [process, ...emitters].reduce((sum, emitter) => sum + listenersOf(emitter), 0);
}

const timer = setTimeout(() => {});
clearTimeout(timer);

const classes = {
  emitters: EventEmitter,
  timers: timer.constructor,
  signals: AbortSignal,
  maps: Map,
  sets: Set,
  promises: Promise,
  functions: Function,
};

const objects = (): Counts =>
  Object.fromEntries(
    Object.entries(classes).map(([name, of]) => [name, Number(queryObjects(of, { format: "count" }))]),
  );

/** A thread cannot be told to collect, but a snapshot of its heap begins with that. */
async function heapOf(thread: Worker): Promise<number> {
  (await thread.getHeapSnapshot()).destroy();
  return (await thread.getHeapStatistics()).used_heap_size;
}

async function heapOfThreads(): Promise<number> {
  const heaps = await Promise.all([...threads].map(heapOf));
  return heaps.reduce((sum, bytes) => sum + bytes, 0);
}

async function look(wants: Question["wants"]): Promise<Look> {
  const threadsHeap = wants === "resources" ? 0 : await heapOfThreads();
  if (wants !== "resources") await collectAll();
  const counted = wants === "objects" ? objects() : {};
  const { heapUsed, external, rss } = process.memoryUsage();
  const compiled = getHeapCodeStatistics();
  const code = compiled.code_and_metadata_size + compiled.bytecode_and_metadata_size;
  const { user, system } = process.cpuUsage();
  return {
    heap: heapUsed - code,
    code,
    threadsHeap,
    external,
    rss,
    resources: countsOf(process.getActiveResourcesInfo()),
    descriptors: countsOf(descriptors()),
    listeners: listeners(),
    objects: counted,
    processor: (user + system) / 1e6,
  };
}

// A preload may be loaded into threads as well, and they have no channel.
if (isMainThread) {
  process.on("disconnect", () => process.exit()); // the soak is gone, and nobody else would end the server
  process.on(
    "message",
    ({ id, wants }: Question) => void look(wants).then((seen) => process.send?.({ id, look: seen })),
  );
}
