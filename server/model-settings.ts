// What MODEL and the providers' own settings say, checked.
import type { Values } from "./flags.ts";
import type { ModelSettings } from "./models/catalog.ts";

/** The model that is used when there is a key of OpenAI and nothing else is said. */
const defaultOpenAIModel = "gpt-5-mini";

type Provider = ModelSettings["provider"];

const providers: readonly Provider[] = ["openai", "openai-responses", "azure", "anthropic", "demo"];

type Models = readonly [ModelSettings, ...ModelSettings[]];

/** `provider:name`, or several of them, separated by commas, in the order in which they are asked. */
export function modelsOf(values: Values, faults: string[]): Models {
  const { MODEL, OPENAI_API_KEY: key, OPENAI_BASE_URL: baseURL } = values;
  if (baseURL && !key && MODEL === undefined)
    faults.push("OPENAI_BASE_URL is set: say which model to use there, for example MODEL=openai:llama3.2.");
  for (const name of addresses)
    if (values[name] && !(/^https?:\/\//.test(values[name]) && URL.canParse(values[name])))
      faults.push(`${name} must be an address that begins with http:// or https://.`);
  const temperature = temperatureOf(values.TEMPERATURE, faults);
  const [first = "", ...others] = (MODEL ?? (key ? `openai:${defaultOpenAIModel}` : "demo")).split(",");
  const read = (given: string) => modelOf(given.trim(), { values, faults, temperature });
  return [read(first), ...others.map(read)];
}

const addresses = ["OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT", "ANTHROPIC_BASE_URL"] as const;

type Parts = { values: Values; faults: string[]; temperature: number | undefined };

function modelOf(given: string, parts: Parts): ModelSettings {
  const { faults } = parts;
  const [, word, name] = /^([^:]*)(?::(.*))?$/.exec(given) ?? [];
  const provider = providers.find((one) => one === word);
  if (provider === "demo") return { provider, seed: name };
  if (!provider) faults.push(`MODEL must be ${providers.join(":<name>, ")}, or several, and not "${given}".`);
  else if (!name) faults.push(`MODEL needs the model's name, for example "${examples[provider]}".`);
  return provider && name ? withAccess(provider, { ...parts, name, given }) : { provider: "demo" };
}

const examples: Readonly<Record<Provider, string>> = {
  openai: `openai:${defaultOpenAIModel}`,
  "openai-responses": `openai-responses:${defaultOpenAIModel}`,
  azure: "azure:<deployment>",
  anthropic: "anthropic:claude-haiku-4-5",
  demo: "demo",
};

type Named = Parts & { name: string; given: string };

/** How the provider is reached, and by which key. */
function withAccess(provider: Exclude<Provider, "demo">, named: Named): ModelSettings {
  const { values, name, temperature, faults, given } = named;
  const needs = (what: string): void => void faults.push(`MODEL="${given}" needs ${what}.`);
  switch (provider) {
    case "openai":
    case "openai-responses": {
      const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL } = values;
      if (!apiKey && !baseURL) needs("OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own");
      return { provider, name, temperature, apiKey, baseURL };
    }
    case "anthropic": {
      const { ANTHROPIC_API_KEY: apiKey, ANTHROPIC_BASE_URL: baseURL } = values;
      if (!apiKey) needs("ANTHROPIC_API_KEY");
      return { provider, name, temperature, apiKey, baseURL };
    }
    case "azure": {
      const { AZURE_OPENAI_ENDPOINT: endpoint = "", AZURE_OPENAI_API_KEY: apiKey = "" } = values;
      const { OPENAI_API_VERSION: apiVersion = "" } = values;
      if (!endpoint || !apiKey || !apiVersion)
        needs("AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_KEY and OPENAI_API_VERSION");
      return { provider, name, temperature, endpoint, apiKey, apiVersion };
    }
  }
}

function temperatureOf(given: string | undefined, faults: string[]): number | undefined {
  if (given === undefined) return undefined;
  const value = given.trim() === "" ? NaN : Number(given);
  if (!(value >= 0 && value <= 2))
    faults.push(`TEMPERATURE must be a number from 0 to 2, and not "${given}".`);
  return value;
}
