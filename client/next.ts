// The client's machine: what follows from what happens, and what is to be done about it. It does nothing itself.
import { keyPrefix, protocolName } from "../shared/limits.ts";
import {
  afterClose,
  asking,
  askingAwake,
  connecting,
  heard,
  isOpen,
  type Link,
  type Moment,
} from "./link.ts";
import { cancelsAgain } from "./outbox.ts";
import { expired, unheard } from "./people.ts";
import { receive } from "./receiving.ts";
import { cancel, command, older, ping, say, send, typing } from "./sending.ts";
import { quiet, sending, then, type Event, type State, type Step } from "./state.ts";

export function next(state: State, event: Event & Moment): Step {
  const { now } = event;
  switch (event.type) {
    case "connect":
      return connect(state, now);
    case "frame":
      return receive({ ...state, link: heard(state.link, now) }, event.frame, now);
    case "closed":
      return quiet(cut(state, afterClose(state.link, event.code, event)));
    case "awake":
      return awake(state, now);
    case "time":
      return late({ ...state, people: expired(state.people, now) }, event);
    case "say":
      return say(state, event.say, now);
    case "cancel":
      return cancel(state, event.cancel);
    case "command":
      return command(state, event.command);
    case "typing":
      return typing(state, event.typing, now);
    case "older":
      return older(state);
    case "rename":
      return rename({ ...state, name: event.name }, now);
    case "leave":
      return disconnected(cut(state, { name: "closed", meaning: "You have left." }));
  }
}

const cut = (state: State, link: Link): State => ({ ...state, link, people: unheard(state.people) });

const disconnected = (state: State): Step => ({ state, effects: [{ type: "disconnect" }] });

/** Where there was a connection before, it is given up for the new one. */
function connect(state: State, now: number): Step {
  const { token } = state;
  const protocols = token === undefined ? [protocolName] : [protocolName, keyPrefix + token];
  return {
    state: { ...state, link: connecting(state.link, now), pingedAt: undefined },
    effects: [{ type: "disconnect" }, { type: "connect", address: addressOf(state), protocols }],
  };
}

/** [P4] Goes on where the reading has stopped. */
function addressOf({ address, conversation, name, reading }: State): string {
  const place = new URL(address);
  if (conversation !== undefined) place.pathname += `/${conversation}`;
  if (name) place.searchParams.set("name", name);
  if (reading.epoch !== undefined) {
    place.searchParams.set("after", String(reading.transcript.offset));
    place.searchParams.set("epoch", reading.epoch);
  }
  return place.href;
}

const rename = (state: State, now: number): Step =>
  state.link.name === "closed" ? quiet(state) : connect(state, now);

function awake(state: State, now: number): Step {
  switch (state.link.name) {
    case "waiting":
      return connect(state, now);
    case "open":
      return ping({ ...state, link: askingAwake(state.link, now) }, now);
    case "connecting":
    case "asking":
    case "closed":
      return quiet(state);
  }
}

function late(state: State, { now, chance }: Moment): Step {
  const { link } = state;
  if (link.name === "closed" || link.until > now) return released(state, now);
  switch (link.name) {
    case "waiting":
      return connect(state, now);
    case "open":
      return ping({ ...state, link: asking(link, now) }, now);
    case "connecting":
    case "asking":
      return disconnected(cut(state, afterClose(link, 1006, { now, chance })));
  }
}

/** The time is over for which the server asked us to be quiet. */
function released(state: State, now: number): Step {
  const { outbox, link } = state;
  if (!isOpen(link) || outbox.heldUntil === undefined || outbox.heldUntil > now) return quiet(state);
  const free = { ...state, outbox: { ...outbox, heldUntil: undefined } };
  return then(send(free), (sent) => sending(sent, ...cancelsAgain(outbox)));
}
