// Documents on a y-websocket server. The `y-websocket` package talks to it, and is loaded when such a server is configured.
import { createDecoder, readVarUint } from "lib0/decoding";
import { createEncoder, toUint8Array, writeVarUint, writeVarUint8Array } from "lib0/encoding";
import { messagePermissionDenied } from "y-protocols/auth";
import { messageYjsSyncStep1 } from "y-protocols/sync";
import { decodeStateVector, encodeStateVector, getState, type Doc } from "yjs";
import type { WebsocketProvider } from "y-websocket";
import { MissingPackageError } from "../models/missing-package.ts";
import { openDocument, type Line, type Provider } from "./connection.ts";
import { segmentOf } from "./document-name.ts";
import { openMs as usualOpenMs, type DocumentServer } from "./document.ts";
import { beforeEnd } from "./lifetime.ts";
import { endOf, readSync, takeIn } from "./sync.ts";

type Package = typeof import("y-websocket");

/**
 * @param address with `{name}` in its last segment, and `{token}` in its query where the server wants one
 * @throws MissingPackageError
 */
export async function openYWebsocketServer(
  address: string,
  { openMs = usualOpenMs }: { openMs?: number } = {},
): Promise<DocumentServer> {
  const of: Package = await import("y-websocket").catch((cause: unknown) => {
    throw new MissingPackageError("y-websocket", { cause });
  });
  return {
    open: async (document, entrance) => {
      const place = placeOf(address, document, entrance.token);
      return openDocument((line) => makeProvider(of, place, line), { ...entrance, openMs });
    },
  };
}

type Place = { readonly base: string; readonly room: string; readonly params: Record<string, string> };

/** The address in the pieces that the package puts together again. Without a token, the parameter for it is left out. */
function placeOf(address: string, document: string, token: string | undefined): Place {
  const [, base = "", last = "", query = ""] = /^([^?]*)\/([^/?]*)(?:\?(.*))?$/.exec(address) ?? [];
  const room = last.replace("{name}", () => segmentOf(document));
  const params = [...new URLSearchParams(query)]
    .filter(([, value]) => token !== undefined || !value.includes("{token}"))
    .map(([key, value]) => [key, value.replace("{token}", () => token ?? "")]);
  return { base, room, params: Object.fromEntries(params) as Record<string, string> };
}

function makeProvider({ WebsocketProvider }: Package, { base, room, params }: Place, line: Line): Provider {
  const provider = new WebsocketProvider(base, room, line.doc, {
    connect: false,
    disableBc: true, // others in this process are reached through the server, as all are
    params,
    maxBackoffTime: 0, // it waits before it finds that it shall not connect again
    WebSocketPolyfill: line.Socket as unknown as typeof WebSocket,
  });
  process.off("exit", provider._exitHandler); // eleven of them, and Node warns of a leak; who dies is seen to be gone anyway
  provider.on("connection-close", () => line.fail()); // else it connects again, also when it has only heard nothing for a while
  const questions: Question[] = [];
  return {
    awareness: provider.awareness,
    connect: () => provider.connect(),
    onFrame: (frame) => onFrame(frame, { provider, line, questions }),
    isBehind: () => false,
    settled: () => settle(line, questions),
    destroy: () => provider.destroy(),
  };
}

type Parts = { provider: WebsocketProvider; line: Line; questions: Question[] };

/** What frames are about, by their first number. */
const about = { sync: 0, awareness: 1, auth: 2, queryAwareness: 3 } as const;

function onFrame(frame: Uint8Array, { provider, line, questions }: Parts): boolean {
  provider.wsLastMessageReceived = Date.now(); // it leaves a server that is silent, and does not see each frame
  const decoder = createDecoder(frame);
  const subject = readVarUint(decoder);
  if (subject === about.auth && readVarUint(decoder) === messagePermissionDenied)
    line.fail("document_refused");
  if (subject !== about.sync) return subject === about.awareness || subject === about.queryAwareness;
  const sync = readSync(decoder);
  if (sync.kind === "question") return true;
  takeIn({ doc: line.doc, update: sync.update, origin: provider, isInStep: line.isOpen() });
  if (sync.kind === "answer") {
    line.opened();
    questions.shift()?.(sync.update);
  }
  return false;
}

/** Waits for an answer of the server: what it has of the document. */
type Question = (update: Uint8Array) => void;

/**
 * This protocol acknowledges nothing. But a server reads in order: one that answers a question has read what came before
 * it. We ask for the last thing that we wrote, too: a server that does not have it then takes nothing from us. It is asked
 * twice, because the first answer may be one that nobody had asked for.
 */
async function settle(line: Line, questions: Question[]): Promise<void> {
  const { doc, over } = line;
  const end = getState(doc.store, doc.clientID);
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const answer = await beforeEnd<Uint8Array>(over, (done) => {
      questions.push(done);
      line.send(questionFor(doc, end));
    });
    if (endOf(answer, doc.clientID) >= end) return;
  }
  line.fail("document_read_only");
  over.throwIfAborted();
}

function questionFor(doc: Doc, end: number): Uint8Array {
  const known = decodeStateVector(encodeStateVector(doc));
  if (end > 0) known.set(doc.clientID, end - 1);
  const encoder = createEncoder();
  writeVarUint(encoder, about.sync);
  writeVarUint(encoder, messageYjsSyncStep1);
  writeVarUint8Array(encoder, encodeStateVector(known));
  return toUint8Array(encoder);
}
