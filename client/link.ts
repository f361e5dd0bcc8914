// The life of the link to the server: what it waits for, and until when. Values only; the socket is elsewhere.
//
//   connecting ──▶ open ◀──▶ asking        asking: it has been silent for long, and is asked whether it lives
//       ▲            │          │
//       │            └── cut ───┤
//       └── waiting ◀───────────┘          every state ── left, or told not to come back ──▶ closed
import { isFinalClose } from "../shared/limits.ts";

/** Until when: milliseconds since the epoch. Attempts: how many have failed in a row. */
export type Link =
  | {
      readonly name: "connecting" | "open" | "asking" | "waiting";
      readonly until: number;
      readonly attempts: number;
    }
  | { readonly name: "closed"; readonly code: number };

/** When something happens, and a number from 0 to 1 for what is left to chance. */
export type Moment = { readonly now: number; readonly chance: number };

/** An attempt that began without a network may hang for minutes. */
const connectWithinMs = 10_000;
/** Shorter than the minute after which many proxies cut a silent connection. */
const askAfterMs = 20_000;
const answerWithinMs = 8_000;
/** A page that comes back to the front wants to know soon. */
const answerAwakeWithinMs = 3_000;
/** Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
const backoff = { least: 500, most: 20_000 };

const attemptsOf = (link: Link): number => (link.name === "closed" ? 0 : link.attempts);

const after =
  (name: "connecting" | "open" | "asking", within: number) =>
  (link: Link, now: number): Link => ({ name, until: now + within, attempts: attemptsOf(link) });

export const connecting = after("connecting", connectWithinMs);
export const opened = after("open", askAfterMs);
export const asking = after("asking", answerWithinMs);
export const askingAwake = after("asking", answerAwakeWithinMs);

export const isOpen = ({ name }: Link): boolean => name === "open" || name === "asking";

/** What a close code means for the link. A cut is 1006. */
export function afterClose(link: Link, code: number, { now, chance }: Moment): Link {
  if (isFinalClose(code)) return { name: "closed", code };
  const attempts = isOpen(link) && !isTrouble(code) ? 0 : attemptsOf(link);
  const most = Math.min(backoff.most, backoff.least * 2 ** attempts);
  return { name: "waiting", until: now + Math.round(chance * most), attempts: attempts + 1 };
}

/** A server that lets us in and then closes on purpose may do it again, and is not to be hammered. */
const isTrouble = (code: number): boolean => code === 1011 || code === 1013 || code >= 4000;
