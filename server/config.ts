// The configuration, checked once, all faults together. Every default is here.
import { limits } from "../shared/limits.ts";
import { defaultWatchdogs, type Watchdogs } from "./chain/halt.ts";
import { defaultSystemPrompt } from "./chain/prompt.ts";
import type { DocumentServerSettings } from "./coauthor/servers.ts";
import { documentsOf } from "./document-settings.ts";
import { fromEnvironment, fromFlags, type Name, type Values } from "./flags.ts";
import { isLoopbackHost } from "./handshake.ts";
import type { Durability } from "./log/sqlite-file.ts";
import { logLevels, type LogLevel } from "./logger.ts";
import { modelsOf } from "./model-settings.ts";
import type { ModelSettings } from "./models/catalog.ts";

export type MemorySettings =
  | { readonly kind: "buffer" }
  | { readonly kind: "window"; readonly messages: number }
  | { readonly kind: "tokens"; readonly tokens: number }
  | { readonly kind: "summary"; readonly tokens: number };

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
  /** The first is asked; the others stand behind it. */
  readonly models: readonly [ModelSettings, ...ModelSettings[]];
  readonly systemPrompt: string;
  readonly memory: MemorySettings;
  readonly store: StoreSettings;
  readonly allowedOrigins: readonly string[] | undefined;
  /** Where the assistant may write into documents. The first is taken where none is named. */
  readonly documents: readonly DocumentServerSettings[];
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
    models: modelsOf(values, faults),
    systemPrompt: values.SYSTEM_PROMPT ?? defaultSystemPrompt,
    memory: memoryOf(values.MEMORY ?? "tokens:8000", faults),
    store: storeOf(values, number("KEEP_DAYS", 30, { least: 0, most: 36_500 }), faults),
    allowedOrigins: originsOf(values.ALLOWED_ORIGINS, { host, faults }),
    documents: documentsOf(values.DOCUMENTS, faults),
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

function memoryOf(given: string, faults: string[]): MemorySettings {
  const [, kind, count] = /^(buffer|window|tokens|summary)(?::([1-9]\d{0,8}))?$/.exec(given) ?? [];
  if (kind === "buffer" && count === undefined) return { kind };
  if (kind === "window" && count !== undefined) return { kind, messages: Number(count) };
  if ((kind === "tokens" || kind === "summary") && count !== undefined)
    return { kind, tokens: Number(count) };
  faults.push(`MEMORY must be buffer, window:<messages>, tokens:<n> or summary:<n>, and not "${given}".`);
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
