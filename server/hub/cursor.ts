// A cursor: one reader's position in a log. It sends what is there from its position on, waits while the socket is
// full, and needs no queue for that.
//
//   resting ── published ──▶ sending ──▶ resting       sending ── socket full ──▶ blocked ── drained ──▶ sending
//                               └── not in memory ──▶ loading ──▶ sending
import type { Log, Slice } from "../log/log.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { encoded } from "./encoding.ts";
import type { Outlet } from "./outlet.ts";

export interface Cursor {
  /** To be called when the socket has room again. */
  drained(): void;
  close(): void;
}

type Parts = {
  log: Log;
  position: number;
  dialect: Dialect;
  outlet: Outlet;
  /** The store could not give what follows. */
  onFault: (error: unknown) => void;
};

export function openCursor({ log, position, dialect, outlet, onFault }: Parts): Cursor {
  let state: "resting" | "loading" | "closed" = "resting";

  function advance(): void {
    while (state === "resting" && position < log.head && !outlet.isFull) {
      const slice = log.slice(position);
      if (slice instanceof Promise) void load(slice);
      else send(slice);
    }
  }

  async function load(loading: Promise<Slice>): Promise<void> {
    state = "loading";
    try {
      const slice = await loading;
      if (!isOpen()) return;
      state = "resting";
      send(slice);
      advance();
    } catch (error) {
      if (isOpen()) onFault(error);
    }
  }

  function send({ entries, to }: Slice): void {
    position = to;
    outlet.send(encoded(entries, dialect));
  }

  const isOpen = (): boolean => state !== "closed";
  const stopWatching = log.watch(advance);
  advance();
  return {
    drained: advance,
    close: () => {
      state = "closed";
      stopWatching();
    },
  };
}
