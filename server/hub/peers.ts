// The peers of a conversation: its connections, as far as the conversation needs to know them.
import type { Closing } from "../../shared/limits.ts";
import type { FrameOf, Member, ServerFrame } from "../../shared/protocol.ts";
import { createPresence } from "./presence.ts";

/** A connection, as a conversation sees it. */
export interface Peer {
  readonly member: Member;
  /** Who is here now; a slow reader is told the latest. */
  presence(frames: readonly ServerFrame[]): void;
  /** Who is typing; a slow reader is not told. */
  typing(frames: readonly ServerFrame[]): void;
  close(closing: Closing): void;
}

export interface Peers {
  readonly members: Member[];
  /** Adds a connection. Returns the way to take it away. */
  join(peer: Peer): () => void;
  /** Tells all connections but the member's own. */
  typing(frame: FrameOf<"typing">): void;
  /** Sends everybody away. */
  expel(closing: Closing): void;
  close(): void;
}

export function createPeers(onCount: (count: number) => void): Peers {
  const peers = new Set<Peer>();
  const presence = createPresence((members) => {
    const frames = [{ type: "presence" as const, members }]; // one list, so that it is encoded once
    for (const peer of peers) peer.presence(frames);
  });

  return {
    get members() {
      return presence.members;
    },
    join: (peer) => {
      peers.add(peer);
      const leave = presence.enter(peer.member);
      onCount(peers.size);
      return () => {
        peers.delete(peer);
        leave();
        onCount(peers.size);
      };
    },
    typing: (frame) => {
      const frames = [frame];
      for (const peer of peers) if (peer.member.id !== frame.member.id) peer.typing(frames);
    },
    expel: (closing) => {
      for (const peer of [...peers]) peer.close(closing);
    },
    close: () => presence.close(),
  };
}
