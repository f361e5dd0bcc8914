// A cursor: one reader's position in a log. It sends what is there from its position on, waits while the socket is
// full, and needs no queue for that.
//
//   resting ── published ──▶ sending ──▶ resting       sending ── socket full ──▶ blocked ── drained ──▶ sending
//                               └── not in memory ──▶ loading ──▶ sending
import type { Log, Slice } from "../log/log.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { encoded } from "./encoding.ts";
import type { Outlet } from "./outlet.ts";

type Parts = {
  log: Log;
  position: number;
  dialect: Dialect;
  outlet: Outlet;
  /** The store could not give what follows. */
  onFault: (error: unknown) => void;
};

export class Cursor {
  readonly #log: Log;
  readonly #dialect: Dialect;
  readonly #outlet: Outlet;
  readonly #onFault: Parts["onFault"];
  readonly #stopWatching: () => void;
  #position: number;
  #state: "resting" | "loading" | "closed" = "resting";

  /** Begins to read at once. */
  constructor({ log, position, dialect, outlet, onFault }: Parts) {
    this.#log = log;
    this.#position = position;
    this.#dialect = dialect;
    this.#outlet = outlet;
    this.#onFault = onFault;
    this.#stopWatching = log.watch(() => this.advance());
    this.advance();
  }

  /** To be called when the socket has room again. */
  advance(): void {
    while (this.#state === "resting" && this.#position < this.#log.head && !this.#outlet.isFull) {
      const slice = this.#log.slice(this.#position);
      if (slice instanceof Promise) void this.#load(slice);
      else this.#send(slice);
    }
  }

  close(): void {
    this.#state = "closed";
    this.#stopWatching();
  }

  async #load(loading: Promise<Slice>): Promise<void> {
    this.#state = "loading";
    try {
      const slice = await loading;
      if (this.#isClosed()) return;
      this.#state = "resting";
      this.#send(slice);
      this.advance();
    } catch (error) {
      if (!this.#isClosed()) this.#onFault(error);
    }
  }

  #send({ entries, to }: Slice): void {
    this.#position = to;
    this.#outlet.send(encoded(entries, this.#dialect));
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }
}
