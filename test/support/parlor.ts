// A whole server on a free port, in this process, which ends with its test.
import { createAssistant } from "../../server/assistant.ts";
import { defaultWatchdogs, type Watchdogs } from "../../server/chain/halt.ts";
import type { WebSocket } from "ws";
import { createDocuments, type Documents, type DocumentsOptions } from "../../server/documents/documents.ts";
import { createCoauthor } from "../../server/coauthor/coauthor.ts";
import { createHub, type Hub, type HubOptions } from "../../server/hub/hub.ts";
import { createMemoryStore } from "../../server/log/memory.ts";
import type { Store } from "../../server/log/store.ts";
import { createLogger } from "../../server/logger.ts";
import type { ChatModel } from "../../server/models/model.ts";
import { startServer } from "../../server/server.ts";
import { connect, type Client, type Place } from "./client.ts";

export type Parlor = {
  readonly port: number;
  readonly address: string;
  readonly store: Store;
  readonly documents: Documents;
  /** Every line that the server has logged. */
  readonly logged: readonly string[];
  /** Connects to a conversation; without a name to a new private one. */
  join(conversation?: string, place?: Place): Promise<Client>;
  /** Breaks every connection, as a network does: no close frame. */
  cutAll(): void;
  stop(graceMs?: number): Promise<void>;
};

type Options = Partial<Omit<HubOptions, "assistant" | "logger">> & {
  model: ChatModel;
  watchdogs?: Watchdogs;
  allowedOrigins?: string[];
  documentLimits?: DocumentsOptions["limits"];
};

export async function startParlor({
  model,
  allowedOrigins,
  documentLimits = {},
  ...options
}: Options): Promise<Parlor> {
  const logged: string[] = [];
  const logger = createLogger("debug", (line) => logged.push(line));
  const store = options.store ?? createMemoryStore();
  const assistant = createAssistant({
    llm: model,
    systemPrompt: "Be brief.",
    memory: { kind: "tokens", tokens: 8_000 },
    watchdogs: options.watchdogs ?? defaultWatchdogs,
    logger,
  });
  const { heartbeat } = options;
  const documents = createDocuments({
    store,
    logger,
    limits: documentLimits,
    ...(heartbeat && { heartbeat }),
  });
  const coauthor = options.coauthor ?? createCoauthor(new Map([["self", documents]]));
  const hub = await createHub({ ...options, coauthor, store, logger, assistant });
  const origins = { allowed: allowedOrigins, isLoopback: true };
  const sockets = new Set<WebSocket>();
  const watched: Hub = {
    ...hub,
    get isDraining() {
      return hub.isDraining;
    },
    get isFull() {
      return hub.isFull;
    },
    connect: (socket, wire, ticket) => {
      sockets.add(socket);
      hub.connect(socket, wire, ticket);
    },
  };
  const server = await startServer({ hub: watched, documents, origins, port: 0, host: "127.0.0.1" });
  const address = `ws://127.0.0.1:${server.port}/ws`;
  return {
    port: server.port,
    address,
    store,
    documents,
    logged,
    join: (conversation, place) =>
      connect(conversation === undefined ? address : `${address}/${conversation}`, place),
    cutAll: () => {
      for (const socket of sockets) socket.terminate();
    },
    stop: (graceMs = 0) => server.stop(graceMs),
  };
}
