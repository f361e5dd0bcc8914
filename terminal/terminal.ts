// What the outside is to a talk: three streams, and signals.
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";

export type Terminal = {
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Writable & { isTTY?: boolean; columns?: number };
  readonly stderr: Writable;
  /** `process`. */
  readonly signals: Pick<NodeJS.Process, "on" | "off">;
};

const ending = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

type Ending = (typeof ending)[number];

/** Returns what stops the listening. */
export function onSignals(signals: Terminal["signals"], act: (signal: Ending) => void): () => void {
  const listener = (signal: NodeJS.Signals): void => act(signal as Ending);
  for (const signal of ending) signals.on(signal, listener);
  return () => {
    for (const signal of ending) signals.off(signal, listener);
  };
}

/** The exit code of whoever ended because of it. */
export const codeOf = (signal: Ending): number => 128 + constants.signals[signal];

/** Resolves when all that was written has gone out, or never will. */
export const flushed = (stream: Writable): Promise<void> =>
  new Promise((resolve) => stream.write("", () => resolve()));
