// The client's machine: what follows from what happens, and what is to be done about it. It does nothing itself.
import { keyPrefix, protocolName } from "../shared/limits.ts";
import { afterClose, asking, askingAwake, connecting, isOpen, type Link, type Moment } from "./link.ts";
import { receive } from "./receiving.ts";
import { ask, ping, sendAll } from "./sending.ts";
import type { Draft, Event, State, Step } from "./state.ts";

export function next(state: State, event: Event & Moment): Step {
  const draft: Draft = { ...state, effects: [] };
  happen(draft, event);
  const { effects, ...after } = draft;
  return { state: after, effects };
}

function happen(draft: Draft, event: Event & Moment): void {
  const { now } = event;
  switch (event.type) {
    case "connect":
      return connect(draft, now);
    case "frame":
      return receive(draft, event.frame, now);
    case "closed":
      return cut(draft, afterClose(draft.link, event.code, event));
    case "awake":
      return awake(draft, now);
    case "time":
      return late(draft, event);
    case "command":
      return ask(draft, event.command, now);
    case "rename":
      return rename(draft, event.name, now);
    case "leave":
      return disconnect(draft, { name: "closed", code: 1000 });
  }
}

/** A name is told when one connects: soon, or now. */
function rename(draft: Draft, name: string, now: number): void {
  if (name === draft.name) return;
  draft.name = name;
  if (draft.link.name !== "closed" && draft.link.name !== "waiting") connect(draft, now);
}

/** Without a connection nobody is believed to be typing. */
function cut(draft: Draft, link: Link): void {
  draft.link = link;
  draft.typists = [];
}

function disconnect(draft: Draft, link: Link): void {
  cut(draft, link);
  draft.effects.push({ type: "disconnect" });
}

/** Where there was a connection before, it is given up for the new one. */
function connect(draft: Draft, now: number): void {
  const { token } = draft;
  const protocols = token === undefined ? [protocolName] : [protocolName, keyPrefix + token];
  disconnect(draft, connecting(draft.link, now));
  draft.pingedAt = 0;
  draft.effects.push({ type: "connect", address: addressOf(draft), protocols });
}

/** [P4] Goes on where the reading has stopped. */
function addressOf({ address, conversation, name, reading }: State): string {
  const place = new URL(address);
  const { searchParams: query } = place;
  if (conversation !== undefined) place.pathname += `/${conversation}`;
  if (name) query.set("name", name);
  if (reading.epoch !== undefined) {
    query.set("after", String(reading.transcript.offset));
    query.set("epoch", reading.epoch);
  }
  return place.href;
}

function awake(draft: Draft, now: number): void {
  const { link } = draft;
  if (link.name === "waiting") return connect(draft, now);
  if (link.name !== "open") return;
  draft.link = askingAwake(link, now);
  ping(draft, now);
}

function late(draft: Draft, { now, chance }: Moment): void {
  const { link, heldUntil, olderAt, reading } = draft;
  if (olderAt && olderAt <= now) {
    draft.olderAt = 0;
    draft.reading = { ...reading, past: "more" };
  }
  draft.typists = draft.typists.filter(({ until }) => until > now);
  if (isOpen(link) && heldUntil && heldUntil <= now) {
    draft.heldUntil = 0;
    sendAll(draft);
  }
  if (link.name === "closed" || link.until > now) return;
  switch (link.name) {
    case "waiting":
      return connect(draft, now);
    case "open":
      draft.link = asking(link, now);
      return ping(draft, now);
    case "connecting":
    case "asking":
      return disconnect(draft, afterClose(link, 1006, { now, chance }));
  }
}
