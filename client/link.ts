// The life of the link to the server: what it waits for, and until when. Values only; the socket is elsewhere.
//
//   connecting ──▶ open ◀──▶ asking        asking: it has been silent for long, and is asked whether it lives
//       ▲            │          │
//       │            └── cut ───┤
//       └── waiting ◀───────────┘          every state ── left, or told not to come back ──▶ closed
import { isFinalClose } from "../shared/limits.ts";

/** Times are those of `performance.now()`: what sets the clock of the machine moves nothing here. */
export type Link =
  | {
      readonly name: "connecting" | "open" | "asking" | "waiting";
      readonly until: number;
      /** How many have failed in a row. */
      readonly attempts: number;
      /** Since when it is open. */
      readonly since: number;
      /** Something of the log has come over it. */
      readonly isUsed: boolean;
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

/** After so long it was a good one, however it ends. */
const goodAfterMs = 10_000;

const unlinked = { attempts: 0, since: 0, isUsed: false };

const after =
  (name: "connecting" | "open" | "asking", within: number) =>
  (link: Link, now: number): Exclude<Link, { name: "closed" }> => ({
    ...(link.name === "closed" ? unlinked : link),
    name,
    until: now + within,
  });

export const connecting = after("connecting", connectWithinMs);
export const heard = after("open", askAfterMs);
export const asking = after("asking", answerWithinMs);
export const askingAwake = after("asking", answerAwakeWithinMs);

export const opened = (link: Link, now: number): Link => ({ ...heard(link, now), since: now, isUsed: false });

export const isOpen = ({ name }: Link): boolean => name === "open" || name === "asking";

/** What a close code means for the link. A cut is 1006. */
export function afterClose(link: Link, code: number, { now, chance }: Moment): Link {
  if (isFinalClose(code)) return { name: "closed", code };
  const { attempts, since, isUsed } = link.name === "closed" ? unlinked : link;
  const wasGood = isOpen(link) && (now - since >= goodAfterMs || (isUsed && !isTrouble(code)));
  const failed = wasGood ? 0 : attempts;
  const most = Math.min(backoff.most, backoff.least * 2 ** failed);
  return { ...unlinked, name: "waiting", until: now + Math.round(chance * most), attempts: failed + 1 };
}

/** A server that lets us in and then closes on purpose may do it again, and is not to be hammered. */
const isTrouble = (code: number): boolean => code === 1011 || code === 1013 || code >= 4000;
