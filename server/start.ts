// A start: configuration -> parts -> listen. The store's thread opens its file while the other parts are loaded, and so this
// file loads little itself.
import { readConfig, type Config, type StoreSettings } from "./config.ts";
import { helpText } from "./flags.ts";
import { openSqliteStore } from "./log/sqlite.ts";
import type { Store } from "./log/store.ts";
import { createLogger, faultFields, type Logger } from "./logger.ts";
import type { ChatModel } from "./models/model.ts";
import type { RunningServer } from "./server.ts";

/** When told to stop, runs that are active get this long. Milliseconds. */
const graceMs = 10_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Resolves when the server listens. @throws what `explain` has words for */
export async function start(flags: readonly string[], environment: Environment): Promise<void> {
  if (flags.includes("--help")) return console.log(helpText);
  const config = readConfig(flags, environment);
  const logger = createLogger(config.logLevel);
  const opening = openStore(config.store, logger);
  const [store, llm, { openServer }] = await Promise.all([
    opening,
    openLlm(config, logger),
    import("./parts.ts"),
  ]).catch(async (error: unknown) => {
    await opening.then((opened) => opened.close()).catch(() => {}); // else it would look like a crash to the next start
    throw error;
  });
  const server = await openServer(config, { store, llm, logger });
  stopOnSignal({ server, store, logger });
  announce(config, llm, server.port);
}

async function openStore(settings: StoreSettings, logger: Logger): Promise<Store> {
  if (settings.kind === "memory") return (await import("./log/memory.ts")).createMemoryStore();
  const onDeath = (error: Error): void => {
    logger.error("store.died", faultFields(error));
    process.exit(1); // whoever starts us again finds all that anyone has seen
  };
  return openSqliteStore({ ...settings, onDeath });
}

async function openLlm({ models, watchdogs }: Config, logger: Logger): Promise<ChatModel> {
  const { openModel } = await import("./models/catalog.ts");
  const onFallback = (model: string, error: unknown): void =>
    logger.warn("model.fallback", { model, ...faultFields(error) });
  return openModel(models, { ...watchdogs, onFallback });
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

type Stoppable = { server: RunningServer; store: Store; logger: Logger };

/** The first signal lets runs finish for a while, a second one does not. */
function stopOnSignal({ server, store, logger }: Stoppable): void {
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
