// The peers of a conversation: its connections, as far as the conversation needs to know them.
import type { Closing } from "../../shared/limits.ts";
import type { Member, ServerFrame } from "../../shared/protocol.ts";
import { createPresence } from "./presence.ts";

/** A connection, as a conversation sees it. */
export interface Peer {
  readonly member: Member;
  /** News that later news of the same key replaces. */
  offer(key: string, frames: readonly ServerFrame[]): void;
  close(closing: Closing): void;
}

export interface Peers {
  readonly members: Member[];
  /** Adds a connection. Returns the way to take it away. */
  join(peer: Peer): () => void;
  /** Tells all connections, but not those of one member. */
  tell(key: string, frame: ServerFrame, except?: Member): void;
  /** Sends everybody away. */
  expel(closing: Closing): void;
  close(): void;
}

export function createPeers(onCount: (count: number) => void): Peers {
  const peers = new Set<Peer>();
  const presence = createPresence((members) => tell("presence", { type: "presence", members }));

  function tell(key: string, frame: ServerFrame, except?: Member): void {
    const frames = [frame]; // one list, so that it is encoded once
    for (const peer of peers) if (peer.member.id !== except?.id) peer.offer(key, frames);
  }

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
    tell,
    expel: (closing) => {
      for (const peer of [...peers]) peer.close(closing);
    },
    close: () => presence.close(),
  };
}
