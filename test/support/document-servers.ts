// Real servers of documents on free ports, people who edit on them, and strangers that only look like servers.
import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer } from "node:http";
import { createServer, type AddressInfo, type Server as TcpServer, type Socket } from "node:net";
import { HocuspocusProvider } from "@hocuspocus/provider";
import { Server as HocuspocusServer, type ServerConfiguration } from "@hocuspocus/server";
import { docs, setupWSConnection } from "@y/websocket-server/utils";
import { WebSocketServer, type WebSocket } from "ws";
import type { Awareness } from "y-protocols/awareness";
import { WebsocketProvider } from "y-websocket";
import { applyUpdate, Doc, encodeStateAsUpdate } from "yjs";

export type Kind = "y-websocket" | "hocuspocus";

export type StartedServer = {
  readonly kind: Kind;
  readonly port: number;
  /** As DOCUMENTS has it. */
  readonly address: string;
  /** What the server has of a document now, also after all have left it. Empty for one that it does not know. */
  doc(document: string): Doc;
  /** The text in it. The type's name is `text` unless told. */
  text(document: string, type?: string): string;
  /** The sockets that are open at the server. */
  readonly sockets: ReadonlySet<Socket>;
  /** Breaks them all, as a network does. */
  cutAll(): void;
  /** Reads nothing any more from those who are there now; `true` reads again. */
  stall(isReading?: boolean): void;
  close(): Promise<void>;
};

export type ServerOptions = {
  /** Who is let in. Default: everybody. */
  readonly admits?: (token: string) => boolean;
  /** Who may only read. y-websocket has no word for it: the server takes nothing and says nothing. Default: nobody. */
  readonly onlyReads?: (token: string) => boolean;
  /** How a y-websocket server refuses. Default: HTTP 401 to the upgrade. */
  readonly refusal?: { status: number } | { code: number };
  /** For Hocuspocus only: more hooks. */
  readonly hooks?: Partial<ServerConfiguration>;
};

export const startDocumentServer = (kind: Kind, options: ServerOptions = {}): Promise<StartedServer> =>
  kind === "y-websocket" ? startYWebsocket(options) : startHocuspocus(options);

/** Everything that the two have in common. */
function watchSockets(server: TcpServer): Pick<StartedServer, "sockets" | "cutAll" | "stall"> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  return {
    sockets,
    cutAll: () => sockets.forEach((socket) => socket.resetAndDestroy()),
    stall: (isReading = false) => sockets.forEach((socket) => (isReading ? socket.resume() : socket.pause())),
  };
}

async function listen(server: TcpServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const textOf = (doc: Doc, type = "text"): string => doc.getText(type).toJSON();

async function startYWebsocket(options: ServerOptions): Promise<StartedServer> {
  const http = createHttpServer();
  const watched = watchSockets(http);
  acceptYWebsockets(http, options);
  const port = await listen(http);
  // The package has one map for all servers of a process.
  const keyOf = (path: string): string => `${port}${path}`;
  const doc = (document: string): Doc =>
    docs.get(keyOf(new URL(`ws://host/${document}`).pathname)) ?? new Doc();
  return {
    kind: "y-websocket",
    port,
    address: `ws://127.0.0.1:${port}/{name}?auth={token}`,
    ...watched,
    doc,
    text: (document, type) => textOf(doc(document), type),
    close: async () => {
      const closed = new Promise((resolve) => http.close(resolve));
      watched.cutAll();
      await closed;
      for (const [key, one] of docs) if (key.startsWith(keyOf("/")) && docs.delete(key)) one.destroy();
    },
  };
}

function acceptYWebsockets(http: HttpServer, options: ServerOptions): void {
  const { admits = () => true, onlyReads = () => false, refusal = { status: 401 } } = options;
  const server = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request, socket: Socket, head) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "ws://host");
    const token = searchParams.get("auth") ?? "";
    const isIn = admits(token);
    if (!isIn && "status" in refusal)
      return void socket.end(`HTTP/1.1 ${refusal.status} No\r\nContent-Length: 0\r\n\r\n`);
    server.handleUpgrade(request, socket, head, (accepted) => {
      if (!isIn) return accepted.close("code" in refusal ? refusal.code : 1008);
      if (onlyReads(token)) dropWrites(accepted);
      setupWSConnection(accepted, request, { docName: `${portOf(http)}${pathname}` });
    });
  });
}

const portOf = (http: HttpServer): number => (http.address() as AddressInfo).port;

/** Of the frames about the document only questions pass. */
function dropWrites(socket: WebSocket): void {
  const emit = socket.emit.bind(socket);
  socket.emit = (event: string | symbol, ...values: unknown[]): boolean => {
    const [subject, step] = event === "message" ? new Uint8Array(values[0] as ArrayBuffer) : [];
    return subject === 0 && step !== 0 ? true : emit(event, ...values);
  };
}

