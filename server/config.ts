// The configuration, checked once, all faults together. Every default is here.
import { limits } from "../shared/limits.ts";
import { defaultWatchdogs, type Watchdogs } from "./chain/halt.ts";
import { defaultSystemPrompt } from "./chain/prompt.ts";
import { fromEnvironment, fromFlags, type Name, type Values } from "./flags.ts";
import { isLoopbackHost } from "./handshake.ts";
import type { Durability } from "./log/sqlite-file.ts";
import { logLevels, type LogLevel } from "./logger.ts";
import { providers, type ModelSettings } from "./models/catalog.ts";

export type MemorySettings =
  | { readonly kind: "buffer" }
  | { readonly kind: "window"; readonly messages: number }
  | { readonly kind: "tokens"; readonly tokens: number };

export type StoreSettings =
  | { readonly kind: "memory" }
  | {
      readonly kind: "sqlite";
      readonly path: string;
      readonly durability: Durability;
      readonly keepDays: number;
    };

export type Config = {
  readonly port: number;
  readonly host: string;
  readonly model: ModelSettings;
  readonly systemPrompt: string;
  readonly memory: MemorySettings;
  readonly store: StoreSettings;
  readonly allowedOrigins: readonly string[] | undefined;
  readonly frameBytes: number;
  readonly textChars: number;
  readonly commandsPerSecond: number;
  readonly watchdogs: Watchdogs;
  readonly abandonedRunMs: number;
  readonly logLevel: LogLevel;
};

