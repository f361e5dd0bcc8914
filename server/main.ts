// The command: configuration -> parts -> listen. The only place that wires things together.
import { createAssistant } from "./assistant.ts";
import { createCoauthor, type Servers } from "./coauthor/coauthor.ts";
import { ConfigError, readConfig, type Config, type StoreSettings } from "./config.ts";
import type { DocumentServer } from "./coauthor/document.ts";
import { ownName } from "./document-settings.ts";
import { createDocuments } from "./documents/documents.ts";
import { helpText } from "./flags.ts";
import { isLoopbackHost } from "./handshake.ts";
import { createHub } from "./hub/hub.ts";
import { createMemoryStore } from "./log/memory.ts";
import { StorageError, type Store } from "./log/store.ts";
import { createLogger, faultFields, type Logger } from "./logger.ts";
import { openModel } from "./models/catalog.ts";
import { MissingPackageError } from "./models/missing-package.ts";
import type { ChatModel } from "./models/model.ts";
import { startServer, type RunningServer } from "./server.ts";

/** When told to stop, runs that are active get this long. Milliseconds. */
const graceMs = 10_000;
/** After a talk in the terminal, connections that are being closed get this long. Milliseconds. */
const lingerMs = 1_000;

async function main(): Promise<void> {
  const flags = process.argv.slice(2);
  if (flags[0] === "chat") return talk(flags.slice(1));
  if (flags.includes("--help")) return console.log(helpText);
  const config = readConfig(flags, process.env);
  const logger = createLogger(config.logLevel);
  const onFallback = (model: string, error: unknown): void =>
    logger.warn("model.fallback", { model, ...faultFields(error) });
  const llm = await openModel(config.models, { ...config.watchdogs, onFallback });
  const store = await openStore(config.store, logger);
  const documents = createDocuments({ store, logger });
  const servers = await openServers(config.documents, documents);
  const { frameBytes, textChars, commandsPerSecond, abandonedRunMs, watchdogs } = config;
  const hub = await createHub({
    store,
    assistant: createAssistant({ ...config, llm, logger, watchdogs }),
    coauthor: createCoauthor(servers),
    logger,
    limits: { frameBytes, textChars, commandsPerSecond, commandBurst: 2 * commandsPerSecond },
    abandonedRunMs,
  });
  const origins = { allowed: config.allowedOrigins, isLoopback: isLoopbackHost(config.host) };
  const server = await startServer({ hub, documents, origins, port: config.port, host: config.host });
  stopOnSignal({ server, store, logger });
  announce(config, llm, server.port);
}

/** A talk in the terminal is loaded only when it is asked for. */
async function talk(args: readonly string[]): Promise<void> {
  const { chat } = await import("../terminal/chat.ts");
  const { stdin, stdout, stderr, env: environment } = process;
  process.exitCode = await chat({ args, environment, stdin, stdout, stderr, signals: process });
  setTimeout(() => process.exit(), lingerMs).unref();
}

/** SQLite is loaded only when it is asked for. */
async function openStore(settings: StoreSettings, logger: Logger): Promise<Store> {
  if (settings.kind === "memory") return createMemoryStore();
  const { openSqliteStore } = await import("./log/sqlite.ts");
  const onDeath = (error: Error): void => {
    logger.error("store.died", faultFields(error));
    process.exit(1); // whoever starts us again finds all that anyone has seen
  };
  return openSqliteStore({ ...settings, onDeath });
}

/** The built-in one is the last: a target that names none means the first that was configured, where there is one. */
async function openServers(settings: Config["documents"], own: DocumentServer): Promise<Servers> {
  const others = settings.length > 0 ? await import("./coauthor/servers.ts") : undefined;
  return new Map([...((await others?.openServers(settings)) ?? []), [ownName, own]]);
}

function storeLine(settings: StoreSettings): string {
  if (settings.kind === "memory") return "Store: memory, so conversations end when this process does.";
  const { path, durability, keepDays } = settings;
  const safe = durability === "fsync" ? "safe from a power cut" : "safe from a crash of this process";
  return `Store: ${path}, ${safe}, kept ${keepDays > 0 ? `for ${keepDays} days` : "for ever"}`;
}

function announce({ host, models, store, documents }: Config, { name }: ChatModel, port: number): void {
  const shownHost = host.includes(":") ? `[${host}]` : host;
  const isDemo = models[0].provider === "demo";
  const modelLine = isDemo
    ? "Model: demo, a stand-in and no language model. For a real one, set OPENAI_API_KEY."
    : `Model: ${name}`;
  const address = `http://${shownHost}:${port}`;
  const lines = [`Parlor is listening on ${address}`, modelLine, storeLine(store)];
  const others = documents.map(({ name }) => name).join(", ");
  const elsewhere = others && `; the assistant also writes on ${others}`;
  console.log([...lines, `Documents: ${address}/write/<room>${elsewhere}`].join("\n"));
}

/** The first signal lets runs finish for a while, a second one does not. */
function stopOnSignal({
  server,
  store,
  logger,
}: {
  server: RunningServer;
  store: Store;
  logger: Logger;
}): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    logger.info("server.stopping", { signal });
    const stopped = server.stop(graceMs).then(() => store.close());
    stopped.then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error("server.fault", faultFields(error));
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

function explain(error: unknown): string {
  if (error instanceof StorageError || error instanceof MissingPackageError) return error.message;
  if (error instanceof ConfigError) return error.faults.map((fault) => `- ${fault}`).join("\n");
  const { code, port } = error as { code?: string; port?: number };
  if (code === "EADDRINUSE")
    return `Port ${port} is taken. Choose another one with PORT, or PORT=0 for any free one.`;
  if (code === "EACCES") return `Port ${port} may not be used by this user. Choose another one with PORT.`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") return "HOST is not an address of this machine.";
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  await main();
} catch (error) {
  console.error(`Parlor cannot start:\n${explain(error)}`);
  process.exit(1);
}
