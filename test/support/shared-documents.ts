// A server of documents without a network: whoever opens one gets a copy that is in step, until it is cut.
import {
  Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from "y-protocols/awareness";
import * as Y from "yjs";
import { DocumentError, type DocumentServer } from "../../server/coauthor/document.ts";
import { closing } from "./world.ts";

export type SharedDocuments = DocumentServer & {
  /** The document as its server has it: what a test does to it, everybody gets. */
  document(name: string): Y.Doc;
  awareness(name: string): Awareness;
  /** Those who have opened one and not left it. */
  readonly openings: number;
  /** The next documents are not opened, for this reason. */
  refuse(fault: DocumentError | undefined): void;
  /** Documents are not opened until the returned function is called. */
  hold(): () => void;
  /** What is written is not taken off anybody's hands until `empty` is called. `isMet`: somebody has come to wait for it. */
  fill(): { readonly isMet: Promise<void>; empty(): void };
  /** Breaks all connections. */
  cut(): void;
};

type Kept = { readonly doc: Y.Doc; readonly awareness: Awareness };

/** An awareness has a timer, which would keep the process of the tests alive. */
function begin(): Kept {
  const doc = new Y.Doc();
  const awareness = new Awareness(doc);
  closing(async () => awareness.destroy());
  return { doc, awareness };
}

export function createSharedDocuments(): SharedDocuments {
  const all = new Map<string, Kept>();
  const lost = new Set<AbortController>();
  let refused: DocumentError | undefined;
  let held = Promise.resolve();
  let filled:
    { readonly met: PromiseWithResolvers<void>; readonly emptied: PromiseWithResolvers<void> } | undefined;

  const kept = (name: string): Kept => {
    const found = all.get(name) ?? begin();
    all.set(name, found);
    return found;
  };

  function join({ doc: there, awareness: others }: Kept, client: number) {
    const doc = new Y.Doc();
    doc.clientID = client;
    const awareness = new Awareness(doc);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(there), "server");
    const down = (update: Uint8Array, origin: unknown): void =>
      origin === doc ? undefined : Y.applyUpdate(doc, update, "server");
    const up = (update: Uint8Array, origin: unknown): void =>
      origin === "server" ? undefined : Y.applyUpdate(there, update, doc);
    there.on("update", down);
    doc.on("update", up);
    awareness.on("update", (_: unknown, origin: unknown) =>
      origin === "server"
        ? undefined
        : applyAwarenessUpdate(others, encodeAwarenessUpdate(awareness, [client]), doc),
    );
    const leave = (): void => {
      there.off("update", down);
      doc.off("update", up);
      removeAwarenessStates(others, [client], "server");
      awareness.destroy();
    };
    return { doc, awareness, leave };
  }

  return {
    open: async (name, { client, signal }) => {
      await held;
      signal.throwIfAborted();
      if (refused) throw refused;
      const { doc, awareness, leave } = join(kept(name), client);
      const cut = new AbortController();
      cut.signal.addEventListener("abort", leave);
      lost.add(cut);
      return {
        doc,
        awareness,
        lost: cut.signal,
        get isFull() {
          filled?.met.resolve();
          return filled !== undefined;
        },
        settled: async () => {
          await filled?.emptied.promise;
          cut.signal.throwIfAborted();
        },
        close: () => {
          if (lost.delete(cut) && !cut.signal.aborted) leave();
        },
      };
    },
    document: (name) => kept(name).doc,
    awareness: (name) => kept(name).awareness,
    get openings() {
      return lost.size;
    },
    refuse: (fault) => void (refused = fault),
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    fill: () => {
      const [met, emptied] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      filled = { met, emptied };
      return {
        isMet: met.promise,
        empty: () => {
          filled = undefined;
          emptied.resolve();
        },
      };
    },
    cut: () => {
      for (const controller of lost) controller.abort(new DocumentError("document_lost"));
    },
  };
}
