// What can stop an answer from outside: the caller's signal and three watchdogs. Whatever comes first wins.
import type { FailureCode } from "../../shared/limits.ts";
import type { EndReason, Member } from "../../shared/protocol.ts";

/**
 * Times in milliseconds; 0 = never. They count words, of the answer or of reasoning, and not keep-alives; and from when
 * the answer is asked for, without a wait for a turn on a memory.
 */
export type Watchdogs = {
  /** Until the first word. */
  readonly firstTokenMs: number;
  /** Between two words. */
  readonly idleMs: number;
  /** For the whole answer. */
  readonly runMs: number;
};

/** A minute for the first word, half a minute between two, five minutes for the whole answer. */
export const defaultWatchdogs: Watchdogs = { firstTokenMs: 60_000, idleMs: 30_000, runMs: 300_000 };

/** After its finish marker an upstream has this long to send its usage and close. Milliseconds. */
const settleMs = 2_000;

/** How an answer ended and, where it went wrong, what that was. */
export type Outcome = { readonly reason: EndReason; readonly code?: FailureCode };

/** The reason of an abort signal may say more than "cancelled": a server that stops aborts with `Stopped`. */
export class Stopped extends Error {
  override name = "Stopped";
  /** How the answer ended by it. */
  readonly outcome: Outcome;
  /** Who stopped it, where somebody did. */
  readonly by: Member | undefined;
  constructor(outcome: Outcome, by?: Member) {
    super(outcome.reason);
    this.outcome = outcome;
    this.by = by;
  }
}

export class Halt {
  /** Aborts with the first of them, as a `Stopped`; hand it to whatever works for this answer. */
  readonly signal: AbortSignal;
  /** Set once it has happened. */
  outcome: Outcome | undefined;
  readonly #controller = new AbortController();
  readonly #watchdogs: Watchdogs;
  readonly #caller: AbortSignal | undefined;
  #runTimer: NodeJS.Timeout | undefined;
  #quietTimer: NodeJS.Timeout | undefined;
  #quietMs = 0;
  #quietSince = 0;
  #isAwaited = true;
  #onQuiet: Outcome = { reason: "timeout", code: "first_token_timeout" };
  #wake: () => void = () => {};

  constructor(watchdogs: Watchdogs, caller: AbortSignal | undefined) {
    this.signal = this.#controller.signal;
    this.#watchdogs = watchdogs;
    this.#caller = caller;
    if (caller?.aborted) this.#onCaller();
    else caller?.addEventListener("abort", this.#onCaller, { once: true });
  }

  /** The answer is asked for: the watchdogs begin to count. */
  watch(): void {
    const { firstTokenMs, runMs } = this.#watchdogs;
    this.#watch(firstTokenMs, this.#onQuiet);
    this.#runTimer = after(runMs, () => this.stop({ reason: "timeout", code: "run_timeout" }));
  }

  /** Whether anybody waits for the next word: a reader who takes a while is no silence of the model. */
  await(isAwaited: boolean): void {
    if (isAwaited) this.#quietSince = performance.now();
    this.#isAwaited = isAwaited;
  }

  /** A word has come. Costs a clock reading; the timer moves by itself. */
  word(): void {
    if (this.#onQuiet.code === "first_token_timeout")
      this.#watch(this.#watchdogs.idleMs, { reason: "timeout", code: "idle_timeout" });
    this.#quietSince = performance.now();
  }

  /** The finish marker has come: only a short while is left for what may follow it. */
  finish(reason: EndReason): void {
    clearTimeout(this.#runTimer);
    this.#watch(settleMs, { reason });
  }

  stop(outcome: Outcome): void {
    if (this.outcome) return;
    this.outcome = outcome;
    this.close();
    this.#controller.abort(new Stopped(outcome));
    this.#wake();
  }

  /** Calls back when it is stopped. */
  whenStopped(wake: () => void): void {
    this.#wake = wake;
  }

  /** What the promise gives, or undefined at once when it is stopped before. */
  race<T>(promise: Promise<T>): Promise<T | undefined> {
    if (this.outcome) {
      promise.catch(() => {});
      return Promise.resolve(undefined);
    }
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve(undefined);
      promise.then(resolve, reject);
    });
  }

  /** Frees the timers and the caller's signal. */
  close(): void {
    clearTimeout(this.#quietTimer);
    clearTimeout(this.#runTimer);
    this.#caller?.removeEventListener("abort", this.#onCaller);
  }

  readonly #onCaller = (): void => {
    const reason: unknown = this.#caller?.reason;
    this.stop(reason instanceof Stopped ? reason.outcome : { reason: "cancelled" });
  };

  #watch(ms: number, onQuiet: Outcome): void {
    this.#onQuiet = onQuiet;
    this.#quietMs = ms;
    this.#quietSince = performance.now();
    clearTimeout(this.#quietTimer);
    this.#quietTimer = after(ms, this.#check);
  }

  readonly #check = (): void => {
    const since = this.#isAwaited ? this.#quietSince : performance.now();
    const left = since + this.#quietMs - performance.now();
    if (left <= 1) this.stop(this.#onQuiet);
    else this.#quietTimer = setTimeout(this.#check, left);
  };
}

/** What a timer cannot hold (2^31 ms are 24 days) is never. */
const after = (ms: number, callback: () => void): NodeJS.Timeout | undefined =>
  ms > 0 && ms < 2 ** 31 ? setTimeout(callback, ms) : undefined;
