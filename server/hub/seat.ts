// A connection, as its conversation sees it.
import type { Closing } from "../../shared/limits.ts";
import type { Member, ServerFrame } from "../../shared/protocol.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { encoded } from "./encoding.ts";
import type { Outlet } from "./outlet.ts";
import type { Peer } from "./peers.ts";

type Place = { readonly outlet: Outlet; readonly dialect: Dialect };

export class Seat implements Peer {
  readonly member: Member;
  readonly close: (closing: Closing) => void;
  readonly #place: Place;

  constructor(place: Place, member: Member, close: (closing: Closing) => void) {
    this.#place = place;
    this.member = member;
    this.close = close;
  }

  presence(frames: readonly ServerFrame[]): void {
    const { outlet, dialect } = this.#place;
    outlet.sendLatest(encoded(frames, dialect));
  }

  typing(frames: readonly ServerFrame[]): void {
    const { outlet, dialect } = this.#place;
    if (!outlet.isFull) outlet.send(encoded(frames, dialect));
  }
}