async function startHocuspocus({ admits, onlyReads, hooks }: ServerOptions): Promise<StartedServer> {
  const kept = new Map<string, Doc>();
  const keep = (document: string): Doc => kept.get(document) ?? new Doc();
  const server = new HocuspocusServer({
    port: 0,
    address: "127.0.0.1",
    quiet: true,
    stopOnSignals: false,
    onAuthenticate: async ({ token, connectionConfig }) => {
      if (admits && !admits(token)) throw new Error(""); // with words it would print them
      connectionConfig.readOnly = onlyReads?.(token) ?? false;
    },
    onLoadDocument: async ({ document, documentName }) => {
      const one = kept.get(documentName);
      if (one) applyUpdate(document, encodeStateAsUpdate(one));
    },
    onChange: async ({ documentName, update }) => {
      const one = keep(documentName);
      kept.set(documentName, one);
      applyUpdate(one, update);
    },
    ...hooks,
  });
  const watched = watchSockets(server.httpServer);
  await server.listen();
  return {
    kind: "hocuspocus",
    port: server.address.port,
    address: `ws://127.0.0.1:${server.address.port}`,
    ...watched,
    doc: keep,
    text: (document, type) => textOf(keep(document), type),
    close: async () => {
      watched.cutAll();
      await server.destroy();
    },
  };
}

/** Somebody who edits a document, by the providers as they are. */
export type Person = {
  readonly doc: Doc;
  readonly awareness: Awareness;
  /** The text in it. The type's name is `text` unless told. */
  text(type?: string): string;
  /** Waits until it is so; looks whenever the document or the awareness changes. */
  until(isSo: () => boolean): Promise<void>;
  leave(): void;
};

/** Resolves when the document is there. */
export async function joinAsPerson(
  { kind, port }: Pick<StartedServer, "kind" | "port">,
  document: string,
  { token = "" }: { token?: string } = {},
): Promise<Person> {
  const doc = new Doc();
  const url = `ws://127.0.0.1:${port}`;
  const { promise: isThere, resolve } = Promise.withResolvers<void>();
  const provider =
    kind === "y-websocket"
      ? new WebsocketProvider(url, document, doc, { params: { auth: token }, disableBc: true })
      : new HocuspocusProvider({ url, name: document, document: doc, token, onSynced: () => resolve() });
  if (provider instanceof WebsocketProvider) provider.on("sync", () => resolve());
  const awareness = provider.awareness as Awareness;
  await isThere;
  return {
    doc,
    awareness,
    text: (type) => textOf(doc, type),
    until: (isSo) => untilChange([doc, awareness] as Observed[], isSo),
    leave: () => {
      provider.destroy();
      doc.destroy();
    },
  };
}

type Observed = { on(event: "update", look: () => void): void; off(event: "update", look: () => void): void };

async function untilChange(observed: readonly Observed[], isSo: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => (isSo() ? resolve() : undefined);
  observed.forEach((one) => one.on("update", look));
  look();
  await promise;
  observed.forEach((one) => one.off("update", look));
}

/** Something that only looks like a server. */
export type Stranger = Pick<StartedServer, "port" | "sockets" | "cutAll" | "close"> & {
  /** The address of it, as it would be configured for a server of that kind. */
  addressFor(kind: Kind): string;
};

/** Accepts WebSockets, and then does what it is told. Default: never a word. */
export async function startStranger(
  answer: (socket: WebSocket, request: IncomingMessage) => void = () => {},
): Promise<Stranger> {
  const http = createHttpServer();
  const { sockets, cutAll } = watchSockets(http);
  const server = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request, socket: Socket, head) =>
    server.handleUpgrade(request, socket, head, (accepted) => answer(accepted, request)),
  );
  return { port: await listen(http), sockets, cutAll, ...endings(http, cutAll) };
}

/** Accepts TCP connections and says nothing, not even that it accepts a WebSocket. */
export async function startSilence(): Promise<Stranger> {
  const tcp = createServer((socket) => socket.resume());
  const { sockets, cutAll } = watchSockets(tcp);
  return { port: await listen(tcp), sockets, cutAll, ...endings(tcp, cutAll) };
}

function endings(server: TcpServer, cutAll: () => void): Pick<Stranger, "addressFor" | "close"> {
  return {
    addressFor: (kind) =>
      `ws://127.0.0.1:${(server.address() as AddressInfo).port}${kind === "hocuspocus" ? "" : "/{name}"}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      cutAll();
      await closed;
    },
  };
}
