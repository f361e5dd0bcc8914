// What `parlor chat` is told: where to talk, and the server's own settings where it talks to a model directly.
import { parseArgs } from "node:util";
import { ConfigError, readConfig, type Config } from "../server/config.ts";
import { fromFlags } from "../server/flags.ts";
import type { ServerPlace } from "./server-talk.ts";

export type ChatSettings =
  { readonly kind: "direct"; readonly config: Config } | ({ readonly kind: "server" } & ServerPlace);

type Own = { url?: string; room?: string; name?: string };

/** @throws ConfigError with everything that is wrong */
export function readChatSettings(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ChatSettings {
  const faults: string[] = [];
  const { own, others } = split(args, faults);
  const place = own.url === undefined ? undefined : placeOf({ ...own, url: own.url }, faults);
  if (place) checkOthers(others, faults);
  else for (const name of ["room", "name"] as const) if (own[name]) faults.push(`--${name} needs --url.`);
  const config = place ?? readInto(faults, () => readConfig(others, environment));
  if (faults.length > 0 || !config) throw new ConfigError(faults);
  return "server" in config ? { kind: "server", ...config } : { kind: "direct", config };
}

function readInto<T>(faults: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}

/** Our own flags, and the arguments that are none of ours. */
function split(args: readonly string[], faults: string[]): { own: Own; others: string[] } {
  const options = { url: { type: "string" }, room: { type: "string" }, name: { type: "string" } } as const;
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const others = [...args];
  const own: Own = {};
  for (const token of tokens.toReversed()) {
    if (token.kind !== "option" || !(token.name in options)) continue;
    others.splice(token.index, token.value === undefined || token.inlineValue ? 1 : 2);
    if (token.value)
      own[token.name as keyof Own] ??= token.value; // the last one counts
    else faults.push(`${token.rawName} needs a value.`);
  }
  return { own, others };
}

function placeOf({ url, room, name = "" }: Own & { url: string }, faults: string[]): ServerPlace {
  if (!isServer(url))
    faults.push(`--url must be a server's address like ws://localhost:8787, and not "${url}".`);
  // "." and ".." are names of rooms that no address can spell
  if (room !== undefined && !/^(?!\.\.?$)[A-Za-z0-9._~-]{1,128}$/.test(room))
    faults.push(`--room must be 1 to 128 of A-Z a-z 0-9 . _ ~ -, and not "${room}".`);
  return { server: url, room, name };
}

function isServer(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, pathname, search, hash, username, password } = new URL(url);
  const isBare = /^\/?$/.test(pathname) && `${search}${hash}${username}${password}` === "";
  return isBare && /^(ws|http)s?:$/.test(protocol);
}

/** The server has settings of its own, and does not take ours. */
function checkOthers(others: readonly string[], faults: string[]): void {
  for (const name of Object.keys(fromFlags(others, faults)))
    faults.push(`${name} is a setting of the server, and does nothing beside --url.`);
}

/** What `chat --help` prints. */
export const helpText = `Usage: parlor chat [flags]

Talks in the terminal: with a model directly, by the settings that the server has too
(--model, --system-prompt, --temperature, --memory and so on; see parlor --help),
or with a Parlor server:

  --url <address>   the server, for example ws://localhost:8787
  --room <name>     a room there; without it the conversation is private
  --name <name>     the name that others see

When standard input is no terminal, all of it is one question, and only the answer is printed.
`;
