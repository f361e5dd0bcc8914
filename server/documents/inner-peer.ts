// A peer in this process, without a socket: a document of its own, in step with the living one. For the co-author.
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { DocumentError, type Entrance, type SharedDocument } from "../coauthor/document.ts";
import { takeIn } from "../coauthor/sync.ts";
import type { Joined } from "./document.ts";
import { answerFrame, askFrame, caretsFrame, decodeFrame, updateFrame } from "./frame.ts";
import type { Peer } from "./seat.ts";

type State =
  | { readonly name: "opening" }
  | { readonly name: "open"; readonly joined: Joined }
  | { readonly name: "closed" };

type InnerPeer = {
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly lost: AbortController;
  readonly inStep: PromiseWithResolvers<void>;
  state: State;
  isInStep: boolean;
  isHeld: boolean;
};

type Enter = (peer: Peer) => Promise<Joined>;

/** @throws DocumentError, or the signal's reason */
export async function openInnerPeer(enter: Enter, { client, signal }: Entrance): Promise<SharedDocument> {
  signal.throwIfAborted();
  const peer = createInnerPeer(client);
  const giveUp = (): void => peer.inStep.reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  join(peer, enter).catch((cause: unknown) =>
    peer.inStep.reject(new DocumentError("document_unreachable", { cause })),
  );
  try {
    await peer.inStep.promise;
    return shared(peer);
  } catch (error) {
    close(peer);
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

function createInnerPeer(client: number): InnerPeer {
  const doc = new Y.Doc();
  doc.clientID = client;
  const awareness = new Awareness(doc);
  awareness.setLocalState(null);
  const inStep = Promise.withResolvers<void>();
  const [lost, state] = [new AbortController(), { name: "opening" } as const];
  return { doc, awareness, inStep, lost, state, isInStep: false, isHeld: false };
}

function shared(peer: InnerPeer): SharedDocument {
  return {
    doc: peer.doc,
    awareness: peer.awareness,
    lost: peer.lost.signal,
    get isFull() {
      return peer.isHeld;
    },
    settled: () => settled(peer),
    close: () => close(peer),
  };
}

async function join(peer: InnerPeer, enter: Enter): Promise<void> {
  const joined = await enter({
    isFull: false,
    send: (frame) => {
      try {
        receive(peer, joined, frame);
      } catch {
        lose(peer); // somebody else writes by our number
      }
    },
    hold: (isHeld) => void (peer.isHeld = isHeld),
    close: () => lose(peer),
  });
  if (peer.state.name === "closed") return joined.leave();
  peer.state = { name: "open", joined };
  const { doc, awareness } = peer;
  doc.on("update", (update: Uint8Array, origin: unknown) => {
    if (origin !== peer) joined.hear(updateFrame(update));
  });
  awareness.on("update", (_changes: unknown, origin: unknown) => {
    if (origin === "local") joined.hear(caretsFrame(encodeAwarenessUpdate(awareness, [doc.clientID])));
  });
  joined.hear(askFrame(Y.encodeStateVector(doc)));
}

function receive(peer: InnerPeer, joined: Joined, bytes: Uint8Array): void {
  const frame = decodeFrame(bytes);
  switch (frame.kind) {
    case "ask":
      return joined.hear(answerFrame(Y.encodeStateAsUpdate(peer.doc, frame.vector)));
    case "answer":
    case "update":
      takeIn({ doc: peer.doc, update: frame.update, origin: peer, isInStep: peer.isInStep });
      if (frame.kind !== "answer") return;
      peer.isInStep = true;
      return peer.inStep.resolve();
    case "carets":
      return applyAwarenessUpdate(peer.awareness, frame.carets, peer);
    case "askCarets":
    case "auth":
      return;
  }
}

/** What was refused has cost us our place, so that it is lost. */
async function settled({ state, lost }: InnerPeer): Promise<void> {
  try {
    if (state.name === "open") await state.joined.settled();
  } catch (cause) {
    throw new DocumentError("document_lost", { cause });
  }
  lost.signal.throwIfAborted();
}

function lose(peer: InnerPeer): void {
  const reason = new DocumentError("document_lost");
  close(peer);
  peer.inStep.reject(reason);
  peer.lost.abort(reason);
}

function close(peer: InnerPeer): void {
  const { state, doc } = peer;
  peer.state = { name: "closed" };
  if (state.name === "open") state.joined.leave();
  if (state.name !== "closed") doc.destroy();
}
