// The demo model: honest about what it is, and a good stand-in.
import { describe, expect, test } from "@jest/globals";
import { DemoModel } from "../server/models/demo.ts";
import type { ChatMessage } from "../server/models/model.ts";

const quick = (seed?: string): DemoModel => new DemoModel({ wordMs: 0, ...(seed !== undefined && { seed }) });

async function answer(model: DemoModel, ...said: string[]): Promise<string> {
  const messages: ChatMessage[] = said.map((content) => ({ role: "user", content }));
  let text = "";
  for await (const chunk of model.stream(messages)) text += chunk.text ?? "";
  return text;
}

describe("the demo", () => {
  test("says that it is no language model, speaks of what was said, in several paragraphs", async () => {
    const text = await answer(quick(), "How are you?");
    expect(text).toContain("not a language model");
    expect(text).toContain("“How are you?”");
    expect(text.split("\n\n").length).toBeGreaterThanOrEqual(4);
  });

  test("remembers the conversation", async () => {
    const text = await answer(quick(), "I am Ada", "I like tea", "What do you know?");
    expect(text).toContain("3 things");
    expect(text).toContain("“I am Ada”");
    expect(text).toContain("“I like tea”");
  });

  test("says the same again under the same seed, and something else under another", async () => {
    expect(await answer(quick("a"), "Hello")).toBe(await answer(quick("a"), "Hello"));
    const others = await Promise.all(["b", "c", "d", "e"].map((seed) => answer(quick(seed), "Hello")));
    expect(new Set(others).size).toBeGreaterThan(1);
  });

  test("ends with a finish marker, and stops at once when it is told to", async () => {
    const chunks = [];
    for await (const chunk of quick().stream([{ role: "user", content: "x" }])) chunks.push(chunk);
    expect(chunks.at(-1)).toEqual({ text: "", finish: "stop" });
    const controller = new AbortController();
    const slow = new DemoModel({ wordMs: 60_000 }).stream([{ role: "user", content: "x" }], controller);
    const first = slow.next();
    controller.abort();
    await expect(first).rejects.toThrow();
  });
});
