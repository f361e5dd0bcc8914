// From settings like `openai:gpt-5-mini` to a model.
import { AzureChatOpenAI } from "./azure.ts";
import { ChatAnthropic } from "./anthropic.ts";
import { DemoModel } from "./demo.ts";
import { withFallbacks, type FallbackOptions } from "./fallback.ts";
import type { ChatModel } from "./model.ts";
import { ChatOpenAI } from "./openai.ts";
import { withRetry } from "./retry.ts";

type Shared = { readonly name: string; readonly temperature?: number | undefined };

/** One model, by its provider. `openai-responses` is `openai` by another API. */
export type ModelSettings =
  | { readonly provider: "demo"; readonly seed?: string | undefined }
  | (Shared & {
      readonly provider: "openai" | "openai-responses" | "anthropic";
      readonly apiKey?: string | undefined;
      readonly baseURL?: string | undefined;
    })
  | (Shared & {
      readonly provider: "azure";
      readonly endpoint: string;
      readonly apiKey: string;
      readonly apiVersion: string;
    });

/**
 * The first model, with the others behind it, each of which tries again where that may help.
 * @throws MissingPackageError
 */
export async function openModel(
  [first, ...others]: readonly [ModelSettings, ...ModelSettings[]],
  { firstTokenMs, onFallback }: { firstTokenMs: number } & Pick<FallbackOptions, "onFallback">,
): Promise<ChatModel> {
  if (others.length === 0) return open(first);
  const patienceMs = firstTokenMs / (others.length + 1); // together they have the time that one has alone
  return withFallbacks([await open(first), ...(await Promise.all(others.map(open)))], {
    patienceMs,
    ...(onFallback && { onFallback }),
  });
}

async function open(settings: ModelSettings): Promise<ChatModel> {
  if (settings.provider === "demo") return new DemoModel(settings.seed ? { seed: settings.seed } : {});
  const model = remote(settings);
  await model.load();
  return withRetry(model);
}

function remote({ name, ...settings }: Exclude<ModelSettings, { provider: "demo" }>) {
  switch (settings.provider) {
    case "openai":
      return new ChatOpenAI({ ...settings, model: name });
    case "openai-responses":
      return new ChatOpenAI({ ...settings, model: name, useResponsesApi: true });
    case "azure":
      return new AzureChatOpenAI({ ...settings, deployment: name });
    case "anthropic":
      return new ChatAnthropic({ ...settings, model: name });
  }
}
