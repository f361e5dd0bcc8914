// What one connection may do: commands in a second, bad frames in a minute.

export type Verdict =
  | { readonly kind: "allowed" }
  | { readonly kind: "refused"; readonly retryAfterMs: number }
  | { readonly kind: "expelled" };

/** Refused this many times over its rate for this long, a connection is closed. */
const expelFactor = 5;
const expelMs = 10_000;

/** A token bucket. `perSecond` 0 = no limit. */
export function createRateLimit({ perSecond, burst }: { perSecond: number; burst: number }, now = monotonic) {
  let tokens = burst;
  let filledAt = now();
  const isFlood = createCounter({ most: perSecond * expelFactor * (expelMs / 1000), withinMs: expelMs }, now);
  return (): Verdict => {
    if (perSecond === 0) return { kind: "allowed" };
    const time = now();
    tokens = Math.min(burst, tokens + ((time - filledAt) / 1000) * perSecond);
    filledAt = time;
    if (isFlood()) return { kind: "expelled" };
    if (tokens < 1) return { kind: "refused", retryAfterMs: Math.ceil(((1 - tokens) / perSecond) * 1000) };
    tokens -= 1;
    return { kind: "allowed" };
  };
}

/** Says true when it has been called more than `most` times within a window. Windows do not slide. */
export function createCounter({ most, withinMs }: { most: number; withinMs: number }, now = monotonic) {
  let count = 0;
  let since = now();
  return (): boolean => {
    if (now() - since > withinMs) [count, since] = [0, now()];
    return ++count > most;
  };
}

const monotonic = (): number => performance.now();
