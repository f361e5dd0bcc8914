// The sending side of a socket. It queues one slice at most: a reader's backlog is its position in the log. Frames are
// made before (see encoding.ts), so they go to the wire beneath the WebSocket: one write, however many there are.
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";

/** Bytes handed to a socket and not yet with the system, from which on it is given no more of the log. */
const fullBytes = 65_536;

export class Outlet {
  readonly #socket: WebSocket;
  readonly #wire: Duplex;
  readonly #onDrained: () => void;
  /** Whatever is in the wire has this callback, which finds it with less in it. */
  readonly #flushed = (): void => (this.isFull ? undefined : this.#drained());
  #latest: Buffer | undefined;
  #wakers: (() => void)[] | undefined;

  /** @param onDrained called when it is not full, after each time that something has left it */
  constructor(socket: WebSocket, wire: Duplex, onDrained: () => void) {
    this.#socket = socket;
    this.#wire = wire;
    this.#onDrained = onDrained;
  }

  /** True when the log should wait. `onDrained` is called when it need not any more. */
  get isFull(): boolean {
    return this.#wire.writableLength > fullBytes;
  }

  /** Sends now, whatever the state: what the connection asked for itself. Too much of it stops the reading. */
  send(frames: Buffer): void {
    const [socket, wire] = [this.#socket, this.#wire];
    if (frames.length === 0 || socket.readyState !== socket.OPEN) return; // nothing may follow a close
    wire.write(frames, this.#flushed);
    if (wire.writableLength > 2 * fullBytes) socket.pause();
  }

  /** Sends now, or when there is room; then only the latest. For news that the next news replaces. */
  sendLatest(frames: Buffer): void {
    if (this.isFull) this.#latest = frames;
    else this.send(frames);
  }

  /** Resolves when it is not full, or never will be because the socket is closed. */
  room(): Promise<void> {
    if (!this.isFull) return Promise.resolve();
    return new Promise((resolve) => (this.#wakers ??= []).push(resolve));
  }

  #drained(): void {
    if (this.#socket.isPaused) this.#socket.resume();
    const [news, wakers] = [this.#latest, this.#wakers];
    this.#latest = this.#wakers = undefined;
    if (news) this.send(news);
    for (const wake of wakers ?? []) wake();
    this.#onDrained();
  }
}
