// Drives the machine: the one place of the client where anything is done.
import type { Command, ServerFrame } from "../shared/protocol.ts";
import { next } from "./next.ts";
import { deadline, type Effect, type Event, type State } from "./state.ts";
import { onAwake } from "./surroundings.ts";

export type Drive = {
  readonly state: State;
  dispatch(event: Event): void;
};

/** `onStep` is called after each event, with the state before it and with what was done. */
export function createDrive(start: State, onStep: (before: State, done: readonly Effect[]) => void): Drive {
  let state = start;
  let socket: WebSocket | undefined;
  const setAlarm = createAlarm(() => dispatch({ type: "time" }));
  const listen = createAttention(() => dispatch({ type: "awake" }));

  function dispatch(event: Event): void {
    const before = state;
    const step = next(before, { ...event, now: performance.now(), chance: Math.random() });
    state = step.state;
    for (const effect of step.effects) perform(effect);
    setAlarm(deadline(state));
    listen(state.link.name !== "closed");
    onStep(before, step.effects);
  }

  function perform(effect: Effect): void {
    if (effect.type === "send") return sendOver(socket, effect.command);
    if (effect.type === "refuse") return;
    const old = socket;
    socket = effect.type === "connect" ? openSocket(effect, hear) : undefined;
    old?.close(); // it may tell so at once
  }

  /** An older socket is not listened to. Whoever sends what is no frame of ours is left, and asked again after a while. */
  function hear(from: WebSocket, event: Event): void {
    if (from !== socket) return;
    try {
      dispatch(event);
    } catch {
      socket = undefined;
      from.close();
      dispatch({ type: "closed", code: 1011 });
    }
  }

  return {
    get state() {
      return state;
    },
    dispatch,
  };
}

function openSocket(
  { address, protocols }: { address: string; protocols: readonly string[] },
  hear: (from: WebSocket, event: Event) => void,
): WebSocket {
  const socket = new WebSocket(address, [...protocols]);
  socket.onmessage = ({ data }) => {
    const frame = frameOf(data);
    if (frame) hear(socket, { type: "frame", frame });
  };
  socket.onerror = () => {}; // a close follows, which says more
  socket.onclose = ({ code }) => hear(socket, { type: "closed", code });
  return socket;
}

function sendOver(socket: WebSocket | undefined, command: Command): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command));
}

/** Undefined when it is none: then this is another kind of server, and the welcome that is waited for does not come. */
function frameOf(data: unknown): ServerFrame | undefined {
  try {
    return JSON.parse(String(data)) as ServerFrame;
  } catch {
    return undefined;
  }
}

/** A timer for later than this would ring at once. */
const longestMs = 2 ** 31 - 1;

/** One timer. It is set anew only for an earlier time: the time that it was set for is looked at when it rings. */
function createAlarm(ring: () => void): (at: number) => void {
  let due = Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const rung = (): void => {
    due = Infinity;
    ring();
  };
  return (at) => {
    if (at !== Infinity && at >= due) return;
    clearTimeout(timer);
    due = at;
    if (at !== Infinity) timer = setTimeout(rung, Math.min(longestMs, Math.max(1, at - performance.now())));
  };
}

/** Listens to the page while it should. */
function createAttention(listener: () => void): (isWanted: boolean) => void {
  let stop: (() => void) | undefined;
  return (isWanted) => {
    if (!isWanted) stop?.();
    stop = isWanted ? (stop ?? onAwake(listener)) : undefined;
  };
}
