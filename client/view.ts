// What of a client's state is shown to its user. What has not changed stays the same value.
import type { FrameOf, Member } from "../shared/protocol.ts";
import { isOpen } from "./link.ts";
import type { Refusal, SayCommand, State } from "./state.ts";

/** Whether there is a connection. `closed` is final: the server said not to come back, or we have left; `code` is its close code, 1000 when we have left. */
export type ConnectionState =
  | { readonly name: "connecting" }
  | { readonly name: "open" }
  /** It is tried again at `until` (milliseconds since the epoch). `hasOpened`: there had been a connection before. */
  | { readonly name: "waiting"; readonly until: number; readonly hasOpened: boolean }
  | { readonly name: "closed"; readonly code: number };

/** What a talk knows besides what was said. */
export type TalkState = {
  readonly connection: ConnectionState;
  /** Undefined before the first connection of a new private conversation. */
  readonly conversation: string | undefined;
  readonly me: Member | undefined;
  /** Who is here, ourselves among them. */
  readonly members: readonly Member[];
  /** Who of the others is typing. */
  readonly typing: readonly Member[];
  /** What we have said and the server has not confirmed, oldest first. */
  readonly unsent: readonly SayCommand[];
  /** What was said before the transcript begins: nothing, or something that `older()` gets, or is getting. */
  readonly past: "none" | "more" | "asked";
  /** False while what comes is what was said before we came. */
  readonly isCaughtUp: boolean;
  /** The server has begun anew: what was said here before is gone. */
  readonly isLost: boolean;
  /** Who answers here. */
  readonly model: string | undefined;
  readonly limits: FrameOf<"welcome">["limits"] | undefined;
  /** Why the latest thing asked for is not done. */
  readonly refusal: Refusal | undefined;
  /** From here to the server and back, as last measured. Milliseconds. */
  readonly roundTripMs: number | undefined;
};

export function viewOf(state: State, before?: TalkState): TalkState {
  const { reading, welcome, refusal } = state;
  const view = kept(before, {
    connection: connectionOf(state),
    conversation: state.conversation,
    me: state.me,
    members: state.members,
    typing: state.typists.map(({ member }) => member),
    unsent: state.says,
    past: reading.past,
    isCaughtUp: isCaughtUp(state),
    isLost: state.isLost,
    model: welcome?.model,
    limits: welcome?.limits,
    refusal,
    roundTripMs: state.roundTripMs,
  });
  return view.refusal === refusal ? view : { ...view, refusal }; // refused again, in the same words
}

export const isCaughtUp = ({ link, reading, welcome }: State): boolean =>
  isOpen(link) && welcome !== undefined && reading.transcript.offset >= reading.head;

function connectionOf({ link, welcome }: State): ConnectionState {
  switch (link.name) {
    case "open":
    case "asking":
      return { name: "open" };
    case "connecting":
      return { name: "connecting" };
    case "waiting":
      return {
        name: "waiting",
        until: performance.timeOrigin + link.until,
        hasOpened: welcome !== undefined,
      };
    case "closed":
      return link;
  }
}

/** The next value, with those parts of the one before that say the same; the one before itself, if all do. */
function kept<T extends object>(before: T | undefined, next: T): T {
  const after = { ...next };
  for (const name in after) if (before && isSame(before[name], after[name])) after[name] = before[name];
  return before && isSame(before, after) ? before : after;
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  const names = Object.keys({ ...one, ...other }) as never[];
  return names.every((name) => one[name] === other[name]);
}
