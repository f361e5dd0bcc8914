// From a name like `openai:gpt-5-mini` to a model. A provider's package is loaded only when its model is asked for.
import { DemoModel } from "./demo.ts";
import type { ChatModel } from "./model.ts";
import { withRetry } from "./retry.ts";

/** Providers that `openModel` knows. */
export const providers = ["openai", "demo"] as const;

export type ModelSettings = {
  provider: (typeof providers)[number];
  /** The provider's name of the model; for `demo` the seed, where there is one. */
  name: string | undefined;
  apiKey?: string | undefined;
  baseURL?: string | undefined;
  temperature?: number | undefined;
};

export async function openModel(settings: ModelSettings): Promise<ChatModel> {
  switch (settings.provider) {
    case "demo":
      return new DemoModel(settings.name === undefined ? {} : { seed: settings.name });
    case "openai": {
      const { ChatOpenAI } = await import("./openai.ts");
      return withRetry(new ChatOpenAI({ ...settings, model: settings.name ?? "" }));
    }
  }
}
