// What a frame of the server changes.
import type { Entry, FrameOf, ServerFrame } from "../shared/protocol.ts";
import { heard, isOpen, opened } from "./link.ts";
import { readEntry, readOlder, welcomed } from "./reading.ts";
import { ping, refuse, remove, sendAll, uncancel } from "./sending.ts";
import type { Draft } from "./state.ts";

/** Whoever is typing is believed for so long without saying so again. */
const believeMs = 6_000;

export function receive(draft: Draft, frame: ServerFrame, now: number): void {
  if (isOpen(draft.link)) draft.link = heard(draft.link, now); // whatever comes shows that it lives
  switch (frame.type) {
    case "welcome":
      return welcome(draft, frame, now);
    case "message":
    case "start":
    case "token":
    case "end":
    case "rewind":
    case "replaced":
    case "undone":
      return read(draft, frame);
    case "presence":
      return present(draft, frame);
    case "typing":
      return typed(draft, frame, now);
    case "history":
      draft.olderAt = 0;
      draft.reading = readOlder(draft.reading, frame);
      return;
    case "pong":
      if (draft.pingedAt) draft.roundTripMs = now - draft.pingedAt;
      draft.pingedAt = 0;
      return;
    case "error":
      return refused(draft, frame, now);
    default:
      return pass(draft, frame);
  }
}

/** What a newer server has put into the log changes nothing here but our place in it. */
function pass(draft: Draft, { offset }: { readonly offset?: unknown }): void {
  const { reading } = draft;
  if (typeof offset === "number")
    draft.reading = { ...reading, transcript: { ...reading.transcript, offset } };
}

/** There is a new connection: what is not confirmed goes out again [P5], and then what is to be stopped. */
function welcome(draft: Draft, frame: FrameOf<"welcome">, now: number): void {
  const { reading } = draft;
  const { id, name, key } = frame.me;
  draft.isLost = reading.epoch !== frame.epoch && reading.transcript.items.length > 0;
  if (draft.isLost) draft.cancels = [];
  draft.conversation = frame.conversation;
  draft.token = key;
  draft.me = { id, name };
  draft.welcome = frame;
  draft.reading = welcomed(reading, frame);
  draft.link = opened(draft.link, now);
  draft.isSent = false;
  draft.heldUntil = draft.olderAt = draft.typedAt = 0;
  present(draft, frame);
  sendAll(draft);
  ping(draft, now);
}

/** Throws at one without its place: going on from there would lead nowhere. */
function read(draft: Draft, entry: Entry): void {
  if (!Number.isInteger(entry.offset)) throw new TypeError("An entry of the log needs an offset.");
  draft.reading = readEntry(draft.reading, entry);
  if ("isUsed" in draft.link && !draft.link.isUsed) draft.link = { ...draft.link, isUsed: true };
  if (entry.type === "message") {
    forget(draft, entry.author.id);
    remove(draft, entry.id);
    if (!entry.reply) uncancel(draft, entry.id);
  }
  if (entry.type === "end") uncancel(draft, questionOf(draft, entry.run), entry.run);
}

function questionOf({ reading }: Draft, run: string): string {
  const answer = reading.transcript.items.findLast((item) => item.type === "answer" && item.run === run);
  return answer?.type === "answer" ? answer.message : run;
}

function present(draft: Draft, { members }: FrameOf<"presence" | "welcome">): void {
  draft.members = [...members];
  draft.typists = draft.typists.filter(({ member }) => members.some(({ id }) => id === member.id));
}

function typed(draft: Draft, { member, typing }: FrameOf<"typing">, now: number): void {
  forget(draft, member.id);
  if (typing) draft.typists = [...draft.typists, { member, until: now + believeMs }];
}

/** That this one is typing. */
const forget = (draft: Draft, id: string): void =>
  void (draft.typists = draft.typists.filter(({ member }) => member.id !== id));

/** Where the server names no time. */
const askAgainMs = 5_000;

/** A repeat had been accepted, so it is here or on its way. What may be sent again later is kept. */
function refused(draft: Draft, frame: FrameOf<"error">, now: number): void {
  const { code, message, ref = "", retryAfterMs } = frame;
  const retryAt = typeof retryAfterMs === "number" ? now + Math.max(100, retryAfterMs) : 0;
  if (code === "duplicate") return remove(draft, ref);
  if (draft.says.some(({ id }) => id === ref)) {
    if (code === "draining") return;
    if (!retryAt) return refuse(draft, { code, message, ref });
    draft.isSent = false;
    draft.heldUntil = retryAt;
    return;
  }
  if (ref === "ping" || ref === "typing") return;
  if (ref === "history") {
    draft.olderAt = retryAt || now + askAgainMs;
    return;
  }
  if (ref === "cancel") {
    if (retryAt && draft.cancels.length > 0) return void (draft.heldUntil = retryAt);
    draft.cancels = draft.cancels.slice(1); // nobody knows it any more; they are answered in their order
  }
  draft.refusal = { code, message, ref, ...(retryAfterMs && { retryAfterMs }) };
}
