// One connection to a document, whichever server it is on. It is made once: who has lost it has lost it.
import { Doc } from "yjs";
import type { Awareness } from "y-protocols/awareness";
import type { DocumentFault } from "../../shared/limits.ts";
import type { Entrance, SharedDocument } from "./document.ts";
import { createLifetime, type Lifetime, type Parting } from "./lifetime.ts";
import { watchedSockets, type Ending, type SocketClass } from "./socket.ts";

/** More than this in the socket's buffer, and the server is behind. Bytes. */
const fullBytes = 65_536;

/** What a connection gives to the provider that talks through it. */
export type Line = Pick<Lifetime, "opened" | "isOpen" | "fail" | "over"> & {
  readonly doc: Doc;
  readonly Socket: SocketClass;
  send(frame: Uint8Array): void;
};

/** A provider, as a connection uses it. */
export type Provider = {
  readonly awareness: Awareness;
  connect(): void;
  /** True when the provider is to read the frame by itself too. Throws when nobody can. */
  onFrame(frame: Uint8Array): boolean;
  /** Whether the server is behind with what has left the socket. */
  isBehind(): boolean;
  /** See `SharedDocument.settled`. */
  settled(): Promise<void>;
  destroy(): void;
};

/** Makes a provider that is not connected yet. */
export type MakeProvider = (line: Line) => Provider;

type Socket = InstanceType<SocketClass>;
type Opening = Entrance & { readonly openMs: number };

/** Resolves when the document is in step. @throws DocumentError, or the reason of `signal` */
export async function openDocument(make: MakeProvider, opening: Opening): Promise<SharedDocument> {
  const { client, signal, openMs } = opening;
  signal.throwIfAborted();
  const { lifetime, document } = connect(make, client);
  const giveUp = (): void => lifetime.end(signal.reason);
  const timer = setTimeout(() => lifetime.fail("document_timeout"), openMs);
  signal.addEventListener("abort", giveUp);
  try {
    await lifetime.inStep;
    return document;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
  }
}

function connect(make: MakeProvider, client: number): { lifetime: Lifetime; document: SharedDocument } {
  let socket: Socket | undefined;
  const doc = new Doc();
  doc.clientID = client;
  const lifetime = createLifetime((parting) => free({ doc, provider, socket, parting }));
  const { lost, over, close, fail } = lifetime;
  const Socket = watchedSockets({
    onSocket: (made) => (socket = made),
    onFrame: (frame) => !over.aborted && provider.onFrame(frame),
    onEnd: (ending) => fail(refusalIn(ending), causeOf(ending)),
  });
  const send = (frame: Uint8Array): void => socket?.send(frame);
  const provider = make({ ...lifetime, doc, Socket, send });
  attempt(() => provider.connect(), fail);
  const isFull = (): boolean => (socket?.bufferedAmount ?? 0) > fullBytes || provider.isBehind();
  return { lifetime, document: sharedDocument({ doc, lost, close, provider, isFull }) };
}

type Parts = Pick<SharedDocument, "doc" | "lost"> & {
  provider: Provider;
  close: () => void;
  isFull: () => boolean;
};

const sharedDocument = ({ provider, isFull, ...parts }: Parts): SharedDocument => ({
  ...parts,
  awareness: provider.awareness,
  get isFull() {
    return isFull();
  },
  settled: () => provider.settled(),
});

type Belongings = { doc: Doc; provider: Provider; socket: Socket | undefined; parting: Parting };

function free({ doc, provider, socket, parting }: Belongings): void {
  // Our caret goes before the socket's goodbye, and through the same socket.
  if (parting === "left") provider.awareness.setLocalState(null);
  provider.destroy();
  doc.destroy(); // ends the timer of the awareness
  if (parting === "cut") socket?.terminate();
}

function attempt(act: () => void, fail: Line["fail"]): void {
  try {
    act();
  } catch (cause) {
    fail(undefined, cause);
  }
}

/**
 * Whether the server has sent us away on purpose. 4400 to 4499 mirror the HTTP codes, by a convention that both kinds of
 * servers keep; 1008 is what older ones say. 4408 only means that it waited too long.
 */
function refusalIn({ code, status }: Ending): DocumentFault | undefined {
  const isRefusal = code === 1008 || (code >= 4400 && code < 4500 && code !== 4408);
  return isRefusal || status === 401 || status === 403 ? "document_refused" : undefined;
}

/** Without the words of the server: they go to nobody. */
const causeOf = ({ code, status, cause }: Ending): unknown =>
  status === undefined
    ? (cause ?? new Error(`closed with ${code}`))
    : new Error(`answered with HTTP ${status}`);
