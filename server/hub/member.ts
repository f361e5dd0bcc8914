// Members and their keys. A key is the member's id, signed with the store's secret, so nothing has to be kept of it.
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { limits } from "../../shared/limits.ts";
import type { Member } from "../../shared/protocol.ts";

export type Keyring = {
  /** The id that a key names; undefined for an unknown one. */
  idOf(key: string): string | undefined;
  keyOf(id: string): string;
};

export function createKeyring(secret: string): Keyring {
  const keyOf = (id: string): string =>
    `${id}.${createHmac("sha256", secret).update(`member ${id}`).digest("base64url")}`;
  return {
    keyOf,
    idOf: (key) => {
      const id = key.slice(0, key.indexOf("."));
      const [given, right] = [Buffer.from(key), Buffer.from(keyOf(id))];
      return given.length === right.length && timingSafeEqual(given, right) ? id : undefined;
    },
  };
}

/** A member from what a connection brings: without a known key a new one, without a name a guest. */
export function memberOf(keyring: Keyring, key: string | undefined, name: string | undefined): Member {
  const id = (key !== undefined && keyring.idOf(key)) || randomUUID();
  return { id, name: shownName(name) || `Guest ${id.slice(0, 4)}` };
}

/** What joins the parts of an emoji, and the letters of some scripts; elsewhere it would make two names look the same. */
const joiners =
  /(?<=\S)\u200D(?=\p{Extended_Pictographic})|(?<=\p{L})(?<![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])[\u200C\u200D](?=\p{L})/u
    .source;
const unseen = new RegExp(`(${joiners})|[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\s]+`, "gu");

/** One line without control characters, bidirectional marks and invisible ones, cut to its limit between characters. */
function shownName(name = ""): string {
  const line = name
    .toWellFormed()
    .replace(unseen, (_, joiner?: string) => joiner ?? " ")
    .trim();
  return line.length <= limits.nameChars
    ? line
    : line
        .slice(0, limits.nameChars)
        .replace(/[\uD800-\uDBFF]$/, "")
        .trim();
}
