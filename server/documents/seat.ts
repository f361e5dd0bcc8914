// A peer's place in a document, and what it is told. It owns no queue: who is behind is sent the difference to where it was.
//
//   outside ── asks ──▶ behind ──▶ level ── its socket is full ──▶ behind        any ── asks ──▶ behind
import { createRateLimit } from "../hub/limits.ts";
import type { Carets } from "./carets.ts";
import type { Content, Written } from "./content.ts";
import { answerFrame, askFrame, caretsFrame, updateFrame } from "./frame.ts";
import type { DocumentClosing, DocumentLimits } from "./limits.ts";

/** Who has a document open: a socket, or somebody in this process. */
export interface Peer {
  /** True while it should be sent nothing; then `drained` is called. */
  readonly isFull: boolean;
  send(frame: Uint8Array): void;
  /** Too much that it said is not stored yet: it should be listened to later. */
  hold(isHeld: boolean): void;
  /** Sends it away. It has left then. */
  close(closing: DocumentClosing): void;
}

type Reading =
  | { readonly name: "outside" }
  | { readonly name: "level" }
  | { readonly name: "behind"; readonly vector: Uint8Array; readonly isAnswer: boolean };

export type Seat = {
  readonly peer: Peer;
  reading: Reading;
  isGreeted: boolean;
  /** It is to be told all carets. */
  lacksCarets: boolean;
  /** Whether it may ask for what it lacks: an answer is as large as the document. */
  readonly mayAsk: () => boolean;
  /** What it said that is not stored yet. Bytes. */
  waitingBytes: number;
};

export function createSeat(peer: Peer, { asksPerSecond, askBurst }: DocumentLimits): Seat {
  const allow = createRateLimit({ perSecond: asksPerSecond, burst: askBurst });
  return {
    peer,
    reading: { name: "outside" },
    isGreeted: false,
    lacksCarets: true,
    mayAsk: () => allow().kind === "allowed",
    waitingBytes: 0,
  };
}

/** What there is to tell, between two commits: the content is exactly what the store has. */
export type News = {
  readonly content: Content;
  readonly carets: Carets;
  /** The frame of what was written. Those that have written it know it. */
  readonly written: (Written & { readonly frame: Uint8Array; readonly known: Seat | undefined }) | undefined;
  /** The frame of who has moved. */
  readonly moved: Uint8Array | undefined;
};

export function tell(seat: Seat, news: News): void {
  if (seat.peer.isFull) return miss(seat, news);
  greet(seat, news);
  tellContent(seat, news);
  tellCarets(seat, news);
}

function miss(seat: Seat, { written, moved }: News): void {
  if (moved) seat.lacksCarets = true;
  if (written && written.known !== seat && seat.reading.name === "level")
    seat.reading = { name: "behind", vector: written.before(), isAnswer: false };
}

/** We ask as well: a peer that comes back may have what we lack. */
function greet(seat: Seat, { content }: News): void {
  if (seat.isGreeted) return;
  seat.isGreeted = true;
  seat.peer.send(askFrame(content.vector()));
}

function tellContent(seat: Seat, { content, written }: News): void {
  const { reading, peer } = seat;
  switch (reading.name) {
    case "outside":
      return;
    case "level":
      if (written && written.known !== seat) peer.send(written.frame);
      return;
    case "behind":
      peer.send((reading.isAnswer ? answerFrame : updateFrame)(content.since(reading.vector)));
      seat.reading = { name: "level" };
  }
}

function tellCarets(seat: Seat, { carets, moved }: News): void {
  const frame = seat.lacksCarets ? caretsFrame(carets.all()) : moved;
  seat.lacksCarets = false;
  if (frame) seat.peer.send(frame);
}
