// Every limit, error code and close code of the protocol: data that both ends may read.

/** What a client may send and what the server keeps. Sizes in bytes or UTF-16 code units, times in ms. */
export const limits = {
  /** A larger frame from a client closes its connection with 1009. Bytes. */
  frameBytes: 65_536,
  /** A longer `say.text` or `edit.text` is refused with `too_large`. UTF-16 code units. */
  textChars: 32_768,
  /** Commands a connection may send in a second, on average; 0 = no limit. */
  commandsPerSecond: 20,
  /** Commands a connection may send at once after a quiet time. */
  commandBurst: 40,
  /** A name longer than this is cut. UTF-16 code units. */
  nameChars: 64,
  /** Refused frames (`bad_request`) in a minute before the connection is closed with 4509. */
  badFramesPerMinute: 10,
  /** Messages of one conversation that may wait for their runs; beyond it `busy`. */
  queuedMessages: 64,
  /** Runs of the whole process that may be active or queued; beyond it `overloaded`. */
  activeRuns: 1_024,
  /** Connections of the whole process; beyond it the upgrade is answered with 503. */
  connections: 16_384,
  /** Messages a newcomer is shown at least, where there are so many. */
  welcomeMessages: 100,
  /** Entries of a `history` answer: when the client names no number, and at most. */
  historyEntries: 100,
  historyEntriesMax: 1_000,
  /** Text of one answer, reasoning included; beyond it `end {limit}`. UTF-16 code units. */
  answerChars: 67_108_864,
  /** What a run is shown of a document at most: what is selected, or all of it. More is not replaced. UTF-16 code units. */
  selectionChars: 32_768,
  /** And of what stands before the place, and after it, each. UTF-16 code units. */
  surroundingChars: 8_192,
} as const;

export type Limits = { readonly [K in keyof typeof limits]: number };

/** Answers to a command that was refused (`error.code`), and what they mean. An `undo` may fail by a `DocumentFault` too. */
export const refusals = {
  bad_request: "The frame is not JSON, or not a command of this protocol.",
  too_large: "The text is longer than welcome.limits.textChars.",
  rate_limited: "Too many commands; send it again after retryAfterMs.",
  duplicate: "A message with this id had been accepted from you before; nothing was added.",
  id_taken: "Another member's message has this id; choose another one.",
  busy: "A run is active and the say asked to be rejected, or too many messages or undos are waiting.",
  overloaded: "The server has as many runs as it takes; try again after retryAfterMs.",
  draining: "The server is about to stop and starts no new runs; connect again.",
  unknown_run: "This conversation has no such run, or it has left the memory.",
  unknown_message: "This conversation has no such message, or it has left the memory.",
  not_author: "Only the author of a message may edit it.",
  storage_unavailable: "The store did not take it; nothing was added.",
  unknown_server: "The target names a document server that is not configured here.",
  in_document: "It was written into a document: undo it, and ask anew.",
  not_in_document: "The run wrote into no document.",
  already_undone: "What the run wrote was taken back before.",
} as const;

/** Why a run ended badly (`end.error.code`), in words that give nothing of the provider's away. */
export const failures = {
  upstream_auth: "The model's provider refused the key.",
  upstream_rate_limited: "The model's provider allows no more requests for now.",
  upstream_overloaded: "The model's provider is overloaded.",
  upstream_unreachable: "The model's provider could not be reached.",
  upstream_bad_request: "The model's provider refused the request.",
  upstream_not_found: "The model's provider does not know this model or address.",
  upstream_error: "The model's provider reported a fault.",
  upstream_not_a_stream: "The model's provider answered with something that is not a stream of words.",
  upstream_too_large: "The model's provider sent an event that is too large.",
  upstream_filtered: "The model's provider filtered the question.",
  upstream_tool_call: "The model asked for a tool, and there are none.",
  upstream_cut: "The connection to the model broke before the answer was finished.",
  first_token_timeout: "The model did not begin to answer in time.",
  idle_timeout: "The model fell silent in the middle of its answer.",
  run_timeout: "The answer took longer than a run may.",
  answer_limit: "The answer was longer than a run may be.",
  storage_unavailable: "The store did not take the words.",
  server_stopped: "The server stopped before the answer was finished.",
  document_unreachable: "The document server could not be reached.",
  document_refused: "The document server refused: it wants another token, or has no document of this name.",
  document_read_only: "The document may only be read with this token.",
  document_timeout: "The document server did not answer in time.",
  document_lost: "The connection to the document broke.",
  document_place_gone: "The place in the document was deleted.",
  document_place_unknown: "The document has no such place.",
  document_range_apart: "What is to be replaced lies in several blocks of the document.",
  document_too_large: "What is to be replaced is too long.",
  internal: "The server failed; the fault is in its log.",
} as const;

/** One of the codes in `failures`. */
export type FailureCode = keyof typeof failures;
/** What can be wrong with a shared document: it ends a run, and refuses an `undo`. */
export type DocumentFault = Extract<FailureCode, `document_${string}`>;
export type RefusalCode = keyof typeof refusals | DocumentFault;

/** Why a connection was closed. Codes 4000-4499 (and 1001, 1012, 1013) mean reconnect, 4500-4999 do not. */
export const closeCodes = {
  unsupported: { code: 1003, meaning: "A binary frame; this protocol is text.", reconnect: false },
  tooLarge: { code: 1009, meaning: "A frame larger than welcome.limits.frameBytes.", reconnect: false },
  bug: { code: 1011, meaning: "A fault of the server, logged there.", reconnect: true },
  restart: { code: 1012, meaning: "The server is stopping or starting again.", reconnect: true },
  conversationClosed: {
    code: 4001,
    meaning: "The conversation was closed here: its store failed, or another node writes it now.",
    reconnect: true,
  },
  rateLimited: { code: 4013, meaning: "Far too many commands for ten seconds.", reconnect: true },
  tooManyErrors: { code: 4509, meaning: "Too many bad frames in a minute.", reconnect: false },
} as const;

/** Whether a client that was closed so has to stay away. Of `closeCodes`, and of all that a newer server may add. */
export const isFinalClose = (code: number): boolean => code === 1003 || code === 1009 || code >= 4500;

/** In words for people. */
export function meaningOfClose(code: number): string {
  const known = Object.values(closeCodes).find((one) => one.code === code);
  return known?.meaning ?? (code === 1000 ? "You have left." : `The server closed it (${code}).`);
}

export type Closing = (typeof closeCodes)[keyof typeof closeCodes];

/** The subprotocol of this version, and the prefix of the one that carries a member's key. */
export const protocolName = "parlor.v1";
export const keyPrefix = "parlor.key.";
