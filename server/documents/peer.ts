// One socket in a document. It says frames of the y-websocket protocol, and is told as much as it takes off our hands.
//
//   opening ── joined ──▶ open ──▶ closed       every state ── close, fault ──▶ closed
import type { RawData, WebSocket } from "ws";
import { DocumentError } from "../coauthor/document.ts";
import type { Heartbeat } from "../hub/heartbeat.ts";
import { createRateLimit } from "../hub/limits.ts";
import { StorageError } from "../log/store.ts";
import { faultFields, type Logger } from "../logger.ts";
import type { Joined } from "./document.ts";
import { documentCloses, type DocumentClosing, type DocumentLimits } from "./limits.ts";
import type { Peer } from "./seat.ts";

/** Bytes handed to a socket and not yet with the system, from which on it is told nothing more. */
const fullBytes = 65_536;

/** A peer that does not answer a close is cut off after this. Milliseconds. */
const closeWithinMs = 2_000;

type State = { name: "opening" } | { name: "open"; joined: Joined } | { name: "closed" };

export type PeerParts = {
  readonly socket: WebSocket;
  readonly enter: (peer: Peer) => Promise<Joined>;
  readonly limits: DocumentLimits;
  readonly logger: Logger;
  readonly heartbeat: Heartbeat;
};

type SocketPeer = PeerParts & {
  state: State;
  readonly pulse: ReturnType<Heartbeat["watch"]>;
  readonly allow: ReturnType<typeof createRateLimit>;
  /** Why it is not read. */
  readonly holds: Set<"opening" | "rate" | "waiting">;
  /** When it is read again after it said too much. Milliseconds, as `performance.now()` counts. */
  heldUntil: number;
  /** Handed to the socket, and not yet with the system. */
  unsentBytes: number;
};

/** Attaches its listeners at once: a WebSocket without an `error` listener ends the process at the first bad frame. */
export function openPeer(parts: PeerParts): Peer {
  const { socket, limits, logger, heartbeat } = parts;
  const peer: SocketPeer = {
    ...parts,
    state: { name: "opening" },
    pulse: heartbeat.watch(socket),
    allow: createRateLimit({ perSecond: limits.framesPerSecond, burst: limits.frameBurst }),
    holds: new Set(),
    heldUntil: 0,
    unsentBytes: 0,
  };
  socket.on("error", (error) => logger.debug("document.peer.error", faultFields(error)));
  socket.on("close", () => leave(peer));
  socket.on("message", (data, isBinary) => onMessage(peer, data, isBinary));
  socket.on("ping", () => onPing(peer));
  socket.on("pong", () => peer.pulse.alive());
  hold(peer, "opening", true); // what it says waits in the socket until the document is there
  const shown = shownTo(peer);
  join(peer, shown).catch((error: unknown) => fault(peer, error));
  return shown;
}

const shownTo = (peer: SocketPeer): Peer => ({
  get isFull() {
    return peer.unsentBytes > fullBytes;
  },
  send: (frame) => send(peer, frame),
  hold: (isHeld) => hold(peer, "waiting", isHeld),
  close: (closing) => close(peer, closing),
});

/** The document could not be entered. */
function fault(peer: SocketPeer, error: unknown): void {
  if (peer.state.name === "closed") return;
  if (error instanceof DocumentError) return close(peer, documentCloses.restart); // nobody is let in any more
  peer.logger.error("document.fault", faultFields(error));
  close(peer, error instanceof StorageError ? documentCloses.storeFailed : documentCloses.bug);
}

async function join(peer: SocketPeer, shown: Peer): Promise<void> {
  const joined = await peer.enter(shown);
  if (peer.state.name !== "opening") return joined.leave();
  peer.state = { name: "open", joined };
  hold(peer, "opening", false);
}

function onMessage(peer: SocketPeer, data: RawData, isBinary: boolean): void {
  if (peer.state.name !== "open") return;
  peer.pulse.alive();
  const frame = data as Buffer;
  if (!isBinary) return close(peer, documentCloses.malformed);
  if (frame.length > peer.limits.frameBytes) return close(peer, documentCloses.frameTooLarge);
  if (isInTime(peer)) peer.state.joined.hear(frame);
}

/** Nothing that was said can be refused, or peers would differ for ever: who says too much is read more slowly. */
function isInTime(peer: SocketPeer): boolean {
  const verdict = peer.allow();
  switch (verdict.kind) {
    case "allowed":
      return true;
    case "refused":
      slowDown(peer, verdict.retryAfterMs);
      return true;
    case "expelled":
      close(peer, documentCloses.rateLimited);
      return false;
  }
}

/** Times add up: what was already read in one piece with this frame counts as well. */
function slowDown(peer: SocketPeer, byMs: number): void {
  peer.heldUntil = Math.max(peer.heldUntil, performance.now()) + byMs;
  if (peer.holds.has("rate")) return;
  hold(peer, "rate", true);
  const look = (): void => {
    const leftMs = peer.heldUntil - performance.now();
    if (leftMs > 0) setTimeout(look, leftMs);
    else hold(peer, "rate", false);
  };
  look();
}

/** The system answers pings by itself; a flood of them counts like a flood of frames. */
function onPing(peer: SocketPeer): void {
  peer.pulse.alive();
  if (peer.state.name === "open") isInTime(peer);
}

function hold(peer: SocketPeer, why: "opening" | "rate" | "waiting", isHeld: boolean): void {
  const { holds, socket, state } = peer;
  if (state.name === "closed") return;
  if (isHeld) holds.add(why);
  else holds.delete(why);
  if (holds.size > 0) socket.pause();
  else socket.resume();
}

function send(peer: SocketPeer, frame: Uint8Array): void {
  if (peer.state.name === "closed") return;
  peer.unsentBytes += frame.length;
  // a send that fails is followed by the socket's `close`, which tells
  peer.socket.send(frame, { binary: true }, () => sent(peer, frame.length));
}

/** A backlog that the peer has taken off our hands is a sign of life too; a frame that the system took is none. */
function sent(peer: SocketPeer, bytes: number): void {
  const wasFull = peer.unsentBytes > fullBytes;
  peer.unsentBytes -= bytes;
  if (!wasFull || peer.unsentBytes > fullBytes) return;
  peer.pulse.alive();
  if (peer.state.name === "open") peer.state.joined.drained();
}

/** The peer gets a code and a reason, is out of the document at once, and is not listened to any more. */
function close(peer: SocketPeer, { code, reason }: DocumentClosing): void {
  const { socket, state } = peer;
  if (state.name === "closed") return;
  leave(peer);
  socket.resume(); // a paused socket would not read the peer's answer
  socket.close(code, reason);
  const timer = setTimeout(() => socket.terminate(), closeWithinMs);
  socket.once("close", () => clearTimeout(timer));
}

function leave(peer: SocketPeer): void {
  const { state } = peer;
  peer.state = { name: "closed" };
  peer.pulse.close();
  if (state.name === "open") state.joined.leave();
}
