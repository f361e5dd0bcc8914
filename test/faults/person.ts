// A person with a bad connection: says things, reads along, comes back after every cut, and keeps a trace of it all.
// Knows the protocol's page, and nothing of the server's code.
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";

export type Frame = { type: string; offset?: number } & Record<string, unknown>;

export type TracedConnection = {
  /** What was asked for when it began. */
  readonly asked: { after: number; epoch: string } | undefined;
  readonly frames: { frame: Frame; at: number }[];
};

export type Trace = {
  readonly room: string;
  /** The marks that no other room may see. */
  readonly mark: string;
  readonly connections: TracedConnection[];
  /** Everything that was said, by id. */
  readonly says: Map<string, string>;
};

export type Person = {
  readonly trace: Trace;
  /** Says it, again and again until it is confirmed. Gives its id. */
  say(text: string, more?: object): string;
  send(command: object): void;
  /** True when nothing that was said waits for its confirmation. */
  readonly isConfirmed: boolean;
  readonly position: number;
  leave(): void;
};

/** How long to wait before another attempt. Milliseconds. */
const againAfterMs = 20;

export function createPerson(port: () => number, { room, mark }: { room: string; mark: string }): Person {
  const trace: Trace = { room, mark, connections: [], says: new Map() };
  const unconfirmed = new Map<string, string>();
  let key: string | undefined;
  let epoch: string | undefined;
  let position = 0;
  let socket: WebSocket | undefined;
  let hasLeft = false;

  function connect(): void {
    const asked = epoch === undefined ? undefined : { after: position, epoch };
    const query = asked ? `?after=${asked.after}&epoch=${asked.epoch}` : "";
    const protocols = key === undefined ? [] : ["parlor.v1", `parlor.key.${key}`];
    const opened = new WebSocket(`ws://127.0.0.1:${port()}/ws/${room}${query}`, protocols);
    const traced: TracedConnection = { asked, frames: [] };
    socket = opened;
    opened.on("error", () => {});
    opened.on("message", (data: Buffer) => take(traced, JSON.parse(data.toString()) as Frame));
    opened.on("close", () => {
      if (!hasLeft) setTimeout(connect, againAfterMs);
    });
  }

  function take(traced: TracedConnection, frame: Frame): void {
    if (traced.frames.length === 0) trace.connections.push(traced);
    traced.frames.push({ frame, at: performance.now() });
    if (frame.type === "welcome") welcome(frame);
    if (frame.type === "message") unconfirmed.delete(frame["id"] as string);
    if (frame.type === "error") refused(frame["ref"] as string, frame["code"] === "duplicate");
    if (frame.offset !== undefined && frame.type !== "welcome") position = frame.offset;
  }

  /** A repeat had been taken before; what was refused for another reason is said again a little later. */
  function refused(ref: string, isRepeat: boolean): void {
    const command = unconfirmed.get(ref);
    if (isRepeat) unconfirmed.delete(ref);
    else if (command) setTimeout(() => socket?.readyState === WebSocket.OPEN && socket.send(command), 50);
  }

  function welcome(frame: Frame): void {
    key = (frame["me"] as { key: string }).key;
    epoch = frame["epoch"] as string;
    position = frame.offset as number;
    for (const command of unconfirmed.values()) socket?.send(command);
  }

  connect();
  return {
    trace,
    get isConfirmed() {
      return unconfirmed.size === 0;
    },
    get position() {
      return position;
    },
    say: (text, more = {}) => {
      const id = randomUUID();
      const command = JSON.stringify({ type: "say", id, text: `${mark} ${text}`, ...more });
      trace.says.set(id, `${mark} ${text}`);
      unconfirmed.set(id, command);
      if (socket?.readyState === WebSocket.OPEN && epoch !== undefined) socket.send(command);
      return id;
    },
    send: (command) => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command));
    },
    leave: () => {
      hasLeft = true;
      socket?.terminate();
    },
  };
}
