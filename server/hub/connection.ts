// One socket's life. It decodes and checks what comes, hands commands to the conversation, and owns a cursor.
//
//   opening ── joined ──▶ open ──▶ closed       every state ── close, fault ──▶ closed
import { randomBytes, randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { closeCodes, type Closing, type Limits } from "../../shared/limits.ts";
import type { Command, FrameOf, Member, ServerFrame } from "../../shared/protocol.ts";
import { StaleWriterError, StorageError } from "../log/store.ts";
import { faultFields, type Logger } from "../logger.ts";
import type { Conversation } from "./conversation.ts";
import { Cursor } from "./cursor.ts";
import type { Decoded, Dialect } from "./dialects/dialect.ts";
import { encoded } from "./encoding.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { createCounter, createRateLimit, type Verdict } from "./limits.ts";
import { memberOf, type Keyring } from "./member.ts";
import { Outlet } from "./outlet.ts";
import { createPager } from "./pager.ts";
import { errorFrame, type Refusal } from "./refusal.ts";
import type { Rooms } from "./rooms.ts";
import { Seat } from "./seat.ts";
import { startOf, welcomeOf, type Start } from "./welcome.ts";

/** What a connection asks for when it opens. */
export type Ticket = {
  /** Absent = a new private one. */
  conversation?: string | undefined;
  after?: number | undefined;
  epoch?: string | undefined;
  name?: string | undefined;
  key?: string | undefined;
};

/** A peer that does not answer a close is cut off after this. Milliseconds. */
const closeWithinMs = 2_000;

type Open = { name: "open"; conversation: Conversation; member: Member; cursor: Cursor; leave: () => void };
type State = { name: "opening" } | Open | { name: "closed" };

const [opening, closed]: State[] = [{ name: "opening" }, { name: "closed" }];

/** What all connections of a process share. */
export type Surroundings = {
  readonly limits: Limits;
  readonly logger: Logger;
  readonly keyring: Keyring;
  readonly heartbeat: Heartbeat;
  readonly enter: Rooms["enter"];
};

export type ConnectionParts = {
  socket: WebSocket;
  /** What is beneath the socket. */
  wire: Duplex;
  dialect: Dialect;
  hub: Surroundings;
};

/** What there is of each connection, as little as may be: most of them only listen. */
class Connection {
  readonly socket: WebSocket;
  readonly dialect: Dialect;
  readonly hub: Surroundings;
  readonly outlet: Outlet;
  readonly pulse: ReturnType<Heartbeat["watch"]>;
  state: State = opening as State;
  #allow: ReturnType<typeof createRateLimit> | undefined;
  #isTooBad: (() => boolean) | undefined;
  #page: ReturnType<typeof createPager> | undefined;

  constructor({ socket, wire, dialect, hub }: ConnectionParts) {
    this.socket = socket;
    this.dialect = dialect;
    this.hub = hub;
    this.outlet = new Outlet(socket, wire, () => onDrained(this));
    this.pulse = hub.heartbeat.watch(socket);
  }

  get page(): ReturnType<typeof createPager> {
    return (this.#page ??= createPager(this.outlet));
  }

  /** Counts a command, and says whether it may be carried out. */
  allow(): Verdict {
    const { commandsPerSecond: perSecond, commandBurst: burst } = this.hub.limits;
    this.#allow ??= createRateLimit({ perSecond, burst });
    return this.#allow();
  }

  /** Counts a bad frame, and says whether it was one too many. */
  isTooBad(): boolean {
    this.#isTooBad ??= createCounter({ most: this.hub.limits.badFramesPerMinute, withinMs: 60_000 });
    return this.#isTooBad();
  }
}

/** Attaches its listeners at once: a WebSocket without an `error` listener ends the process at the first bad frame. */
export function openConnection(parts: ConnectionParts, ticket: Ticket): void {
  const { socket, hub } = parts;
  const connection = new Connection(parts);
  socket.on("error", (error) => hub.logger.debug("connection.error", faultFields(error)));
  socket.on("close", () => onClose(connection));
  socket.on("message", (data, isBinary) => onMessage(connection, data, isBinary));
  socket.on("ping", () => onPing(connection));
  socket.on("pong", () => connection.pulse.alive());
  socket.pause(); // commands wait in the socket until the conversation is there
  guarded(connection, join(connection, ticket));
}

/** A fault of ours is logged once and ends this connection, and nothing else. */
function guarded(connection: Connection, work: Promise<void>): void {
  work.catch((error: unknown) => fault(connection, error));
}

function fault(connection: Connection, error: unknown): void {
  connection.hub.logger.error("connection.fault", faultFields(error));
  close(connection, isStorage(error) ? closeCodes.conversationClosed : closeCodes.bug);
}

const isStorage = (error: unknown): boolean =>
  error instanceof StorageError || error instanceof StaleWriterError;

async function join(connection: Connection, ticket: Ticket): Promise<void> {
  const { hub, socket } = connection;
  const { conversation, release } = await hub.enter(
    ticket.conversation ?? randomBytes(16).toString("base64url"),
  );
  try {
    const start = await startOf(conversation, ticket);
    const member = memberOf(hub.keyring, ticket.key, ticket.name);
    if (connection.state.name === "opening") admit(connection, { conversation, release, member, start });
  } finally {
    if (connection.state.name !== "open") release();
  }
  socket.resume();
}

type Admission = { conversation: Conversation; release: () => void; member: Member; start: Start };

/** [P1] The welcome first, then the log from its offset on. */
function admit(connection: Connection, { conversation, release, member, start }: Admission): void {
  const { hub, outlet, dialect } = connection;
  const leave = conversation.peers.join(
    new Seat(connection, member, (closing) => close(connection, closing)),
  );
  const me = { ...member, key: hub.keyring.keyOf(member.id) };
  reply(connection, welcomeOf(conversation, { connection: randomUUID(), me, start, limits: hub.limits }));
  const onFault = (error: unknown): void => fault(connection, error);
  const cursor = new Cursor({ log: conversation.log, position: start.offset, dialect, outlet, onFault });
  connection.state = {
    name: "open",
    conversation,
    member,
    cursor,
    leave: () => {
      cursor.close();
      leave();
      release();
    },
  };
}

function onMessage(connection: Connection, data: RawData, isBinary: boolean): void {
  const { state } = connection;
  switch (state.name) {
    case "opening":
    case "closed":
      return; // nothing is read before the conversation is there, and nothing after the end matters
    case "open":
      connection.pulse.alive();
      if (isBinary) close(connection, closeCodes.unsupported);
      else guarded(connection, receive(connection, state, (data as Buffer).toString()));
  }
}

async function receive(connection: Connection, state: Open, data: string): Promise<void> {
  const verdict = connection.allow();
  if (verdict.kind === "expelled") return close(connection, closeCodes.rateLimited);
  const decoded = connection.dialect.decode(data);
  if (verdict.kind === "refused") {
    const { retryAfterMs } = verdict;
    return reply(connection, errorFrame({ code: "rate_limited", retryAfterMs }, decoded.ref));
  }
  if ("refused" in decoded) return refuse(connection, decoded);
  const { command } = decoded;
  const work = () => obey(state, command);
  const answer = await (command.type === "history" ? connection.page(work) : work());
  if (answer) reply(connection, "type" in answer ? answer : errorFrame(answer, decoded.ref));
}

function refuse(
  connection: Connection,
  { refused, message, ref }: Extract<Decoded, { refused: unknown }>,
): void {
  reply(connection, errorFrame({ code: refused, message }, ref));
  if (connection.isTooBad()) close(connection, closeCodes.tooManyErrors);
}

async function obey(
  state: Open,
  command: Command,
): Promise<Refusal | FrameOf<"history" | "pong"> | undefined> {
  if (command.type === "ping") return { type: "pong", ...(command.id !== undefined && { id: command.id }) };
  try {
    return await state.conversation.obey(command, state.member);
  } catch (error) {
    if (isStorage(error)) return { code: "storage_unavailable" };
    throw error;
  }
}

function reply({ state, outlet, dialect }: Connection, frame: ServerFrame): void {
  if (state.name !== "closed") outlet.send(encoded([frame], dialect));
}

/** The system answers pings by itself; a flood of them counts like a flood of commands. */
function onPing(connection: Connection): void {
  connection.pulse.alive();
  if (connection.allow().kind === "expelled") close(connection, closeCodes.rateLimited);
}

/** What the peer has taken off our hands is a sign of life too. */
function onDrained(connection: Connection): void {
  connection.pulse.alive();
  if (connection.state.name === "open") connection.state.cursor.advance();
}

/** The peer gets a code and nothing else, is out of the room at once, and is not listened to any more. */
function close(connection: Connection, { code }: Closing): void {
  const { socket } = connection;
  onClose(connection);
  socket.resume(); // a paused socket would not read the peer's answer
  socket.close(code);
  const timer = setTimeout(() => socket.terminate(), closeWithinMs);
  socket.once("close", () => clearTimeout(timer));
}

function onClose(connection: Connection): void {
  const { state } = connection;
  connection.state = closed as State;
  connection.pulse.close();
  if (state.name === "open") state.leave();
}
