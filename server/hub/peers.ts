// The peers of a conversation: its connections, as far as the conversation needs to know them. Who is here are their
// members, each once however many connections it has.
import type { Closing } from "../../shared/limits.ts";
import type { FrameOf, Member, ServerFrame } from "../../shared/protocol.ts";

/** A connection, as a conversation sees it. */
export interface Peer {
  readonly member: Member;
  /** Who is here now; a slow reader is told the latest. */
  presence(frames: readonly ServerFrame[]): void;
  /** Who is typing; a slow reader is not told. */
  typing(frames: readonly ServerFrame[]): void;
  close(closing: Closing): void;
}

/**
 * How long news of who is here is gathered: every news is a list of all, sent to all, so a crowd at the door must not
 * shout. 50 ms among few, two seconds among a thousand.
 */
const gatherMs = (members: number): number => 50 + members ** 2 / 500;

/** Hears how many connections there are. */
export interface Counting {
  counted(count: number): void;
}

export class Peers {
  readonly #counting: Counting;
  /** Those of one member stand together, so that it keeps its place while one of them is here. */
  #peers: readonly Peer[] = [];
  #news: NodeJS.Timeout | undefined;

  constructor(counting: Counting) {
    this.#counting = counting;
  }

  /** A member is shown by the name of its newest connection. */
  get members(): Member[] {
    const peers = this.#peers;
    return peers
      .filter(({ member }, index) => peers[index + 1]?.member.id !== member.id)
      .map(({ member }) => member);
  }

  /** Adds a connection. Returns the way to take it away. */
  join(peer: Peer): () => void {
    const last = this.#peers.findLastIndex(({ member }) => member.id === peer.member.id);
    this.#seat(last < 0 ? this.#peers.concat(peer) : this.#peers.toSpliced(last + 1, 0, peer));
    return () => this.#seat(this.#peers.filter((one) => one !== peer));
  }

  #seat(peers: readonly Peer[]): void {
    this.#peers = peers;
    this.#news ??= setTimeout(() => this.#tell(), gatherMs(this.members.length));
    this.#counting.counted(peers.length);
  }

  #tell(): void {
    this.#news = undefined;
    const frames = [{ type: "presence" as const, members: this.members }]; // one list, so that it is encoded once
    for (const peer of this.#peers) peer.presence(frames);
  }

  /** Tells all connections but the member's own. */
  typing(frame: FrameOf<"typing">): void {
    const frames = [frame];
    for (const peer of this.#peers) if (peer.member.id !== frame.member.id) peer.typing(frames);
  }

  /** Sends everybody away. */
  expel(closing: Closing): void {
    for (const peer of this.#peers) peer.close(closing);
  }

  close(): void {
    clearTimeout(this.#news);
  }
}
