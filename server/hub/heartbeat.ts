// The heartbeat: finds peers that are gone without a word. One sweep over all sockets, no timer of their own.
import type { WebSocket } from "ws";

/** Times in milliseconds. */
export type HeartbeatTimes = {
  /** A peer that is silent for so long is asked whether it is there. */
  readonly pingAfterMs: number;
  /** One that does not answer for so long is gone. */
  readonly pongWithinMs: number;
};

export const defaultHeartbeat: HeartbeatTimes = { pingAfterMs: 25_000, pongWithinMs: 10_000 };

export interface Heartbeat {
  /** Watches a socket. `alive` is to be called at every sign of life, `close` when the socket is closed. */
  watch(socket: WebSocket): { alive(): void; close(): void };
  close(): void;
}

type Pulse = { socket: WebSocket; seenAt: number; pingedAt: number | undefined };

export function createHeartbeat({ pingAfterMs, pongWithinMs } = defaultHeartbeat): Heartbeat {
  const pulses = new Set<Pulse>();
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const pulse of pulses) feel(pulse, now);
  }, pongWithinMs / 5);

  function feel(pulse: Pulse, now: number): void {
    if (pulse.pingedAt !== undefined) {
      if (now - pulse.pingedAt > pongWithinMs) pulse.socket.terminate();
    } else if (now - pulse.seenAt > pingAfterMs) {
      pulse.pingedAt = now;
      if (pulse.socket.readyState === pulse.socket.OPEN) pulse.socket.ping();
    }
  }

  return {
    watch: (socket) => {
      const pulse: Pulse = { socket, seenAt: performance.now(), pingedAt: undefined };
      pulses.add(pulse);
      return {
        alive: () => {
          pulse.seenAt = performance.now();
          pulse.pingedAt = undefined;
        },
        close: () => pulses.delete(pulse),
      };
    },
    close: () => clearInterval(sweep),
  };
}
