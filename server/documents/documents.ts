// The shared documents of this process, by name. Yjs is loaded with the first one.
import type { WebSocket } from "ws";
import { DocumentError, type DocumentServer } from "../coauthor/document.ts";
import { createHeartbeat, defaultHeartbeat, type HeartbeatTimes } from "../hub/heartbeat.ts";
import type { Store } from "../log/store.ts";
import type { Logger } from "../logger.ts";
import { createCommits, type Commit } from "./commits.ts";
import type { Document, Joined } from "./document.ts";
import { documentCloses, documentLimits, type DocumentLimits } from "./limits.ts";
import { openPeer } from "./peer.ts";
import type { Peer } from "./seat.ts";

export type DocumentsOptions = {
  readonly store: Pick<Store, "documents">;
  readonly logger: Logger;
  readonly limits?: Partial<DocumentLimits>;
  readonly heartbeat?: HeartbeatTimes;
};

/** What an address of a document may end in, and what a document may be called. */
export const documentName = /^[A-Za-z0-9._~-]{1,128}$/;

export interface Documents extends DocumentServer {
  readonly limits: DocumentLimits;
  /** Takes over a socket. */
  connect(socket: WebSocket, document: string): void;
  /** Closes all sockets with 1012, and loses the documents that are open in this process. Resolves when all is stored. */
  drain(): Promise<void>;
}

type House = {
  readonly options: DocumentsOptions;
  readonly limits: DocumentLimits;
  readonly commit: Commit;
  readonly living: Map<string, Promise<Document>>;
  isDraining: boolean;
};

/** Awareness, one byte of it: of nobody. Spelt out, because what spells frames is not loaded yet. */
const signOfLife = Uint8Array.of(1, 1, 0);

export function createDocuments(options: DocumentsOptions): Documents {
  const limits: DocumentLimits = { ...documentLimits, ...options.limits };
  const { logger, store } = options;
  const commit = createCommits(store.documents);
  const house: House = { options, limits, commit, living: new Map(), isDraining: false };
  const heartbeat = createHeartbeat(options.heartbeat ?? defaultHeartbeat);
  const sockets = new Map<WebSocket, ReturnType<typeof openPeer>>();
  const signs = setInterval(() => {
    for (const peer of sockets.values()) if (!peer.isFull) peer.send(signOfLife);
  }, limits.keepAliveMs);

  return {
    limits,
    connect: (socket, document) => {
      socket.on("close", () => sockets.delete(socket));
      const enterIt = (peer: Peer): Promise<Joined> => enter(house, document, peer);
      sockets.set(socket, openPeer({ socket, enter: enterIt, limits, logger, heartbeat }));
    },
    open: async (document, entrance) => {
      if (!documentName.test(document)) throw new DocumentError("document_refused");
      const { openInnerPeer } = await import("./inner-peer.ts");
      return openInnerPeer((peer) => enter(house, document, peer), entrance);
    },
    drain: async () => {
      house.isDraining = true;
      clearInterval(signs);
      const closed = [...sockets.keys()].map(
        (socket) => new Promise((resolve) => socket.on("close", resolve)),
      );
      for (const peer of sockets.values()) peer.close(documentCloses.restart);
      await Promise.all([...house.living.values()].map(closeForRestart));
      await Promise.all(closed);
      heartbeat.close();
    },
  };
}

/** One that cannot be opened has nobody in it. */
const closeForRestart = (opening: Promise<Document>): Promise<void> =>
  opening.then(
    (document) => document.close(documentCloses.restart),
    () => {},
  );

/** @throws StorageError when it cannot be read, DocumentError when nobody is let in any more */
async function enter(house: House, name: string, peer: Peer): Promise<Joined> {
  for (;;) {
    if (house.isDraining) throw new DocumentError("document_unreachable");
    const document = await (house.living.get(name) ?? begin(house, name));
    if (!document.isGone) return document.join(peer);
  }
}

function begin(house: House, name: string): Promise<Document> {
  const opening = open(house, name);
  house.living.set(name, opening);
  opening.catch(() => house.living.delete(name));
  return opening;
}

async function open({ options, limits, commit, living }: House, name: string): Promise<Document> {
  const { store, logger } = options;
  const { createDocument } = await import("./document.ts");
  const stored = await store.documents.open(name);
  try {
    const replace: Commit = (whole) => store.documents.replace(whole);
    const onGone = (): void => void living.delete(name);
    return createDocument({ name, stored, commit, replace, limits, logger, onGone });
  } catch (error) {
    stored.close();
    throw error;
  }
}
