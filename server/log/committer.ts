// The committer: when words are written. It gathers them for at most one display frame per conversation, and makes
// all conversations that are due together durable in one group commit.
import type { Append, Appended, Store } from "./store.ts";

/** How long words wait for company: one frame of a 60 Hz display. */
export const displayFrameMs = 16;

/** A log with something to write. `take` hands over what is pending, `settle` hears how that went. */
export interface Writer {
  /** Until then, words wait for company. Milliseconds, as `performance.now()` counts them. */
  gathersUntil: number;
  take(): Append;
  settle(outcome: Appended | Error): void;
}

export interface Committer {
  /** Writes with the next commit. */
  soon(writer: Writer): void;
  /** Writes when this writer's window ends: at most one display frame after words of it were taken. */
  gathered(writer: Writer): void;
}

export function createCommitter(store: Store): Committer {
  const due = new Set<Writer>();
  const windows = createWindows(soon);
  let state: "idle" | "scheduled" | "committing" = "idle";

  function soon(writer: Writer): void {
    windows.leave(writer);
    due.add(writer);
    if (state !== "idle") return;
    state = "scheduled";
    setImmediate(() => void commit());
  }

  /** One commit at a time: what comes meanwhile goes together into the next one. */
  async function commit(): Promise<void> {
    state = "committing";
    while (due.size > 0) {
      const writers = [...due];
      due.clear();
      const appends = writers.map((writer) => writer.take());
      writers.forEach((writer, index) => {
        if (hasWords(appends[index])) writer.gathersUntil = windowEnd(performance.now());
      });
      const outcomes = await append(store, appends);
      writers.forEach((writer, index) => writer.settle(outcomes[index] as Appended | Error));
    }
    state = "idle";
  }

  return { soon, gathered: (writer) => (due.has(writer) ? undefined : windows.wait(writer)) };
}

/** Only words open a window: the first of an answer, which follow its start, need not wait for company. */
const hasWords = (append: Append | undefined): boolean =>
  append?.entries.some(({ type }) => type === "token") ?? false;

async function append(store: Store, appends: Append[]): Promise<readonly (Appended | Error)[]> {
  try {
    return await store.append(appends);
  } catch (error) {
    return appends.map(() => (error instanceof Error ? error : new Error(String(error))));
  }
}

/** Windows end together, on a common grid, so that many conversations share a commit. Milliseconds. */
const gridMs = displayFrameMs / 2;

/** At most one display frame from now, and at least half of one. */
const windowEnd = (now: number): number => Math.floor((now + displayFrameMs) / gridMs) * gridMs;

/** Windows of one display frame, which begin when words of a writer are taken. One timer serves them all. */
function createWindows(onEnd: (writer: Writer) => void) {
  const waiting = new Map<Writer, number>();
  let timer: NodeJS.Timeout | undefined;

  function wait(writer: Writer): void {
    if (waiting.has(writer)) return;
    const now = performance.now();
    const end = writer.gathersUntil;
    if (end <= now) return onEnd(writer);
    waiting.set(writer, end);
    timer ??= setTimeout(wake, end - now);
  }

  /** Windows are all of one length, so the map's order is nearly that of their ends. */
  function wake(): void {
    timer = undefined;
    const now = performance.now();
    for (const [writer, end] of waiting) {
      if (end > now) {
        timer = setTimeout(wake, end - now);
        return;
      }
      onEnd(writer);
    }
  }

  return { wait, leave: (writer: Writer) => void waiting.delete(writer) };
}
