// All that a client knows, as one value; what can happen to it, and what can come of that.
import type { Command, CommandOf, FrameOf, Member, ServerFrame } from "../shared/protocol.ts";
import { isOpen, type Link } from "./link.ts";
import { unread, type Reading } from "./reading.ts";

/** A message on its way: it has an id, which keeps it single. */
export type SayCommand = CommandOf<"say"> & { readonly id: string };

/** Why something that was asked for is not done. `ref`: the id of the message, else the command's type. */
export type Refusal = Omit<FrameOf<"error">, "type">;

export type State = {
  /** Where the WebSocket is opened, without the conversation. */
  readonly address: string;
  readonly name: string;
  /** Undefined until the server has named a new one. */
  readonly conversation: string | undefined;
  readonly token: string | undefined;
  readonly link: Link;
  readonly reading: Reading;
  /** What has been said and is not confirmed, oldest first. */
  readonly says: readonly SayCommand[];
  /** The first of them is on its way. One at a time: what is refused for now is not overtaken. */
  readonly isSent: boolean;
  /** Cancels of runs whose end has not been seen. */
  readonly cancels: readonly CommandOf<"cancel">[];
  /** The server asked us to send nothing before. 0 = it did not. Times are those of `performance.now()`. */
  readonly heldUntil: number;
  /** When what is older may be asked for again. 0 = it was not refused. */
  readonly olderAt: number;
  readonly me: Member | undefined;
  readonly members: readonly Member[];
  /** Others who are typing, and until when that is believed without their saying so again. */
  readonly typists: readonly { readonly member: Member; readonly until: number }[];
  /** When the others were last told that we are typing; 0 = not, or no longer. */
  readonly typedAt: number;
  /** The latest one; undefined before there was any. */
  readonly welcome: FrameOf<"welcome"> | undefined;
  /** The server began a new history: what was said here before is gone. */
  readonly isLost: boolean;
  readonly refusal: Refusal | undefined;
  /** When the ping was sent that has no pong yet. 0 = there is none. */
  readonly pingedAt: number;
  readonly roundTripMs: number | undefined;
};

export type Event =
  | { readonly type: "connect" }
  | { readonly type: "frame"; readonly frame: ServerFrame }
  | { readonly type: "closed"; readonly code: number }
  /** The network is back, or the page is looked at again: whether the link lives is to be known soon. */
  | { readonly type: "awake" }
  /** The time has come that something waited for. */
  | { readonly type: "time" }
  /** Somebody asks for something. Of history it is known where it is to end. */
  | { readonly type: "command"; readonly command: Order }
  | { readonly type: "rename"; readonly name: string }
  | { readonly type: "leave" };

export type Order = SayCommand | Exclude<Command, { type: "say" | "history" }> | { readonly type: "history" };

export type Effect =
  | { readonly type: "connect"; readonly address: string; readonly protocols: readonly string[] }
  | { readonly type: "disconnect" }
  | { readonly type: "send"; readonly command: Command }
  /** This message will not be said. */
  | { readonly type: "refuse"; readonly id: string; readonly refusal: Refusal };

export type Step = { readonly state: State; readonly effects: readonly Effect[] };

/** The state that follows, while it is being made: a copy, of which nobody else knows yet. */
export type Draft = { -readonly [Name in keyof State]: State[Name] } & { readonly effects: Effect[] };

export const initial = (
  place: Pick<State, "address" | "name" | "conversation" | "token"> & Partial<Pick<State, "says">>,
): State => ({
  link: { name: "waiting", until: 0, attempts: 0, since: 0, isUsed: false },
  reading: unread,
  says: [],
  isSent: false,
  cancels: [],
  heldUntil: 0,
  olderAt: 0,
  me: undefined,
  members: [],
  typists: [],
  typedAt: 0,
  welcome: undefined,
  isLost: false,
  refusal: undefined,
  pingedAt: 0,
  roundTripMs: undefined,
  ...place,
});

/** When the event `time` is due. */
export const deadline = ({ link, heldUntil, olderAt, typists }: State): number =>
  Math.min(
    link.name === "closed" ? Infinity : link.until,
    (isOpen(link) && heldUntil) || Infinity,
    (isOpen(link) && olderAt) || Infinity,
    ...typists.map(({ until }) => until),
  );
