// A talk by way of a Parlor server: a reader of its log, which goes on after a cut where it had stopped.
import { openLink, type Link, type LinkState } from "../client/page-link.ts";
import type { Entry, FrameOf, ServerFrame } from "../shared/protocol.ts";
import { emptyTranscript, fold, type Transcript } from "../shared/transcript.ts";
import { plainName } from "./plain.ts";
import { type SayCommand, type Talk, type TalkListener } from "./talk.ts";

export type ServerPlace = {
  /** `ws://host:port`, or `wss:`. */
  server: string;
  /** Undefined = a new private conversation. */
  room: string | undefined;
  /** Empty = whatever the server calls us. */
  name: string;
};

type Welcome = FrameOf<"welcome">;

type ServerTalk = ServerPlace & {
  readonly listener: TalkListener;
  readonly link: Link;
  unsent: SayCommand[];
  transcript: Transcript;
  /** The latest one; undefined before there was any. */
  welcome: Welcome | undefined;
  /** Until the reader is here, what comes is the past. */
  head: number;
};

export function openServerTalk(place: ServerPlace, listener: TalkListener): Talk {
  const link = openLink({
    place: () => placeOf(talk),
    onFrame: (frame) => receive(talk, frame),
    onState: (state) => showState(talk, state),
  });
  const talk: ServerTalk = {
    ...place,
    listener,
    link,
    unsent: [],
    transcript: emptyTranscript,
    welcome: undefined,
    head: 0,
  };
  queueMicrotask(link.again);
  return {
    send: (command) => (command.type === "say" ? say(talk, command) : link.send(command)),
    get unsent() {
      return talk.unsent;
    },
    close: () => link.leave(),
  };
}

function placeOf({ server, room, name, welcome, transcript }: ServerTalk) {
  return {
    server,
    conversation: room ?? welcome?.conversation ?? "",
    name,
    key: welcome?.me.key ?? "",
    ...(welcome && { after: transcript.offset, epoch: welcome.epoch }),
  };
}

/** Kept until the server has confirmed it, and sent again after each cut; its id keeps it single [P5]. */
function say(talk: ServerTalk, command: SayCommand): boolean {
  talk.unsent = [...talk.unsent, command];
  return transmit(talk, command);
}

function transmit(talk: ServerTalk, command: SayCommand): boolean {
  const refusal = talk.welcome && tooLong(command, talk.welcome.limits);
  if (refusal === undefined) return talk.link.send(command);
  confirm(talk, command.id);
  talk.listener.onRefusal(refusal);
  return true;
}

/** Both limits count: one in UTF-16 code units, one in bytes of the frame. */
function tooLong(command: SayCommand, { textChars, frameBytes }: Welcome["limits"]): string | undefined {
  const { length } = command.text;
  if (length <= textChars && Buffer.byteLength(JSON.stringify(command)) <= frameBytes) return undefined;
  return `This is too long: ${length} characters, and ${textChars} at most.`;
}

const confirm = (talk: ServerTalk, id: string): void =>
  void (talk.unsent = talk.unsent.filter((say) => say.id !== id));

function receive(talk: ServerTalk, frame: ServerFrame): void {
  switch (frame.type) {
    case "welcome":
      return welcome(talk, frame);
    case "error":
      return refused(talk, frame);
    case "message":
      confirm(talk, frame.id);
      return change(talk, frame);
    case "start":
    case "token":
    case "end":
    case "rewind":
      return change(talk, frame);
    case "presence":
    case "typing":
    case "history":
    case "pong":
      return;
  }
}

/** [P4] Either the reading goes on exactly, or it begins again. */
function welcome(talk: ServerTalk, frame: Welcome): void {
  const { epoch } = talk.welcome ?? frame;
  const isReset = frame.resume === "reset";
  const isLost = isReset && frame.epoch !== epoch && talk.transcript.items.length > 0;
  if (frame.resume !== "resumed") {
    talk.transcript = { ...emptyTranscript, offset: frame.offset };
    talk.head = frame.head;
  }
  talk.welcome = frame;
  if (isReset) talk.listener.onReset(isLost);
  for (const command of talk.unsent) transmit(talk, command);
  publish(talk);
}

/** A repeat had been accepted, so it is here or on its way; a server that stops is not the last one. */
function refused(talk: ServerTalk, { ref, code, message }: FrameOf<"error">): void {
  if (code === "duplicate") return;
  const isSay = talk.unsent.some(({ id }) => id === ref);
  if (isSay && code === "draining") return;
  if (isSay && ref !== undefined) confirm(talk, ref);
  talk.listener.onRefusal(message);
}

function change(talk: ServerTalk, entry: Entry): void {
  talk.transcript = fold(talk.transcript, entry);
  publish(talk);
}

/** The past comes in pieces, and is shown as one. */
function publish({ transcript, head, listener }: ServerTalk): void {
  if (transcript.offset >= head) listener.onTranscript(transcript);
}

function showState(talk: ServerTalk, state: LinkState): void {
  const { listener, welcome } = talk;
  switch (state.name) {
    case "connecting":
      return listener.onState({ name: "connecting", to: talk.server });
    case "open":
      return listener.onState({ name: "open", me: welcome?.me.id ?? "", place: placeInWords(talk) });
    case "waiting":
      return listener.onState({ name: "away", hasOpened: state.hasOpened });
    case "closed":
      return listener.onState(state);
  }
}

function placeInWords({ room, welcome }: ServerTalk): string {
  if (!welcome) return "";
  if (room === undefined) return `A private conversation; --room ${welcome.conversation} leads to it again.`;
  const others = welcome.members.filter(({ id }) => id !== welcome.me.id).map(({ name }) => plainName(name));
  const company = others.length > 0 ? `with ${others.join(", ")}` : "with nobody else so far";
  return `In the room ${room} as ${plainName(welcome.me.name)}, ${company}.`;
}
