// Documents on a Hocuspocus server. The `@hocuspocus/provider` package talks to it, and is loaded when such a server is configured.
import type { HocuspocusProvider } from "@hocuspocus/provider";
import { createDecoder, readVarInt, readVarString, readVarUint } from "lib0/decoding";
import type { Awareness } from "y-protocols/awareness";
import { MissingPackageError } from "../models/missing-package.ts";
import { openDocument, type Line, type Provider } from "./connection.ts";
import { checkName } from "./document-name.ts";
import { openMs as usualOpenMs, type DocumentServer } from "./document.ts";
import { beforeEnd } from "./lifetime.ts";
import { readSync, takeIn } from "./sync.ts";

type Package = typeof import("@hocuspocus/provider");

/** More changes that the server has not acknowledged, and it is behind. */
const fullChanges = 256;

/** @throws MissingPackageError */
export async function openHocuspocusServer(
  address: string,
  { openMs = usualOpenMs }: { openMs?: number } = {},
): Promise<DocumentServer> {
  const of: Package = await import("@hocuspocus/provider").catch((cause: unknown) => {
    throw new MissingPackageError("@hocuspocus/provider", { cause });
  });
  return {
    open: async (document, entrance) => {
      checkName(document);
      const { token, onlyReads = false } = entrance;
      const place = { address, document, token, onlyReads };
      return openDocument((line) => makeProvider(of, place, line), { ...entrance, openMs });
    },
  };
}

type Place = {
  readonly address: string;
  readonly document: string;
  readonly token: string | undefined;
  readonly onlyReads: boolean;
};

function makeProvider(of: Package, { address, document, token, onlyReads }: Place, line: Line): Provider {
  const socket = new of.HocuspocusProviderWebsocket({
    url: address,
    preserveTrailingSlash: true,
    autoConnect: false,
    maxAttempts: 1,
    WebSocketPolyfill: line.Socket,
    onMaxAttemptsFailed: ({ error }) => line.fail(undefined, error),
  });
  const waiting: (() => void)[] = [];
  const provider = new of.HocuspocusProvider({
    websocketProvider: socket,
    name: document,
    document: line.doc,
    token: token ?? null,
    onUnsyncedChanges: ({ number }) => number === 0 && waiting.splice(0).forEach((done) => done()),
    onAuthenticationFailed: () => line.fail("document_refused"),
    onAuthenticated: ({ scope }) =>
      scope === "readonly" && !onlyReads ? line.fail("document_read_only") : undefined,
  });
  provider.attach();
  return {
    awareness: provider.awareness as Awareness, // null only for who wants none
    connect: () => void socket.connect(),
    onFrame: (frame) => {
      socket.lastMessageReceived = Date.now(); // it leaves a server that is silent, and does not see each frame
      return onFrame(frame, provider, line);
    },
    isBehind: () => provider.unsyncedChanges > fullChanges,
    settled: async () => {
      if (provider.unsyncedChanges > 0) await beforeEnd<void>(line.over, (done) => waiting.push(done));
      line.over.throwIfAborted();
    },
    destroy: () => {
      provider.destroy();
      socket.destroy();
    },
  };
}

/** What frames are about, by the number after the document's name. */
const about = { sync: 0, awareness: 1, auth: 2, queryAwareness: 3, close: 7, acknowledgement: 8 } as const;

/** A frame of this one byte, without a name, asks whether we are there. */
const ping = 9;

function onFrame(frame: Uint8Array, provider: HocuspocusProvider, line: Line): boolean {
  if (frame.length === 1 && frame[0] === ping) return true;
  const decoder = createDecoder(frame);
  if (readVarString(decoder) !== provider.configuration.name) return false;
  switch (readVarUint(decoder)) {
    case about.sync: {
      const sync = readSync(decoder);
      if (sync.kind === "question") return true;
      takeIn({ doc: line.doc, update: sync.update, origin: provider, isInStep: line.isOpen() });
      if (sync.kind === "answer") line.opened();
      return false;
    }
    case about.acknowledgement:
      if (readVarInt(decoder) !== 1) line.fail("document_read_only");
      return true;
    case about.close:
      line.fail(refusals.has(readVarString(decoder)) ? "document_refused" : undefined);
      return false;
    case about.awareness:
    case about.auth:
    case about.queryAwareness:
      return true;
    default:
      return false;
  }
}

/** A document that is closed while the socket stays has a reason and no code: of the package's own reasons, these are refusals. */
const refusals: ReadonlySet<string> = new Set(["Unauthorized", "Forbidden", "permission-denied"]);
