// The link to the server: one socket at a time, opened again after a cut where the reading had stopped.
//
//   connecting ──▶ open ── cut ──▶ waiting ──▶ connecting        closed is final: the server said not to come back
import { closeCodes, keyPrefix, protocolName } from "../shared/limits.ts";
import type { Command, ServerFrame } from "../shared/protocol.ts";

export type LinkState =
  | { name: "connecting" }
  | { name: "open" }
  | { name: "waiting"; ms: number }
  | { name: "closed"; meaning: string };

/** Where to connect next, as far as it is known by then. */
export type Place = { conversation: string; name: string; key: string; after?: number; epoch?: string };

export type LinkParts = {
  place: () => Place;
  onFrame: (frame: ServerFrame) => void;
  onState: (state: LinkState) => void;
};

export type Link = {
  /** False when there is no connection: then nothing was sent. */
  send: (command: Command) => boolean;
  /** Connects anew, at once. */
  again: () => void;
};

/** Full jitter between attempts. Milliseconds. */
const backoff = { least: 500, most: 20_000 };

export function openLink({ place, onFrame, onState }: LinkParts): Link {
  let socket: WebSocket | undefined;
  let timer: number | undefined;
  let attempts = 0;

  function connect(): void {
    clearTimeout(timer);
    onState({ name: "connecting" });
    const opened = (socket = openSocket(place()));
    opened.onmessage = ({ data }) => {
      if (socket === opened) received(JSON.parse(data as string) as ServerFrame);
    };
    opened.onclose = ({ code }) => {
      if (socket === opened) closed(code);
    };
  }

  function received(frame: ServerFrame): void {
    onFrame(frame);
    if (frame.type !== "welcome") return;
    attempts = 0;
    onState({ name: "open" });
  }

  function closed(code: number): void {
    socket = undefined;
    const state = afterClose(code, attempts++);
    if (state.name === "waiting") timer = setTimeout(connect, state.ms);
    onState(state);
  }

  function again(): void {
    const old = socket;
    socket = undefined;
    old?.close();
    connect();
  }

  addEventListener("online", () => socket ?? again());
  connect();
  return {
    again,
    send: (command) => sendOver(socket, command),
  };
}

function sendOver(socket: WebSocket | undefined, command: Command): boolean {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(command));
  return true;
}

const openSocket = (place: Place): WebSocket =>
  new WebSocket(addressOf(place), place.key ? [protocolName, keyPrefix + place.key] : [protocolName]);

function afterClose(code: number, attempts: number): LinkState {
  const known = Object.values(closeCodes).find((one) => one.code === code);
  if (known && !known.reconnect) return { name: "closed", meaning: known.meaning };
  const most = Math.min(backoff.most, backoff.least * 2 ** attempts);
  return { name: "waiting", ms: backoff.least / 2 + Math.random() * most };
}

function addressOf({ conversation, name, after, epoch }: Place): string {
  const address = new URL(conversation ? `/ws/${conversation}` : "/ws", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  if (name) address.searchParams.set("name", name);
  if (after !== undefined && epoch !== undefined) {
    address.searchParams.set("after", String(after));
    address.searchParams.set("epoch", epoch);
  }
  return address.href;
}
