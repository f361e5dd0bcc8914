// The port to how a connection's frames are spelt. Many connections share one dialect.
import type { RefusalCode } from "../../../shared/limits.ts";
import type { Command, ServerFrame } from "../../../shared/protocol.ts";

/** A frame that was understood, or why it was not. `ref` is the command's id, else its type, where it has one. */
export type Decoded =
  | { readonly command: Command; readonly ref: string }
  | { readonly refused: RefusalCode; readonly message: string; readonly ref?: string };

export interface Dialect {
  decode(data: string): Decoded;
  /** One frame may be spelt as several, or as none. */
  encode(frame: ServerFrame): readonly string[];
}
