// PROTOCOL.md is the protocol: its tables and the JSON Schema come from the code, and its rules are held by tests.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { pagePath, protocolPage, protocolSchema, schemaPath } from "../scripts/protocol-page.ts";

const page = readFileSync(pagePath, "utf8");

const testFiles = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".ts"),
);

describe("the protocol page", () => {
  test("its tables are those of the code (else: npm run protocol)", () => {
    expect(protocolPage(page)).toBe(page);
    expect(protocolPage("<!-- commands: generated -->\n<!-- end -->")).toContain("`regenerate`");
  });

  test("the JSON Schema is that of the code (else: npm run protocol)", () => {
    expect(readFileSync(schemaPath, "utf8")).toBe(protocolSchema());
  });

  test("every rule is quoted by the title of a test", () => {
    const rules = [...page.matchAll(/^- \*\*\[([A-Z]\d)\]\*\*/gm)].map(([, id]) => id as string);
    expect(rules.length).toBe(15);
    const titles = testFiles
      .map((file) => readFileSync(join(import.meta.dirname, file), "utf8"))
      .flatMap((source) => [...source.matchAll(/test(?:\.each\([^]*?\))?\(\s*["'`]((?:\[[A-Z]\d\])+)/g)])
      .flatMap(([, ids]) => [...(ids as string).matchAll(/[A-Z]\d/g)].map(([id]) => id));
    expect(rules.filter((rule) => !titles.includes(rule))).toEqual([]);
    expect(titles.filter((rule) => !rules.includes(rule))).toEqual([]);
  });

  test("the client on the page is the one that the README shows, and a test runs", () => {
    const client = /```js\n([^]*?)```/.exec(page)?.[1];
    expect(client).toBeDefined();
    expect(readFileSync(join(pagePath, "../README.md"), "utf8")).toContain(client);
  });
});
