// The name of a document, which a client chose: it must not lead to anything but a document.
import { DocumentError } from "./document.ts";

/** @throws DocumentError when no document can be called so */
export function checkName(document: string): void {
  // Hocuspocus parts a document from a session by a zero.
  if (document === "" || document.includes("\0") || !document.isWellFormed())
    throw new DocumentError("document_refused", { cause: new Error("no document can be called so") });
}

/**
 * The name as the last segment of an address. What needs no escape is left as it is, because there are servers that take
 * the segment for the name without decoding it, and the editors of people write it so.
 * @throws DocumentError when it would lead elsewhere
 */
export function segmentOf(document: string): string {
  checkName(document);
  if (document === "." || document === "..")
    throw new DocumentError("document_refused", { cause: new Error("a name that leads elsewhere") });
  return encodeURIComponent(document).replace(/%(?:24|26|2B|2C|3A|3B|3D|40|5B|5D|7C)/g, decodeURIComponent);
}
