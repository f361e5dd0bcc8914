// Answers to `history`, the only large ones: one after the other, each when the socket has room for it, and few at once.
import type { Outlet } from "./outlet.ts";
import type { Refusal } from "./refusal.ts";

/** Requests that a connection may have open. */
const mostWaiting = 8;

export function createPager(outlet: Outlet): <T>(answer: () => Promise<T>) => Promise<T | Refusal> {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return async (answer) => {
    if (waiting >= mostWaiting) return { code: "rate_limited", retryAfterMs: 1_000 };
    waiting += 1;
    const page = last.then(() => outlet.room()).then(answer);
    last = page.catch(() => {});
    return page.finally(() => (waiting -= 1));
  };
}
