// The shared document of a room: the text, who is in it, and whether it is in step with the server.
import { Doc, type Text } from "yjs";
import { WebsocketProvider } from "y-websocket";
import { textName } from "./passage.ts";
import { peersOf, type Peer } from "./peers.ts";

/**
 * `away`: it could not be reached so far. `closed`: the server said not to come back. `foreign`: another program has put
 * something into it that is no text.
 */
export type Link = "connecting" | "open" | "lost" | "away" | "closed" | "foreign";

export type DocumentState = {
  readonly link: Link;
  /** What stands in it has been here once: then one may go on without a connection. */
  readonly isThere: boolean;
  /** Who is in it, ourselves among them. */
  readonly peers: readonly Peer[];
};

export type Awareness = WebsocketProvider["awareness"];

export type SharedDocument = {
  readonly text: Text;
  readonly awareness: Awareness;
  readonly state: () => DocumentState;
  /** Calls the listener after each change of the state. Returns what ends that. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly reconnect: () => void;
  readonly close: () => void;
};

export const noDocument: DocumentState = { link: "connecting", isThere: false, peers: [] };

/** Longest time until a lost connection is tried again. Milliseconds. */
const mostWaitMs = 5_000;

export function openDocument(name: string): SharedDocument {
  const doc = new Doc();
  const address = new URL("/docs", location.href);
  address.protocol = address.protocol.replace(/^http/, "ws");
  const options = { disableBc: true, maxBackoffTime: mostWaitMs, connect: false };
  const provider = new WebsocketProvider(address.href, name, doc, options);
  const { awareness } = provider;
  const listeners = new Set<() => void>();
  let state = noDocument;
  const change = (next: Partial<DocumentState>): void => {
    state = state.link === "foreign" ? { ...state, ...next, link: "foreign" } : { ...state, ...next };
    for (const listener of listeners) listener();
  };
  const text = doc.getText(textName);
  follow(provider, () => state, change);
  text.observe(({ delta }) => {
    if (delta.some(({ insert }) => typeof insert === "object")) change({ link: "foreign" });
  });
  const stopAsking = askBeforeLeaving(provider);
  provider.connect();
  return {
    text,
    awareness,
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    reconnect: () => provider.connect(),
    close: () => {
      stopAsking();
      provider.destroy();
      doc.destroy();
    },
  };
}

function follow(
  provider: WebsocketProvider,
  state: () => DocumentState,
  change: (next: Partial<DocumentState>) => void,
): void {
  provider.on("sync", (isSynced) => (isSynced ? change({ link: "open", isThere: true }) : undefined));
  provider.on("connection-close", () => change({ link: state().isThere ? "lost" : "away" }));
  provider.on("closed", () => change({ link: "closed" }));
  provider.on("status", ({ status }) => greet(provider.awareness, status));
  provider.awareness.on("change", () => change({ peers: peersOf(provider.awareness) }));
}

/**
 * Who comes back in the state he had is overlooked by those who have seen him go, until he says something newer: so he does,
 * and what he knows of the others is forgotten, that they are not overlooked here.
 */
function greet(awareness: Awareness, status: "connected" | "disconnected" | "connecting"): void {
  if (status === "connected") awareness.setLocalState(awareness.getLocalState());
  if (status !== "disconnected") return;
  for (const client of [...awareness.meta.keys()])
    if (client !== awareness.clientID) awareness.meta.delete(client);
}

/** What was written here and is not with the server would be gone with the page. Returns what ends that. */
function askBeforeLeaving(provider: WebsocketProvider): () => void {
  let isUnsent = false;
  provider.doc.on("update", (_update, origin) => (isUnsent ||= origin !== provider && !provider.synced));
  provider.on("sync", (isSynced) => (isSynced ? (isUnsent = false) : undefined));
  const ask = (event: BeforeUnloadEvent): void => (isUnsent ? event.preventDefault() : undefined);
  addEventListener("beforeunload", ask);
  return () => removeEventListener("beforeunload", ask);
}
