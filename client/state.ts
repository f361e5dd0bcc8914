// All that a client knows, as one value; what can happen to it, and what can come of that.
import type { Command, CommandOf, FrameOf, ServerFrame } from "../shared/protocol.ts";
import { isOpen, type Link } from "./link.ts";
import { emptyOutbox, type Outbox, type SayCommand } from "./outbox.ts";
import { nobody, type People } from "./people.ts";
import { unread, type Reading } from "./reading.ts";

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
  readonly outbox: Outbox;
  readonly people: People;
  /** The latest one; undefined before there was any. */
  readonly welcome: FrameOf<"welcome"> | undefined;
  /** The server began a new history: what was said here before is gone. */
  readonly isLost: boolean;
  readonly refusal: Refusal | undefined;
  /** When the ping was sent that has no pong yet. Milliseconds since the epoch. */
  readonly pingedAt: number | undefined;
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
  | { readonly type: "say"; readonly say: SayCommand }
  | { readonly type: "cancel"; readonly cancel: CommandOf<"cancel"> }
  | { readonly type: "command"; readonly command: Command }
  | { readonly type: "typing"; readonly typing: boolean }
  | { readonly type: "older" }
  | { readonly type: "rename"; readonly name: string }
  | { readonly type: "leave" };

export type Effect =
  | { readonly type: "connect"; readonly address: string; readonly protocols: readonly string[] }
  | { readonly type: "disconnect" }
  | { readonly type: "send"; readonly command: Command }
  /** This message will not be said. */
  | { readonly type: "refuse"; readonly id: string; readonly refusal: Refusal };

export type Step = { readonly state: State; readonly effects: readonly Effect[] };

export const initial = (place: Pick<State, "address" | "name" | "conversation" | "token">): State => ({
  ...place,
  link: { name: "waiting", until: 0, attempts: 0 },
  reading: unread,
  outbox: emptyOutbox,
  people: nobody,
  welcome: undefined,
  isLost: false,
  refusal: undefined,
  pingedAt: undefined,
  roundTripMs: undefined,
});

export const quiet = (state: State): Step => ({ state, effects: [] });

export const sending = (state: State, ...commands: readonly Command[]): Step => ({
  state,
  effects: commands.map((command) => ({ type: "send", command })),
});

/** One thing after the other, as one step. */
export function then(step: Step, act: (state: State) => Step): Step {
  const { state, effects } = act(step.state);
  return { state, effects: [...step.effects, ...effects] };
}

/** When the event `time` is due. Milliseconds since the epoch. */
export function deadline({ link, outbox, people }: State): number {
  const until = link.name === "closed" ? Infinity : link.until;
  const held = isOpen(link) ? (outbox.heldUntil ?? Infinity) : Infinity;
  return Math.min(until, held, ...people.typists.map((typist) => typist.until));
}
