// What a test opens and must close again: servers, clients, upstreams. Closed in reverse order after each test.
import { afterEach } from "@jest/globals";
import { createScriptedModel, type ScriptedModel } from "./scripted-model.ts";
import { startParlor, type Parlor } from "./parlor.ts";
import { startUpstream, type Upstream, type UpstreamRequest } from "./upstream.ts";
import { ChatOpenAI } from "../../server/models/openai.ts";
import { withRetry } from "../../server/models/retry.ts";

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Has something closed when the test ends. */
export const closing = (close: () => Promise<unknown>): void => void closers.push(close);

type Options = Omit<Parameters<typeof startParlor>[0], "model">;

/** A server whose model is in the test's hand. */
export async function parlorWithScript(
  options: Options & { model?: ScriptedModel } = {},
): Promise<Parlor & { model: ScriptedModel }> {
  const model = options.model ?? createScriptedModel();
  const parlor = await startParlor({ ...options, model });
  closing(() => parlor.stop());
  return { ...parlor, model };
}

/** A server on the real OpenAI model, and the HTTP server that it talks to. */
export async function parlorWithUpstream(
  options: Options & { onRequest?: (request: UpstreamRequest) => void } = {},
): Promise<Parlor & { upstream: Upstream }> {
  const { onRequest, ...rest } = options;
  const upstream = await startUpstream(onRequest);
  closing(() => upstream.close());
  const model = withRetry(
    new ChatOpenAI({ model: "test-model", apiKey: "sk-secret-of-tests", baseURL: upstream.url }),
  );
  const parlor = await startParlor({ ...rest, model });
  closing(() => parlor.stop());
  return { ...parlor, upstream };
}
