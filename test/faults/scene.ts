// Where faults happen: a server process on a database of its own, an upstream that talks, and people in rooms.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startProcess, type RunningProcess } from "../support/process.ts";
import { startUpstream, type Upstream, type UpstreamRequest } from "../support/upstream.ts";
import { createPerson, type Person } from "./person.ts";
import type { Dice } from "./dice.ts";

export type Scene = {
  readonly folder: string;
  readonly database: string;
  readonly upstream: Upstream;
  /** The server that runs now. */
  readonly server: RunningProcess;
  readonly port: number;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same port. Resolves when it listens. */
  restart(settings?: Record<string, string>): Promise<void>;
  close(): Promise<void>;
};

export type SceneOptions = {
  settings?: Record<string, string>;
  /** How the upstream talks. */
  onRequest: (request: UpstreamRequest) => void;
  /** Starts the server's process; default `startProcess`. */
  start?: typeof startProcess;
  folder?: string;
};

export async function openScene({
  settings = {},
  onRequest,
  start = startProcess,
  folder,
}: SceneOptions): Promise<Scene> {
  const home = folder ?? (await mkdtemp(join(tmpdir(), "parlor-faults-")));
  const database = join(home, "parlor.db");
  const upstream = await startUpstream(onRequest);
  const all = {
    OPENAI_API_KEY: "none",
    OPENAI_BASE_URL: upstream.url,
    STORE: `sqlite:${database}`,
    MAX_COMMANDS_PER_SECOND: "0",
    LOG_LEVEL: "error",
    ...settings,
  };
  let server = await start(all);
  const { port } = server;
  return {
    folder: home,
    database,
    upstream,
    get server() {
      return server;
    },
    port,
    kill: async () => {
      server.child.kill("SIGKILL");
      await server.exited;
    },
    restart: async (more = {}) => {
      server = await start({ ...all, ...more, PORT: String(port) });
    },
    close: async () => {
      server.child.kill("SIGKILL");
      await server.exited;
      await upstream.close();
      if (folder === undefined) await rm(home, { recursive: true, force: true });
    },
  };
}

/** An upstream that says so many words, one every few milliseconds, and repeats the marks of the question. */
export function talker(words: number, everyMs: number): (request: UpstreamRequest) => void {
  return (request) => {
    const mark = /mark-\S+/.exec(request.body.messages.at(-1)?.content ?? "")?.[0] ?? "";
    let said = 0;
    const timer = setInterval(() => {
      if (said < words) return request.say(`${mark}:${said++} `);
      clearInterval(timer);
      request.finish();
    }, everyMs);
    void request.closed.then(() => clearInterval(timer));
  };
}

/** People in rooms, each of which has marks of its own. */
export function fillRooms(
  port: () => number,
  { rooms, each, round }: { rooms: number; each: number; round: number },
): Person[] {
  return Array.from({ length: rooms * each }, (_, index) => {
    const room = `room-${round}-${index % rooms}`;
    return createPerson(port, { room, mark: `mark-${round}-${index % rooms}-end` });
  });
}

/** Now and then everyone says something, and sometimes somebody stops the assistant. Returns the way to stop. */
export function chatter(people: readonly Person[], dice: Dice, everyMs: number): () => void {
  let count = 0;
  const timer = setInterval(() => {
    const person = dice.pick(people);
    if (dice.chance(0.15)) person.send({ type: "cancel" });
    else
      person.say(`thing ${count++}`, {
        reply: dice.chance(0.8),
        whenBusy: dice.chance(0.3) ? "interrupt" : "queue",
      });
  }, everyMs);
  return () => clearInterval(timer);
}

/** Until all that was said is confirmed, and everyone has read to the end of a last message in each room. */
export async function settle(people: readonly Person[]): Promise<void> {
  const rooms = [...new Map(people.map((person) => [person.trace.room, person])).values()];
  const hurry = setInterval(() => rooms.forEach((person) => person.send({ type: "cancel" })), 50);
  try {
    const unconfirmed = (): Person[] => people.filter(({ isConfirmed }) => !isConfirmed);
    await until(() => unconfirmed().length === 0, unconfirmed);
    const lasts = rooms.map((person) => person.say("last"));
    const unfinished = (): Person[] => people.filter((person) => !lasts.some((id) => hasEnded(person, id)));
    await until(() => unfinished().length === 0, unfinished);
  } finally {
    clearInterval(hurry);
  }
}

function hasEnded({ trace }: Person, message: string): boolean {
  const frames = trace.connections
    .slice(-3)
    .flatMap((connection) => connection.frames.map(({ frame }) => frame));
  const start = frames.findLast((frame) => frame.type === "start" && frame["message"] === message);
  return start !== undefined && frames.some((frame) => frame.type === "end" && frame["run"] === start["run"]);
}

/** Looks again and again, for up to half a minute; then shows the last that people saw who were not done. */
export async function until(holds: () => boolean, left: () => Person[] = () => []): Promise<void> {
  const begun = performance.now();
  while (!holds()) {
    if (performance.now() - begun > 30_000) {
      const seen = left().map(({ trace }) =>
        trace.connections
          .at(-1)
          ?.frames.slice(-3)
          .map(({ frame }) => frame),
      );
      throw new Error(`it did not settle within 30 s: ${JSON.stringify(seen, null, 1)}`);
    }
    await pause(5);
  }
}

/** Faults come at random moments; whoever waits for something uses `until`. */
export { pause };
