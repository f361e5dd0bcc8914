// Who is compared: how each server is started, and how its clients talk to it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { aiSdkTalk } from "./talk/ai-sdk.ts";
import { langGraphTalk } from "./talk/langgraph.ts";
import { socketIoTalk } from "./talk/socket-io.ts";
import type { Talk } from "./talk/talk.ts";
import { webSocketTalk } from "./talk/web-socket.ts";

export type Contestant = {
  readonly title: string;
  /** What node is started with. */
  readonly file: string;
  /** More variables of the server's environment. A `{folder}` in them is a temporary one. */
  readonly settings: Readonly<Record<string, string>>;
  readonly talk: Talk;
};

const peers = join(import.meta.dirname, "peers");
const peer = (title: string, name: string, talk: Talk): Contestant => ({
  title,
  file: join(peers, `${name}.js`),
  settings: {},
  talk,
});

const parlor = (title: string, store: string): Contestant => ({
  title,
  file: join(import.meta.dirname, "../server/main.ts"),
  settings: { STORE: store, MAX_COMMANDS_PER_SECOND: "0", LOG_LEVEL: "error" },
  talk: webSocketTalk,
});

/** The first one is what the others are compared with. */
export const contestants = {
  bare: peer("bare", "bare", webSocketTalk),
  "socket.io": peer("Socket.IO", "socket-io", socketIoTalk),
  "ai-sdk": peer("AI SDK", "ai-sdk", aiSdkTalk),
  langchain: peer("LangChain", "langchain-chain", webSocketTalk),
  langgraph: { ...peer("LangGraph", "langgraph", langGraphTalk), settings: { N_JOBS_PER_WORKER: "300" } },
  memory: parlor("Parlor `memory:`", "memory:"),
  sqlite: parlor("Parlor `sqlite:`", "sqlite:{folder}/parlor.db"),
} as const satisfies Record<string, Contestant>;

export type ContestantName = keyof typeof contestants;

/** Their install is a folder of its own: `npm ci --prefix bench/peers`. */
export const arePeersInstalled = (): boolean => existsSync(join(peers, "node_modules"));
