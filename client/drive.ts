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
    const step = next(before, { ...event, now: Date.now(), chance: Math.random() });
    state = step.state;
    for (const effect of step.effects) perform(effect);
    setAlarm(deadline(state));
    listen(state.link.name !== "closed");
    onStep(before, step.effects);
  }

  function perform(effect: Effect): void {
    switch (effect.type) {
      case "connect":
        socket = openSocket(effect, (from, event) => (from === socket ? dispatch(event) : undefined));
        return;
      case "disconnect": {
        const old = socket;
        socket = undefined;
        return old?.close();
      }
      case "send":
        return sendOver(socket, effect.command);
      case "refuse":
        return;
    }
  }

  return {
    get state() {
      return state;
    },
    dispatch,
  };
}

/** Whoever listens to it tells an older socket by `from`. */
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
    if (at !== Infinity) timer = setTimeout(rung, Math.max(1, at - Date.now()));
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
