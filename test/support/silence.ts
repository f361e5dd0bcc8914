// How long a watchdog waits, without a clock in the test: until one of the same kind has given a silent model up.
import { generate } from "../../server/chain/generation.ts";
import type { Watchdogs } from "../../server/chain/halt.ts";
import { createScriptedModel } from "./scripted-model.ts";

/** Resolves when a model that says nothing has been given up. Watchdogs that were set before would have fired by then. */
export async function givenUp(watchdogs: Watchdogs): Promise<void> {
  const prompt = () => Promise.resolve([{ role: "user", content: "Hello" } as const]);
  for await (const { finish } of generate({ llm: createScriptedModel(), prompt, watchdogs }))
    if (finish !== "timeout") throw new Error(`a silent model ended with ${finish}`);
}
