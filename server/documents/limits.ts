// What a peer of a document may send and what a document may hold, and why a peer is closed.
import { closeCodes } from "../../shared/limits.ts";

/** Sizes in bytes, times in milliseconds. */
export const documentLimits = {
  /** A larger frame closes its peer with 4413. */
  frameBytes: 4_194_304,
  /** A document that is larger than this takes deletions only: who adds to it is closed with 4413. As Yjs encodes it. */
  documentBytes: 16_777_216,
  /** Changes that came before what they stand on. More of them are dropped, and their peer is closed with 4400. */
  pendingBytes: 262_144,
  /** Writers of a document, as Yjs tells them apart: each page that writes is a new one. More are refused with 4413. */
  writers: 65_536,
  /** The place in a document from which a peer asks. A longer one closes it with 4400. */
  vectorBytes: 1_048_576,
  /** States of awareness that a peer may have; what goes beyond these three is not shown to anybody. */
  caretsPerPeer: 16,
  /** Of all its states, as JSON. UTF-16 code units. */
  caretCharsPerPeer: 65_536,
  /** Of all states in a document. UTF-16 code units. */
  caretChars: 1_048_576,
  /** Who is where is told at most this often: every client sends back what it is told. */
  caretsEveryMs: 25,
  /** Frames that a peer may send in a second, on average; beyond it the socket is read more slowly. 0 = no limit. */
  framesPerSecond: 200,
  /** Frames that a peer may send at once after a quiet time. */
  frameBurst: 400,
  /** Times that a peer may ask for what it lacks in a second, on average, and at once; beyond it it is closed with 4013. */
  asksPerSecond: 2,
  askBurst: 20,
  /** What a peer may have sent that is not stored yet; beyond it the socket is not read. */
  waitingBytes: 262_144,
  /** Updates of a document that are stored one by one; then they become one. */
  storedUpdates: 1_000,
  /** Peers are told something so often: y-websocket gives up a server that was silent for 30 s. */
  keepAliveMs: 10_000,
} as const;

export type DocumentLimits = { readonly [K in keyof typeof documentLimits]: number };

/** y-websocket comes again after every code but 4400 to 4499. */
export const documentCloses = {
  malformed: { code: 4400, reason: "This is not a frame of the y-websocket protocol." },
  astray: { code: 4400, reason: "Too many changes stand on others that never came." },
  frameTooLarge: { code: 4413, reason: "The frame is too large." },
  documentTooLarge: { code: 4413, reason: "The document is too large." },
  rateLimited: { code: closeCodes.rateLimited.code, reason: "Far too many frames." },
  storeFailed: { code: closeCodes.conversationClosed.code, reason: "The store failed." },
  bug: { code: closeCodes.bug.code, reason: "" },
  restart: { code: closeCodes.restart.code, reason: "" },
} as const;

export type DocumentClosing = (typeof documentCloses)[keyof typeof documentCloses];
