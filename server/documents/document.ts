// A living document: what peers say is heard here, and taken in round by round. It is in memory as long as somebody is in
// it or something of it is not stored.
import { StorageError } from "../log/store.ts";
import { createCarets } from "./carets.ts";
import { createContent } from "./content.ts";
import { decodeFrame, type Frame } from "./frame.ts";
import { documentCloses, type DocumentClosing } from "./limits.ts";
import { soon, type DocumentParts, type Living, type Said } from "./round.ts";
import { createSeat, type Peer, type Seat } from "./seat.ts";

/** What a peer has of a document that it has joined. */
export type Joined = {
  /** Takes a frame of the protocol. */
  hear(frame: Uint8Array): void;
  /** The peer may be sent something again. */
  drained(): void;
  /** Resolves when all that was heard so far is durable. @throws what the store threw */
  settled(): Promise<void>;
  leave(): void;
};

export interface Document {
  readonly isGone: boolean;
  join(peer: Peer): Joined;
  /** Sends its peers away, stores what they said, and is gone then. */
  close(closing: DocumentClosing): Promise<void>;
}

export function createDocument(parts: DocumentParts): Document {
  const { stored, limits } = parts;
  const living: Living = {
    ...parts,
    content: createContent(stored.updates, limits),
    carets: createCarets(limits),
    seats: new Set(),
    said: [],
    settling: [],
    heard: 0,
    settled: 0,
    rows: stored.updates.length,
    pace: "idle",
    movedAt: -Infinity,
    timer: undefined,
    gone: Promise.withResolvers<void>(),
  };
  return {
    get isGone() {
      return living.pace === "gone";
    },
    join: (peer) => join(living, peer),
    close: (closing) => {
      for (const { peer } of [...living.seats]) peer.close(closing);
      soon(living);
      return living.gone.promise;
    },
  };
}

function join(living: Living, peer: Peer): Joined {
  const seat = createSeat(peer, living.limits);
  living.seats.add(seat);
  living.carets.enter(seat);
  soon(living);
  return {
    hear: (frame) => (living.seats.has(seat) ? hear(living, seat, frame) : undefined),
    drained: () => soon(living),
    settled: () => settled(living),
    leave: () => {
      living.seats.delete(seat);
      living.carets.leave(seat);
      soon(living);
    },
  };
}

function hear(living: Living, seat: Seat, bytes: Uint8Array): void {
  try {
    take(living, seat, decodeFrame(bytes));
  } catch {
    seat.peer.close(documentCloses.malformed); // what decoding throws is the peer's fault, and says nothing of use
  }
}

/** @throws Error when it is malformed */
function take(living: Living, seat: Seat, frame: Frame): void {
  switch (frame.kind) {
    case "ask":
      if (!seat.mayAsk()) return seat.peer.close(documentCloses.rateLimited);
      if (!living.content.isPlace(frame.vector)) throw new Error("no place in a document");
      seat.reading = { name: "behind", vector: frame.vector, isAnswer: true };
      return soon(living);
    case "answer":
    case "update":
      return keep(living, { seat, update: frame.update });
    case "carets":
      living.carets.tell(seat, frame.carets);
      return living.carets.hasNews ? soon(living) : undefined;
    case "askCarets":
      seat.lacksCarets = true;
      return soon(living);
    case "auth":
      return;
  }
}

function keep(living: Living, said: Said): void {
  const { seat, update } = said;
  living.said.push(said);
  living.heard += 1;
  seat.waitingBytes += update.length;
  if (seat.waitingBytes > living.limits.waitingBytes) seat.peer.hold(true);
  soon(living);
}

function settled({ heard, settled, settling, pace }: Living): Promise<void> {
  if (settled >= heard) return Promise.resolve();
  if (pace === "gone") return Promise.reject(new StorageError("the document is not open any more"));
  const one = { upTo: heard, ...Promise.withResolvers<void>() };
  settling.push(one);
  return one.promise;
}
