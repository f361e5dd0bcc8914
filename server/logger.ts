// Structured logs: one JSON object a line, on standard error. Never keys, never the text of messages.

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

type Fields = Readonly<Record<string, string | number | boolean | undefined>>;
type Write = (event: string, fields?: Fields) => void;

export type Logger = Readonly<Record<Exclude<LogLevel, "silent">, Write>>;

export function createLogger(level: LogLevel, out: (line: string) => void = toStandardError): Logger {
  const least = logLevels.indexOf(level);
  const write =
    (name: LogLevel): Write =>
    (event, fields) => {
      if (logLevels.indexOf(name) < least) return;
      out(JSON.stringify({ time: new Date().toISOString(), level: name, event, ...fields }));
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

const toStandardError = (line: string): void => void process.stderr.write(`${line}\n`);

const statusOf = (cause: unknown): unknown => (cause as { status?: unknown } | undefined)?.status;

/** What may be said of an unexpected error: its kind and where it came from, and not its text. */
export function faultFields(error: unknown): Fields {
  if (!(error instanceof Error)) return { fault: typeof error };
  const at = error.stack?.split("\n").find((line) => line.trimStart().startsWith("at "));
  const reason = error.name === "StorageError" ? error.message : undefined; // the store's own words, and nobody's text
  const { code, status = statusOf(error.cause) } = error as { code?: string; status?: unknown };
  return {
    fault: error.name,
    reason,
    at: at?.trim(),
    ...(code !== undefined && { code }),
    ...(typeof status === "number" && { status }),
  };
}
