// Where the schedules play: real servers of documents, one Parlor in this process whose assistant writes on all of them, and a
// model that says what it is told to.
import type { Doc } from "yjs";
import { createCoauthor } from "../../server/coauthor/coauthor.ts";
import type { DocumentServer, SharedDocument } from "../../server/coauthor/document.ts";
import { openServers } from "../../server/coauthor/servers.ts";
import type { Client } from "../support/client.ts";
import { joinAsPerson, startDocumentServer, type Person } from "../support/document-servers.ts";
import { startParlor } from "../support/parlor.ts";
import { createScriptedModel, type ModelCall } from "../support/scripted-model.ts";

/** `self`: the server's own documents. */
export const kinds = ["y-websocket", "hocuspocus", "self"] as const;
export type Kind = (typeof kinds)[number];

/** Who looks over the assistant's shoulder in one document. */
export type Onlooker = {
  /** It has opened the document, and writes nothing before this returns. */
  onOpen(doc: Doc): void;
  onClose(doc: Doc): void;
  /** Its server is said to be behind. */
  isHeld(): boolean;
};

export type Stage = {
  look(document: string, onlooker: Onlooker): void;
  join(kind: Kind, document: string): Promise<Person>;
  /** What the server has of a document. */
  copy(kind: Kind, document: string): Promise<{ doc(): Doc; leave(): void }>;
  enter(room: string, name: string): Promise<Client>;
  /** The call of the model that answers this question. */
  call(question: string): Promise<ModelCall>;
  readonly logged: readonly string[];
  close(): Promise<void>;
};

export async function openStage(): Promise<Stage> {
  const [yWebsocket, hocuspocus] = [
    await startDocumentServer("y-websocket"),
    await startDocumentServer("hocuspocus"),
  ];
  const onlookers = new Map<string, Onlooker>();
  const settings = [yWebsocket, hocuspocus].map(({ kind, address }) => ({ name: kind, kind, url: address }));
  const servers = new Map<string, DocumentServer>(await openServers(settings));
  servers.set("self", { open: (document, entrance) => parlor.documents.open(document, entrance) });
  const watched = [...servers].map(([name, server]) => [name, overlooked(server, onlookers)] as const);
  const { model, call } = createPrompter();
  const parlor = await startParlor({
    model,
    coauthor: createCoauthor(new Map(watched)),
    documentLimits: { framesPerSecond: 0 },
  });
  const outside = { "y-websocket": yWebsocket, hocuspocus };
  return {
    look: (document, onlooker) => void onlookers.set(document, onlooker),
    join: (kind, document) =>
      kind === "self"
        ? joinAsPerson({ kind: "y-websocket", port: parlor.port }, `docs/${document}`)
        : joinAsPerson(outside[kind], document),
    copy: async (kind, document) => {
      if (kind !== "self") return { doc: () => outside[kind].doc(document), leave: () => {} };
      const { signal } = new AbortController();
      const inner = await parlor.documents.open(document, { client: 1, signal });
      return { doc: () => inner.doc, leave: () => inner.close() };
    },
    enter: (room, name) => parlor.join(room, { name }),
    call,
    logged: parlor.logged,
    close: async () => {
      await parlor.stop();
      await yWebsocket.close();
      await hocuspocus.close();
    },
  };
}

function overlooked(server: DocumentServer, onlookers: ReadonlyMap<string, Onlooker>): DocumentServer {
  return {
    open: async (name, entrance) => {
      const document = await server.open(name, entrance);
      const onlooker = onlookers.get(name);
      if (!onlooker) return document;
      onlooker.onOpen(document.doc);
      return slowed(document, onlooker);
    },
  };
}

const slowed = (document: SharedDocument, onlooker: Onlooker): SharedDocument => ({
  doc: document.doc,
  awareness: document.awareness,
  lost: document.lost,
  get isFull() {
    return document.isFull || onlooker.isHeld();
  },
  settled: () => document.settled(),
  close: () => {
    document.close();
    onlooker.onClose(document.doc);
  },
});

/** Tells the calls of many rooms apart by the question. */
function createPrompter() {
  const calls = new Map<string, PromiseWithResolvers<ModelCall>>();
  const called = (question: string): PromiseWithResolvers<ModelCall> => {
    const found = calls.get(question) ?? Promise.withResolvers<ModelCall>();
    calls.set(question, found);
    return found;
  };
  const model = createScriptedModel({
    onCall: (call) => called(call.messages.at(-1)?.content ?? "").resolve(call),
  });
  return { model, call: (question: string): Promise<ModelCall> => called(question).promise };
}
