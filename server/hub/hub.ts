// The hub: the sockets of this process, and the conversations that they are in.
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { closeCodes, limits as defaultLimits, type Limits } from "../../shared/limits.ts";
import { createCoauthor, type Coauthor } from "../coauthor/coauthor.ts";
import { createLogs } from "../log/log.ts";
import type { Store } from "../log/store.ts";
import type { Logger } from "../logger.ts";
import { openConnection, type Surroundings, type Ticket } from "./connection.ts";
import { nativeDialect } from "./dialects/native.ts";
import { createHeartbeat, defaultHeartbeat, type HeartbeatTimes } from "./heartbeat.ts";
import { createKeyring } from "./member.ts";
import { createRooms } from "./rooms.ts";
import type { Assistant } from "./turns.ts";

export type HubOptions = {
  store: Store;
  assistant: Assistant;
  /** Reads and writes shared documents. Default: knows none. */
  coauthor?: Coauthor;
  logger: Logger;
  limits?: Partial<Limits>;
  heartbeat?: HeartbeatTimes;
  /** See rule R5; 0 = never. Default 60 s. */
  abandonedRunMs?: number;
};

export interface Hub extends Surroundings {
  readonly isDraining: boolean;
  /** True when it takes no more connections. */
  readonly isFull: boolean;
  /** Takes over a socket, and the wire beneath it. */
  readonly connect: (socket: WebSocket, wire: Duplex, ticket: Ticket) => void;
  /** Counts a socket that somebody else serves, and closes it with the others. */
  readonly hold: (socket: WebSocket) => void;
  /**
   * Starts no more runs, gives the active ones `graceMs`, ends the rest `interrupted`, then closes all sockets with
   * 1012. Resolves when they are closed.
   */
  readonly drain: (graceMs: number) => Promise<void>;
}

export async function createHub({ store, ...options }: HubOptions): Promise<Hub> {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const { abandonedRunMs = 60_000, logger } = options;
  const keyring = createKeyring(await store.secret());
  const heartbeat = createHeartbeat(options.heartbeat ?? defaultHeartbeat);
  const { coauthor = createCoauthor(new Map()) } = options;
  const rooms = createRooms({ ...options, coauthor, limits, abandonedRunMs, logs: createLogs(store) });
  const sockets = new Set<WebSocket>();
  let isDraining = false;
  const hold = holder(sockets);

  const hub: Hub = {
    limits,
    logger,
    keyring,
    heartbeat,
    enter: rooms.enter,
    get isDraining() {
      return isDraining;
    },
    get isFull() {
      return sockets.size >= limits.connections;
    },
    hold,
    connect: (socket, wire, ticket) => {
      hold(socket);
      openConnection({ socket, wire, dialect: nativeDialect, hub }, ticket);
    },
    drain: async (graceMs) => {
      isDraining = true;
      await rooms.drain(graceMs);
      await Promise.all([...sockets].map(closeForRestart));
      heartbeat.close();
    },
  };
  return hub;
}

/** Adds a socket for as long as it is open. */
function holder(sockets: Set<WebSocket>): Hub["hold"] {
  function forget(this: WebSocket): void {
    sockets.delete(this);
  }
  return (socket) => {
    sockets.add(socket);
    socket.on("close", forget);
  };
}

/** A peer that does not answer the close is cut off after this. Milliseconds. */
const closeWithinMs = 2_000;

function closeForRestart(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.terminate(), closeWithinMs);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.resume();
    socket.close(closeCodes.restart.code);
  });
}