/** What is wrong, in words, one sentence each. */
export class ConfigError extends Error {
  override name = "ConfigError";
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

/** The model that is used when there is a key and nothing else is said. */
const defaultOpenAIModel = "gpt-5-mini";

/** @throws ConfigError with everything that is wrong */
export function readConfig(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const faults: string[] = [];
  const values: Values = { ...fromEnvironment(environment), ...fromFlags(args, faults) };
  const config = check(values, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

function check(values: Values, faults: string[]): Config {
  const number = (name: Name, fallback: number, range: Range): number =>
    numberOf(values, { name, fallback, range, faults });
  const times = { least: 0, most: 2 ** 31 - 1 };
  const host = values.HOST ?? "127.0.0.1";
  return {
    port: number("PORT", 8787, { least: 0, most: 65_535 }),
    host,
    model: modelOf(values, faults),
    systemPrompt: values.SYSTEM_PROMPT ?? defaultSystemPrompt,
    memory: memoryOf(values.MEMORY ?? "tokens:8000", faults),
    store: storeOf(values, number("KEEP_DAYS", 30, { least: 0, most: 36_500 }), faults),
    allowedOrigins: originsOf(values.ALLOWED_ORIGINS, { host, faults }),
    frameBytes: number("MAX_FRAME_BYTES", limits.frameBytes, { least: 1_024, most: 16_777_216 }),
    textChars: number("MAX_TEXT_CHARS", limits.textChars, { least: 1, most: 1_048_576 }),
    commandsPerSecond: number("MAX_COMMANDS_PER_SECOND", limits.commandsPerSecond, {
      least: 0,
      most: 1_000_000,
    }),
    watchdogs: {
      firstTokenMs: number("FIRST_TOKEN_MS", defaultWatchdogs.firstTokenMs, times),
      idleMs: number("IDLE_MS", defaultWatchdogs.idleMs, times),
      runMs: number("MAX_RUN_MS", defaultWatchdogs.runMs, times),
    },
    abandonedRunMs: number("ABANDONED_RUN_MS", 60_000, times),
    logLevel: levelOf(values.LOG_LEVEL ?? "info", faults),
  };
}

type Range = { least: number; most: number };
type Numeric = { name: Name; fallback: number; range: Range; faults: string[] };

function numberOf(values: Values, { name, fallback, range, faults }: Numeric): number {
  const given = values[name];
  if (given === undefined) return fallback;
  const value = /^\d+$/.test(given) ? Number(given) : NaN;
  if (value >= range.least && value <= range.most) return value;
  faults.push(`${name} must be a whole number from ${range.least} to ${range.most}, and not "${given}".`);
  return fallback;
}

function modelOf(values: Values, faults: string[]): ModelSettings {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL } = values;
  const given = values.MODEL ?? (apiKey ? `openai:${defaultOpenAIModel}` : "demo");
  const colon = given.indexOf(":");
  const provider = providers.find((one) => one === (colon < 0 ? given : given.slice(0, colon)));
  const name = colon < 0 ? undefined : given.slice(colon + 1);
  if (!provider) faults.push(`MODEL must be openai:<name> or demo, and not "${given}".`);
  if (provider === "openai" && !name)
    faults.push('MODEL needs the model\'s name, for example "openai:gpt-5-mini".');
  if (provider === "openai" && !apiKey && !baseURL)
    faults.push(`MODEL="${given}" needs OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own.`);
  if (baseURL && !apiKey && values.MODEL === undefined)
    faults.push("OPENAI_BASE_URL is set: say which model to use there, for example MODEL=openai:llama3.2.");
  if (baseURL && !/^https?:\/\//.test(baseURL))
    faults.push(`OPENAI_BASE_URL must begin with http:// or https://.`);
  const temperature = temperatureOf(values.TEMPERATURE, faults);
  return { provider: provider ?? "demo", name, apiKey, baseURL, temperature };
}

function temperatureOf(given: string | undefined, faults: string[]): number | undefined {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (!(value >= 0 && value <= 2))
    faults.push(`TEMPERATURE must be a number from 0 to 2, and not "${given}".`);
  return value;
}

function memoryOf(given: string, faults: string[]): MemorySettings {
  const [, kind, count] = /^(buffer|window|tokens)(?::([1-9]\d{0,8}))?$/.exec(given) ?? [];
  if (kind === "buffer" && count === undefined) return { kind };
  if (kind === "window" && count !== undefined) return { kind, messages: Number(count) };
  if (kind === "tokens" && count !== undefined) return { kind, tokens: Number(count) };
  faults.push(`MEMORY must be buffer, window:<messages> or tokens:<n>, and not "${given}".`);
  return { kind: "buffer" };
}

function storeOf(values: Values, keepDays: number, faults: string[]): StoreSettings {
  const given = values.STORE ?? "sqlite:./data/parlor.db";
  const durability = values.DURABILITY ?? "os";
  if (durability !== "os" && durability !== "fsync")
    faults.push(`DURABILITY must be os or fsync, and not "${durability}".`);
  if (given === "memory:") return { kind: "memory" };
  const path = /^sqlite:(.+)$/.exec(given)?.[1];
  if (path === undefined) faults.push(`STORE must be sqlite:<file> or memory:, and not "${given}".`);
  return { kind: "sqlite", path: path ?? "", durability: durability === "fsync" ? "fsync" : "os", keepDays };
}

/** Whoever is reachable from elsewhere must say which pages may talk to it. */
function originsOf(given: string | undefined, { host, faults }: { host: string; faults: string[] }) {
  if (given === undefined) {
    if (!isLoopbackHost(host))
      faults.push(
        `HOST="${host}" can be reached from elsewhere: set ALLOWED_ORIGINS, for example https://chat.example.`,
      );
    return undefined;
  }
  const origins = given.split(",").map((origin) => origin.trim());
  for (const origin of origins)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      faults.push(
        `ALLOWED_ORIGINS must be origins like https://chat.example, separated by commas, and not "${origin}".`,
      );
  return origins;
}

function levelOf(given: string, faults: string[]): LogLevel {
  const level = logLevels.find((one) => one === given);
  if (!level) faults.push(`LOG_LEVEL must be one of ${logLevels.join(", ")}, and not "${given}".`);
  return level ?? "info";
}
