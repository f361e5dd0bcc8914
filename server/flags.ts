// The settings as they are given: environment variables and flags, by name, unchecked.
import { parseArgs } from "node:util";

/** All settings by name. Each is an environment variable and, in lower case with dashes, a flag; flags win. */
const names = [
  "PORT",
  "HOST",
  "MODEL",
  "OPENAI_API_KEY",
  "OPENAI_BASE_URL",
  "OPENAI_API_VERSION",
  "AZURE_OPENAI_ENDPOINT",
  "AZURE_OPENAI_API_KEY",
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_BASE_URL",
  "SYSTEM_PROMPT",
  "TEMPERATURE",
  "MEMORY",
  "STORE",
  "DURABILITY",
  "KEEP_DAYS",
  "ALLOWED_ORIGINS",
  "DOCUMENTS",
  "MAX_FRAME_BYTES",
  "MAX_TEXT_CHARS",
  "MAX_COMMANDS_PER_SECOND",
  "FIRST_TOKEN_MS",
  "IDLE_MS",
  "MAX_RUN_MS",
  "ABANDONED_RUN_MS",
  "LOG_LEVEL",
] as const;

export type Name = (typeof names)[number];
export type Values = Partial<Record<Name, string>>;

/** An empty variable counts as absent. */
export function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Values {
  return Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
}

const flagOf = (name: Name): string => name.toLowerCase().replaceAll("_", "-");

/** So look flags that are misspelt, and so do not look keys: what stands in the wrong place may be one. */
const looksLikeFlag = /^--[a-z]+(-[a-z]+)*$/;

const misplaced =
  "Something that is neither a flag nor the value of one is not understood; --help lists the flags.";

export function fromFlags(args: readonly string[], faults: string[]): Values {
  const options = Object.fromEntries(names.map((name) => [flagOf(name), { type: "string" as const }]));
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const values: Values = {};
  for (const token of tokens) {
    const name = token.kind === "option" ? names.find((one) => flagOf(one) === token.name) : undefined;
    if (token.kind === "option" && name && token.value) values[name] = token.value;
    else if (token.kind === "option" && name) faults.push(`${token.rawName} needs a value.`);
    else if (token.kind === "option" && looksLikeFlag.test(token.rawName))
      faults.push(`${token.rawName} is no flag here; --help lists them.`);
    else if (token.kind !== "option-terminator" && !faults.includes(misplaced)) faults.push(misplaced);
  }
  return values;
}

/** What `--help` prints. */
export const helpText = `Usage: npx parlor [flags]
       npx parlor chat [flags]    talks in the terminal; --help says more

Each flag is an environment variable too: --port is PORT. README.md says what they mean.

${names.map((name) => `  --${flagOf(name)}`).join("\n")}`;
