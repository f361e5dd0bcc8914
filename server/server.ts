// The HTTP side: the page, the health, and the upgrade of those who may come in.
import { createServer as createHttpServer, STATUS_CODES, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { protocolName } from "../shared/limits.ts";
import type { Documents } from "./documents/documents.ts";
import { admit, type Origins } from "./handshake.ts";
import type { Hub } from "./hub/hub.ts";
import { faultFields } from "./logger.ts";
import { createPage, howToBuild } from "./page.ts";

export type ServerParts = {
  hub: Hub;
  documents: Documents;
  origins: Origins;
  /** 0 = any free port. */
  port: number;
  host: string;
};

export type RunningServer = {
  readonly port: number;
  /** Starts no more runs, gives the active ones `graceMs`, closes all sockets, then stops listening. */
  stop(graceMs: number): Promise<void>;
};

/** Slow or endless requests are cut off early. Times in milliseconds, sizes in bytes. */
const httpLimits = {
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
};

/** Resolves when it listens. @throws the system's error, for example when the port is taken */
export async function startServer({ port, host, ...parts }: ServerParts): Promise<RunningServer> {
  const { hub, documents } = parts;
  const server = createHttpServer(httpLimits);
  server.maxHeadersCount = 100;
  server.on("upgrade", createUpgrade(parts));
  answerRequests(server, hub);
  await listen(server, { port, host });
  server.on("error", (error) => hub.logger.error("server.error", faultFields(error)));
  return {
    port: (server.address() as AddressInfo).port,
    stop: async (graceMs) => {
      await hub.drain(graceMs); // runs that write into documents are among what gets the grace
      await documents.drain();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, at: { port: number; host: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function answerRequests(server: Server, hub: Hub): void {
  const page = createPage();
  if (!page.isBuilt) hub.logger.warn("page.not_built", { reason: howToBuild });
  server.on("request", (request, response) => {
    const path = (request.url ?? "").split("?", 1)[0];
    const answer = (status: number, text: string): void =>
      void response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
    if (path === "/healthz") return hub.isDraining ? answer(503, "draining") : answer(200, "ok");
    if (page.answer(request, response)) return;
    if (/^\/(ws|docs)(\/|$)/.test(path ?? "")) return answer(426, "This address speaks WebSocket.");
    answer(404, "There is nothing here.");
  });
}

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

function createUpgrade({ hub, documents, origins }: Omit<ServerParts, "port" | "host">): Upgrade {
  const conversations = webSocketServer({ maxPayload: hub.limits.frameBytes, maxBufferedChunks: 4_096 });
  // a frame that is too large, and not by much, gets a close code after which no client sends it for ever
  const frames = { maxPayload: 2 * documents.limits.frameBytes, maxBufferedChunks: 16_384 };
  const documentSockets = webSocketServer(frames);
  return (request, socket, head) => {
    socket.on("error", onReset);
    const admission = admit(request, origins);
    if (admission.kind === "refused") {
      const { status } = admission;
      hub.logger.info("upgrade.refused", { status, origin: request.headers.origin?.slice(0, 200) });
      return refuse(socket, status);
    }
    if (hub.isDraining || hub.isFull) return refuse(socket, 503);
    if (admission.kind === "document")
      return documentSockets.handleUpgrade(request, socket, head, (webSocket) => {
        socket.off("error", onReset);
        hub.hold(webSocket);
        documents.connect(webSocket, admission.document);
      });
    conversations.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off("error", onReset);
      hub.connect(webSocket, socket, admission.ticket);
    });
  };
}

/** Without it, a reset during the upgrade ends the process. The WebSocket that follows has one of its own. */
function onReset(this: Duplex): void {
  this.destroy();
}

function webSocketServer(options: { maxPayload: number; maxBufferedChunks: number }): WebSocketServer {
  const all = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxFragments: 64,
    maxPendingAutoPongs: 16,
    handleProtocols: (offered: Set<string>) => (offered.has(protocolName) ? protocolName : (false as const)),
  };
  return new WebSocketServer({ ...all, ...options });
}

function refuse(socket: Duplex, status: number): void {
  const reason = STATUS_CODES[status] ?? "";
  const retry = status === 503 ? "Retry-After: 2\r\n" : "";
  const head = `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n${retry}\r\n`;
  socket.end(head, () => socket.destroy());
}
