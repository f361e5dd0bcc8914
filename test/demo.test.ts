// The demo model: honest about what it is, and a good stand-in.
import { readFileSync } from "node:fs";
import { join } from "node:path";
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
    expect(text.split("\n\n").length).toBeGreaterThanOrEqual(6);
  });

  test("remembers the conversation", async () => {
    const text = await answer(quick(), "I am Ada", "I like tea", "What do you know?");
    expect(text).toContain("3 things");
    expect(text).toContain("“I am Ada”");
    expect(text).toContain("“I like tea”");
  });

  test("takes a speaker's name for no word of theirs, and speaks of no button, page or key", async () => {
    const said = ["Ada: Hello", "Bob: A list!", "Ada: And a table?", "Bob: Code", "Ada: Well", "Bob: Bye"];
    for (let count = 1; count <= said.length; count++) {
      const text = await answer(quick(), ...said.slice(0, count));
      expect(text).toContain(`I was told is “${said[count - 1]}”`);
      expect(text).not.toMatch(
        /you said|your (message|question)|words? long|press|\bclick|reload|link|ctrl/i,
      );
    }
  });

  test("says the same again under the same seed, and something else under another", async () => {
    expect(await answer(quick("a"), "Hello")).toBe(await answer(quick("a"), "Hello"));
    const others = await Promise.all(["b", "c", "d", "e"].map((seed) => answer(quick(seed), "Hello")));
    expect(new Set(others).size).toBeGreaterThan(1);
  });

  const shows = {
    list: /^1\. .*\n2\. .*\n {3}- /m,
    table: /^\| .* \|\n\| -+ \| -+ \|\n\| /m,
    code: /^```js\n[^`]*\n```$/m,
  };
  const shown = (text: string): string[] =>
    Object.entries(shows).flatMap(([name, markdown]) => (markdown.test(text) ? [name] : []));

  test("shows one piece of Markdown in each answer, each time the next", async () => {
    const said = ["Hello", "How are you?", "I see"];
    const texts = await Promise.all(said.map((_, index) => answer(quick(), ...said.slice(0, index + 1))));
    expect(texts.map(shown).flat().sort()).toEqual(["code", "list", "table"]);
    expect(texts.map((text) => shown(text).length)).toEqual([1, 1, 1]);
    for (const text of texts) expect(text).toMatch(/\*\*stand-in\*\*[^]*`OPENAI_API_KEY`/);
  });

  test("shows the one that was asked for", async () => {
    for (const seed of ["a", "b", "c"]) {
      expect(shown(await answer(quick(seed), "Make me a table, please"))).toEqual(["table"]);
      expect(shown(await answer(quick(seed), "Ada: some CODE"))).toEqual(["code"]);
      expect(shown(await answer(quick(seed), "A table", "Now a list"))).toEqual(["list"]);
    }
  });

  test("shows the client of the README, line by line", async () => {
    const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
    const client = /```js\n[^]*?```/.exec(readme)?.[0] ?? "none";
    expect(await answer(quick(), "code")).toContain(`\n\n${client}\n\n`);
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
