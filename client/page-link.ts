// The link to the server: one socket at a time, opened again after a cut where the reading had stopped. It runs in a
// browser and in Node.
//
//   connecting ──▶ open ── cut ──▶ waiting ──▶ connecting        closed is final: the server said not to come back
import { closeCodes, keyPrefix, protocolName } from "../shared/limits.ts";
import type { Command, ServerFrame } from "../shared/protocol.ts";

export type LinkState =
  | { name: "connecting" }
  | { name: "open" }
  | { name: "waiting"; ms: number; hasOpened: boolean }
  | { name: "closed"; meaning: string };

/** Where to connect next, as far as it is known by then. */
export type Place = {
  /** The server's address: `ws:` or `http:`, or either with an s. */
  server: string;
  conversation: string;
  name: string;
  key: string;
  after?: number;
  epoch?: string;
};

export type LinkParts = {
  place: () => Place;
  onFrame: (frame: ServerFrame) => void;
  onState: (state: LinkState) => void;
};

export type Link = {
  /** False when there is no connection: then nothing was sent. */
  send: (command: Command) => boolean;
  /** Connects, or connects anew, at once. */
  again: () => void;
  /** Does not wait any longer where it is waiting: the network is back. */
  hurry: () => void;
  /** Disconnects until `again`. */
  leave: () => void;
};

/** An attempt that began without a network may hang for minutes; it is given up after this. Milliseconds. */
const connectWithinMs = 10_000;

/** Full jitter between attempts. Milliseconds. */
const backoff = { least: 500, most: 20_000 };

export function openLink({ place, onFrame, onState }: LinkParts): Link {
  let socket: WebSocket | undefined;
  /** Runs while something is waited for: an attempt, or the time for the next one. */
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempts = 0;
  let hasOpened = false;

  function connect(): void {
    onState({ name: "connecting" });
    const opened = (socket = openSocket(place()));
    const ifCurrent = (act: () => void): void => (socket === opened ? act() : undefined);
    opened.onmessage = ({ data }) => ifCurrent(() => received(frameOf(data)));
    opened.onclose = ({ code }) => ifCurrent(() => closed(code));
    timer = setTimeout(() => ifCurrent(() => closed(0)), connectWithinMs);
  }

  function received(frame: ServerFrame | undefined): void {
    if (!frame) return;
    onFrame(frame);
    if (frame.type !== "welcome") return;
    clearTimeout(timer);
    timer = undefined;
    attempts = 0;
    hasOpened = true;
    onState({ name: "open" });
  }

  function closed(code: number): void {
    leave();
    const state = afterClose(code, attempts++, hasOpened);
    if (state.name === "waiting") timer = setTimeout(connect, state.ms);
    onState(state);
  }

  function leave(): void {
    clearTimeout(timer);
    const old = socket;
    socket = timer = undefined;
    old?.close();
  }

  const again = (): void => (leave(), connect());
  const hurry = (): void => (timer === undefined ? undefined : again());
  return { again, hurry, leave, send: (command) => sendOver(socket, command) };
}

/** Undefined when it is none: then this is another kind of server, and the welcome that is waited for does not come. */
function frameOf(data: unknown): ServerFrame | undefined {
  try {
    return JSON.parse(String(data)) as ServerFrame;
  } catch {
    return undefined;
  }
}

function sendOver(socket: WebSocket | undefined, command: Command): boolean {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(command));
  return true;
}

const openSocket = (place: Place): WebSocket =>
  new WebSocket(addressOf(place), place.key ? [protocolName, keyPrefix + place.key] : [protocolName]);

function afterClose(code: number, attempts: number, hasOpened: boolean): LinkState {
  const known = Object.values(closeCodes).find((one) => one.code === code);
  if (known && !known.reconnect) return { name: "closed", meaning: known.meaning };
  const most = Math.min(backoff.most, backoff.least * 2 ** attempts);
  return { name: "waiting", ms: backoff.least / 2 + Math.random() * most, hasOpened };
}

function addressOf({ server, conversation, name, after, epoch }: Place): string {
  const address = new URL(conversation ? `/ws/${conversation}` : "/ws", server);
  address.protocol = address.protocol.replace("http", "ws");
  if (name) address.searchParams.set("name", name);
  if (after !== undefined && epoch !== undefined) {
    address.searchParams.set("after", String(after));
    address.searchParams.set("epoch", epoch);
  }
  return address.href;
}
