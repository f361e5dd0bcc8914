// The sending side of a socket. It queues one slice at most: a reader's backlog is its position in the log.
import type { WebSocket } from "ws";

/** Bytes handed to a socket and not yet with the system, from which on it is given no more of the log. */
const fullBytes = 65_536;

export interface Outlet {
  /** True when the log should wait. `onDrained` is called when it need not any more. */
  readonly isFull: boolean;
  /** Sends now, whatever the state: what the connection asked for itself. Too much of it stops the reading. */
  send(frames: readonly Buffer[]): void;
  /** Sends now or when there is room; then only the latest of its key. For news that the next news replaces. */
  offer(key: string, frames: readonly Buffer[]): void;
}

export function createOutlet(socket: WebSocket, onDrained: () => void): Outlet {
  const offers = new Map<string, readonly Buffer[]>();

  function send(frames: readonly Buffer[]): void {
    for (const frame of frames) {
      const fills = socket.bufferedAmount + frame.length > fullBytes;
      socket.send(frame, { binary: false }, fills ? flushed : ignored);
    }
    if (socket.bufferedAmount > 2 * fullBytes) socket.pause();
  }

  function flushed(error?: Error | null): void {
    if (error || socket.bufferedAmount > fullBytes) return;
    if (socket.isPaused) socket.resume();
    for (const [key, frames] of offers) {
      offers.delete(key);
      send(frames);
    }
    onDrained();
  }

  return {
    get isFull() {
      return socket.bufferedAmount > fullBytes;
    },
    send,
    offer(key, frames) {
      if (socket.bufferedAmount > fullBytes) offers.set(key, frames);
      else send(frames);
    },
  };
}

/** A send that fails is followed by the socket's `close`, which tells. */
const ignored = (): void => {};
