// Encodes what many readers are sent once: the same list of frames in the same dialect gives the same bytes, ready for
// the wire.
import type { ServerFrame } from "../../shared/protocol.ts";
import type { Dialect } from "./dialects/dialect.ts";

/** What was encoded last in each dialect: those who are sent the same are sent it one after the other. */
const latest = new WeakMap<Dialect, { readonly frames: readonly ServerFrame[]; readonly bytes: Buffer }>();

/** The frames' bytes, as WebSocket frames one after the other. Known by the list itself, so share the list to share the work. */
export function encoded(frames: readonly ServerFrame[], dialect: Dialect): Buffer {
  const known = latest.get(dialect);
  if (known?.frames === frames) return known.bytes;
  const bytes = textFrames(frames.flatMap((frame) => dialect.encode(frame)));
  latest.set(dialect, { frames, bytes });
  return bytes;
}

/** The first byte of a text frame that is whole. */
const wholeText = 0x81;

/** Unmasked text frames, as a server sends them. https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
export function textFrames(texts: readonly string[]): Buffer {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + headLength(length) + length, 0));
  let at = 0;
  for (const [index, text] of texts.entries()) {
    at = writeHead(bytes, at, lengths[index] as number);
    at += bytes.write(text, at);
  }
  return bytes;
}

const headLength = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** Returns where the payload begins. */
function writeHead(bytes: Buffer, at: number, length: number): number {
  bytes[at] = wholeText;
  if (length < 126) return bytes.writeUInt8(length, at + 1);
  if (length < 65_536) return bytes.writeUInt16BE(length, bytes.writeUInt8(126, at + 1));
  return bytes.writeBigUInt64BE(BigInt(length), bytes.writeUInt8(127, at + 1));
}
