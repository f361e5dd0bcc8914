// The sending side of a socket. It queues one slice at most: a reader's backlog is its position in the log.
import type { WebSocket } from "ws";

/** Bytes handed to a socket and not yet with the system, from which on it is given no more of the log. */
const fullBytes = 65_536;

export interface Outlet {
  /** True when the log should wait. `onDrained` is called when it need not any more. */
  readonly isFull: boolean;
  /** Sends now, whatever the state: what the connection asked for itself. Too much of it stops the reading. */
  send(frames: readonly Buffer[]): void;
  /** Sends now, or when there is room; then only the latest. For news that the next news replaces. */
  sendLatest(frames: readonly Buffer[]): void;
  /** Resolves when it is not full, or never will be because the socket is closed. */
  room(): Promise<void>;
}

export function createOutlet(socket: WebSocket, onDrained: () => void): Outlet {
  /** Counted here and not asked of the socket: whatever is in it has a callback that takes it out again. */
  let waitingBytes = 0;
  let latest: readonly Buffer[] | undefined;
  let wakers: (() => void)[] = [];

  function send(frames: readonly Buffer[]): void {
    const bytes = frames.reduce((sum, { length }) => sum + length, 0);
    const last = frames.at(-1);
    for (const frame of frames) socket.send(frame, { binary: false }, frame === last ? flushed : ignored);
    if (last) waitingBytes += bytes;
    if (waitingBytes > 2 * fullBytes) socket.pause();

    function flushed(): void {
      waitingBytes -= bytes;
      if (waitingBytes <= fullBytes) drained();
    }
  }

  function drained(): void {
    if (socket.isPaused) socket.resume();
    const news = latest;
    latest = undefined;
    if (news) send(news);
    for (const wake of wakers.splice(0)) wake();
    onDrained();
  }

  return {
    get isFull() {
      return waitingBytes > fullBytes;
    },
    send,
    sendLatest(frames) {
      if (waitingBytes > fullBytes) latest = frames;
      else send(frames);
    },
    room: () =>
      waitingBytes <= fullBytes
        ? Promise.resolve()
        : new Promise((resolve) => (wakers = [...wakers, resolve])),
  };
}

/** A send that fails is followed by the socket's `close`, which tells. */
const ignored = (): void => {};
