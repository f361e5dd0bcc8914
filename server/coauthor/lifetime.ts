// The life of one connection to a document: it opens once, and it ends once.
import type { DocumentFault } from "../../shared/limits.ts";
import { DocumentError } from "./document.ts";

export type Lifetime = {
  /** Resolves when it is open. Rejects with the reason when it ends before. */
  readonly inStep: Promise<void>;
  /** Aborted when an open one ended, and not by `close`. */
  readonly lost: AbortSignal;
  /** Aborted however it ended. */
  readonly over: AbortSignal;
  opened(this: void): void;
  isOpen(this: void): boolean;
  /** Without a code: unreachable while it opens, lost after that. */
  fail(this: void, code?: DocumentFault, cause?: unknown): void;
  end(this: void, reason: unknown): void;
  close(this: void): void;
};

/** How it ended: by us, or by anything else. */
export type Parting = "left" | "cut";

/**
 * opening ── opened ──▶ open ── fail, end, close ──▶ over       opening ── fail, end ──▶ over
 * @param free is called once, before anybody hears of the end
 */
export function createLifetime(free: (parting: Parting) => void): Lifetime {
  let state: "opening" | "open" | "over" = "opening";
  const inStep = Promise.withResolvers<void>();
  const [lost, over] = [new AbortController(), new AbortController()];
  const end = (reason: unknown, parting: Parting = "cut"): void => {
    const was = state;
    if (was === "over") return;
    state = "over";
    free(parting);
    over.abort(reason);
    inStep.reject(reason);
    if (was === "open" && parting === "cut") lost.abort(reason);
  };
  return {
    inStep: inStep.promise,
    lost: lost.signal,
    over: over.signal,
    opened: () => {
      if (state !== "opening") return;
      state = "open";
      inStep.resolve();
    },
    isOpen: () => state === "open",
    fail: (code, cause) => {
      const usual = state === "opening" ? "document_unreachable" : "document_lost";
      end(new DocumentError(code ?? usual, { cause }));
    },
    end: (reason) => end(reason),
    close: () => end(new DocumentError("document_lost"), "left"),
  };
}

/** Resolves when `start`'s callback is called. @throws the reason of `over` when that comes before */
export async function beforeEnd<T>(over: AbortSignal, start: (done: (value: T) => void) => void): Promise<T> {
  over.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const giveUp = (): void => reject(over.reason as Error);
  over.addEventListener("abort", giveUp);
  start(resolve);
  try {
    return await promise;
  } finally {
    over.removeEventListener("abort", giveUp);
  }
}
