// Encodes what many readers are sent once: the same list of frames in the same dialect gives the same bytes.
import type { ServerFrame } from "../../shared/protocol.ts";
import type { Dialect } from "./dialects/dialect.ts";

const encodings = new WeakMap<readonly ServerFrame[], Map<Dialect, readonly Buffer[]>>();

/** The frames' bytes. Keyed by the list itself, so share the list to share the work. */
export function encoded(frames: readonly ServerFrame[], dialect: Dialect): readonly Buffer[] {
  const known = encodings.get(frames) ?? new Map<Dialect, readonly Buffer[]>();
  encodings.set(frames, known);
  const bytes =
    known.get(dialect) ?? frames.flatMap((frame) => dialect.encode(frame).map((text) => Buffer.from(text)));
  known.set(dialect, bytes);
  return bytes;
}
