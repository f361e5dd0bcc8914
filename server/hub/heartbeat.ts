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
  /** Watches a socket. */
  watch(socket: WebSocket): Pulse;
  close(): void;
}

/** The signs of life of one socket. */
export class Pulse {
  readonly #pulses: Set<Pulse>;
  readonly #socket: WebSocket;
  #seenAt = performance.now();
  #pingedAt: number | undefined;

  constructor(socket: WebSocket, pulses: Set<Pulse>) {
    this.#socket = socket;
    this.#pulses = pulses.add(this);
  }

  /** To be called at every sign of life. */
  alive(): void {
    this.#seenAt = performance.now();
    this.#pingedAt = undefined;
  }

  /** Looks after it, which is done from time to time. */
  feel(now: number, { pingAfterMs, pongWithinMs }: HeartbeatTimes): void {
    const socket = this.#socket;
    if (this.#pingedAt !== undefined) {
      if (now - this.#pingedAt > pongWithinMs) socket.terminate();
    } else if (now - this.#seenAt > pingAfterMs) {
      this.#pingedAt = now;
      if (socket.readyState === socket.OPEN) socket.ping();
    }
  }

  /** To be called when the socket is closed. */
  close(): void {
    this.#pulses.delete(this);
  }
}

export function createHeartbeat(times = defaultHeartbeat): Heartbeat {
  const pulses = new Set<Pulse>();
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const pulse of pulses) pulse.feel(now, times);
  }, times.pongWithinMs / 5);
  return {
    watch: (socket) => new Pulse(socket, pulses),
    close: () => clearInterval(sweep),
  };
}
