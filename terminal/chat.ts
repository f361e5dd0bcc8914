// `parlor chat`: a talk in the terminal, with a model in this process or with a server.
import { openModel } from "../server/models/catalog.ts";
import { openChainTalk } from "./chain-talk.ts";
import { converse } from "./dialogue.ts";
import { helpText, readChatSettings } from "./flags.ts";
import { ask } from "./question.ts";
import { openServerTalk } from "./server-talk.ts";
import type { OpenTalk } from "./talk.ts";
import type { Terminal } from "./terminal.ts";

export type ChatParts = Terminal & {
  /** What follows `chat` on the command line. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/**
 * Resolves with the exit code.
 * @throws ConfigError with everything that is wrong
 */
export async function chat({ args, environment, ...terminal }: ChatParts): Promise<number> {
  if (args.includes("--help")) {
    terminal.stdout.write(helpText);
    return 0;
  }
  const openTalk = await openerOf(readChatSettings(args, environment));
  const isPersonThere = terminal.stdin.isTTY && terminal.stdout.isTTY;
  return isPersonThere ? converse({ openTalk, terminal }) : ask({ openTalk, terminal });
}

async function openerOf(settings: ReturnType<typeof readChatSettings>): Promise<OpenTalk> {
  if (settings.kind === "server") return (listener) => openServerTalk(settings, listener);
  const { config } = settings;
  const llm = await openModel(config.models, config.watchdogs);
  return (listener) => openChainTalk({ llm, config }, listener);
}
