// A talk by way of a Parlor server, which goes on after a cut where it had stopped: the SDK's, told as a terminal wants it.
import { connect, type Talk as ClientTalk } from "../client/talk.ts";
import type { TalkState as ClientState } from "../client/view.ts";
import { meaningOfClose } from "../shared/limits.ts";
import type { Member } from "../shared/protocol.ts";
import { plainName } from "./plain.ts";
import type { Talk, TalkListener, TalkState } from "./talk.ts";

export type ServerPlace = {
  /** `ws://host:port`, or `wss:`. */
  server: string;
  /** Undefined = a new private conversation. */
  room: string | undefined;
  /** Empty = whatever the server calls us. */
  name: string;
};

export function openServerTalk(place: ServerPlace, listener: TalkListener): Talk {
  const { server, room, name } = place;
  const talk = connect({ url: server, room, name });
  const stop = follow(talk, place, listener);
  const { regenerate, forget } = talk;
  return {
    say: (text) => talk.say(text).id,
    cancel: (target) => {
      talk.cancel(target);
      return isOpen(talk.state);
    },
    regenerate,
    forget,
    get unsent() {
      return talk.state.unsent;
    },
    close: () => {
      stop();
      talk.close();
    },
  };
}

type Shown = Pick<ClientTalk, "state" | "transcript">;

/** Tells the listener what has changed. Returns what ends that. */
function follow(talk: ClientTalk, place: ServerPlace, listener: TalkListener): () => void {
  let shown: Shown = { state: talk.state, transcript: talk.transcript };
  queueMicrotask(() => listener.onState(stateOf(place, shown.state)));
  return talk.subscribe(() => {
    const before = shown;
    shown = { state: talk.state, transcript: talk.transcript };
    tellTranscript(before, shown, listener);
    const { state } = shown;
    if (state.connection !== before.state.connection) listener.onState(stateOf(place, state));
    if (state.refusal && state.refusal !== before.state.refusal) listener.onRefusal(state.refusal.message);
    for (const news of newsOf(before.state, state)) listener.onNews(news);
  });
}

/** [P4] A transcript that another connection has begun anew is another one. The past comes in pieces, and is shown as one. */
function tellTranscript(before: Shown, { state, transcript }: Shown, listener: TalkListener): void {
  const isOpened = isOpen(state) && !isOpen(before.state);
  const isChanged = transcript !== before.transcript;
  if (isOpened && isChanged && before.state.me) listener.onReset(state.isLost);
  if (state.isCaughtUp && (isOpened || isChanged)) listener.onTranscript(transcript);
}

const isOpen = ({ connection }: ClientState): boolean => connection.name === "open";

function stateOf({ server, room }: ServerPlace, state: ClientState): TalkState {
  const { connection } = state;
  switch (connection.name) {
    case "connecting":
      return { name: "connecting", to: server };
    case "open":
      return { name: "open", me: state.me?.id ?? "", place: placeInWords(room, state) };
    case "waiting":
      return { name: "away", hasOpened: connection.hasOpened };
    case "closed":
      return { name: "closed", meaning: meaningOfClose(connection.code) };
  }
}

function placeInWords(room: string | undefined, { conversation, me, members }: ClientState): string {
  if (room === undefined) return `A private conversation; --room ${conversation} leads to it again.`;
  const others = members.filter(({ id }) => id !== me?.id).map(({ name }) => plainName(name));
  const company = others.length > 0 ? `with ${others.join(", ")}` : "with nobody else so far";
  return `In the room ${room} as ${plainName(me?.name ?? "")}, ${company}.`;
}

/** Who of the others has come, and who has left. Who was there before us is told with the place. */
function newsOf(before: ClientState, { members, me }: ClientState): string[] {
  if (!before.me || members === before.members) return [];
  const ours = [before.me.id, me?.id];
  const missing = (those: readonly Member[], all: readonly Member[]): string[] =>
    those
      .filter(({ id }) => !ours.includes(id) && !all.some((one) => one.id === id))
      .map(({ name }) => plainName(name));
  return [
    ...missing(members, before.members).map((name) => `${name} is here.`),
    ...missing(before.members, members).map((name) => `${name} has left.`),
  ];
}
