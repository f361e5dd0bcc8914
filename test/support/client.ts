// A client for tests: it keeps every frame in order, so that none is missed, and lets a test wait for one.
import { WebSocket, type ClientOptions } from "ws";
import { keyPrefix, protocolName } from "../../shared/limits.ts";
import { Entry, type Command, type Draft, type FrameOf, type ServerFrame } from "../../shared/protocol.ts";
import { emptyTranscript, foldAll, type Transcript } from "../../shared/transcript.ts";

export type Place = { after?: number; epoch?: string; name?: string; key?: string };

export type Client = {
  readonly socket: WebSocket;
  /** Every frame that has come. */
  readonly frames: readonly ServerFrame[];
  /** Those of the log. */
  readonly entries: readonly Entry[];
  readonly welcome: FrameOf<"welcome">;
  send(command: Command): void;
  /** Sends bytes or text as they are. */
  raw(data: string | Buffer): void;
  /** The next frame of this type that was not given out yet, and that fits. */
  next<T extends ServerFrame["type"]>(type: T, fits?: (frame: FrameOf<T>) => boolean): Promise<FrameOf<T>>;
  /** Waits for words of a run, at least this many characters in all. */
  words(chars: number): Promise<void>;
  /** Waits until this holds; it is looked at after each frame. */
  until(holds: () => boolean): Promise<void>;
  /** Waits until the reader is at this position. */
  reach(offset: number): Promise<void>;
  transcript(): Transcript;
  /** How the connection ended. */
  readonly closed: Promise<{ code: number }>;
  close(): Promise<void>;
};

const entryTypes: ReadonlySet<string> = new Set<Draft["type"]>([
  "message",
  "start",
  "token",
  "end",
  "rewind",
  "replaced",
  "undone",
]);

export const isEntry = (frame: ServerFrame): frame is Entry => entryTypes.has(frame.type);

/** Connects and waits for the welcome. */
export async function connect(
  address: string,
  place: Place = {},
  options: ClientOptions = {},
): Promise<Client> {
  const url = new URL(address);
  for (const name of ["after", "epoch", "name"] as const)
    if (place[name] !== undefined) url.searchParams.set(name, String(place[name]));
  const protocols = place.key === undefined ? [] : [protocolName, keyPrefix + place.key];
  const socket = new WebSocket(url, protocols, options);
  const client = createClient(socket);
  await client.next("welcome");
  return client;
}

export function createClient(socket: WebSocket): Client {
  const frames: ServerFrame[] = [];
  const given = new Set<ServerFrame>();
  const watchers = new Set<() => void>();
  const fails = new Set<(error: Error) => void>();
  const closed = new Promise<{ code: number }>((resolve) =>
    socket.once("close", (code) => resolve({ code })),
  );
  socket.on("error", fail);
  void closed.then(({ code }) => fail(new Error(`the connection ended with ${code}`)));
  socket.on("message", (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as ServerFrame);
    for (const watch of [...watchers]) watch();
  });

  function fail(error: Error): void {
    for (const reject of fails) reject(error);
  }

  /** Looks at what is there, then at each frame that comes; fails when the connection ends first. */
  function until<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const watch = (): void => {
        const found = look();
        if (found === undefined) return;
        watchers.delete(watch);
        fails.delete(reject);
        resolve(found);
      };
      watchers.add(watch);
      fails.add(reject);
      watch();
    });
  }

  const entries = (): Entry[] => frames.filter(isEntry);
  const client: Client = {
    socket,
    frames,
    closed,
    get entries() {
      return entries();
    },
    get welcome() {
      return frames.find((frame) => frame.type === "welcome") as FrameOf<"welcome">;
    },
    send: (command) => socket.send(JSON.stringify(command)),
    raw: (data) => socket.send(data),
    next: <T extends ServerFrame["type"]>(type: T, fits: (frame: FrameOf<T>) => boolean = () => true) =>
      until(() => {
        const found = frames.find(
          (frame): frame is FrameOf<T> =>
            frame.type === type && !given.has(frame) && fits(frame as FrameOf<T>),
        );
        if (found) given.add(found);
        return found;
      }),
    words: async (chars) => {
      await until(() => (wordsOf(entries()).length >= chars ? true : undefined));
    },
    until: async (holds) => {
      await until(() => holds() || undefined);
    },
    reach: async (offset) => {
      await until(() => ((entries().at(-1)?.offset ?? client.welcome.offset) >= offset ? true : undefined));
    },
    transcript: () => foldAll(emptyTranscript, entries()),
    close: async () => {
      socket.close();
      await closed;
    },
  };
  return client;
}

/** All text of all runs, in order. */
export const wordsOf = (entries: readonly Entry[]): string =>
  entries.map((entry) => (entry.type === "token" ? entry.text : "")).join("");
