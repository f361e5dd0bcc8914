// The only place that wires things together: from a configuration to a server that listens.
import { createAssistant } from "./assistant.ts";
import { createCoauthor, type Servers } from "./coauthor/coauthor.ts";
import type { DocumentServer } from "./coauthor/document.ts";
import type { Config } from "./config.ts";
import { ownName } from "./document-settings.ts";
import { createDocuments } from "./documents/documents.ts";
import { isLoopbackHost } from "./handshake.ts";
import { createHub } from "./hub/hub.ts";
import type { Store } from "./log/store.ts";
import type { Logger } from "./logger.ts";
import type { ChatModel } from "./models/model.ts";
import { startServer, type RunningServer } from "./server.ts";

type Given = { readonly store: Store; readonly llm: ChatModel; readonly logger: Logger };

/** Resolves when it listens. @throws the system's error, for example when the port is taken */
export async function openServer(config: Config, { store, llm, logger }: Given): Promise<RunningServer> {
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
  return startServer({ hub, documents, origins, port: config.port, host: config.host });
}

/** The built-in one is the last: a target that names none means the first that was configured, where there is one. */
async function openServers(settings: Config["documents"], own: DocumentServer): Promise<Servers> {
  const others = settings.length > 0 ? await import("./coauthor/servers.ts") : undefined;
  return new Map([...((await others?.openServers(settings)) ?? []), [ownName, own]]);
}
