// What a browser has to load: the SDK, the hook, and the pages. Zipped, in bytes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { execute, root } from "./support/packed.ts";

const zipped = (code: string | Buffer): number => gzipSync(code, { level: 9 }).length;

/**
 * What a bundler gives to a browser that asks for these names: minified, with all that they need but React. In a process of
 * its own, for vite does not run inside jest.
 */
async function bundled(entry: string, names = "*"): Promise<string> {
  const asked = `export ${names} from ${JSON.stringify(join(root, entry))};`;
  const script = `
    import { build } from "vite";
    const options = {
      input: "asked",
      external: /^react($|\\/)/,
      preserveEntrySignatures: "strict",
      output: { format: "es" },
    };
    const asked = {
      name: "asked",
      resolveId: (name) => (name === "asked" ? name : undefined),
      load: (name) => (name === "asked" ? ${JSON.stringify(asked)} : undefined),
    };
    const { output } = await build({
      configFile: false,
      logLevel: "error",
      plugins: [asked],
      build: { write: false, minify: true, modulePreload: false, rolldownOptions: options },
    });
    console.log(output.map(({ code }) => code).join(""));`;
  const { code, output, errors } = await execute(["node", "--input-type=module", "-e", script], {
    cwd: root,
  });
  if (code !== 0) throw new Error(errors);
  return output;
}

const imported = (code: string): (string | undefined)[] =>
  [...code.matchAll(/(?:from|^import|;import)\s*["'`]([^"'`]+)["'`]/g)].map(([, name]) => name);

const folder = join(root, "dist/page");

/** The scripts and styles that a page names, and those that these import. What is loaded later than that would be found too. */
function loadedBy(page: string): string[] {
  const found = new Set<string>();
  const look = (name: string): void => {
    const text = readFileSync(join(folder, name), "utf8");
    for (const [asset] of text.matchAll(/[\w-]+\.(?:js|css)(?=["'`])/g)) {
      if (found.has(`assets/${asset}`)) continue;
      found.add(`assets/${asset}`);
      look(`assets/${asset}`);
    }
  };
  look(page);
  return [...found];
}

/** Fails with the number in words. */
function expectAtMost(limit: number, bytes: number): void {
  const size = (count: number): string => `${count.toLocaleString("en")} bytes`;
  if (bytes > limit) throw new Error(`It zips to ${size(bytes)}, and may be ${size(limit)}.`);
}

describe("what a browser loads", () => {
  test("connect, with all that it needs, zips to at most 6.5 kB", async () => {
    const code = await bundled("client/index.ts", "{ connect, TalkError }");
    expect(code).toContain("WebSocket");
    expect(imported(code)).toEqual([]);
    expectAtMost(6_500, zipped(code));
  });

  test("the whole of parlor/client, with sentences for a voice, zips to at most 7.7 kB", async () => {
    const code = await bundled("client/index.ts");
    expect(imported(code)).toEqual([]);
    expectAtMost(7_700, zipped(code));
  });

  test("parlor/react, with the SDK and without React, zips to at most 7.2 kB", async () => {
    const code = await bundled("client/react.ts");
    expect(imported(code)).toEqual(["react"]);
    expectAtMost(7_200, zipped(code));
  });

  test.each([
    { page: "index.html", what: "the room", kB: 40 },
    { page: "write.html", what: "the desk, with its editor", kB: 165 },
  ])("$what, with all that it needs, zips to at most $kB kB", ({ page, kB }) => {
    const loaded = loadedBy(page);
    expect(loaded.length).toBeGreaterThan(2);
    const sizes = loaded.map((name) => zipped(readFileSync(join(folder, name))));
    expectAtMost(
      kB * 1_000,
      sizes.reduce((sum, bytes) => sum + bytes, 0),
    );
  });

  test("the room loads nothing of the editor", () => {
    const [room, desk] = ["index.html", "write.html"].map((page) =>
      loadedBy(page).filter((name) => readFileSync(join(folder, name), "utf8").includes("cm-content")),
    );
    expect(room).toEqual([]);
    expect(desk).toHaveLength(1);
  });
});
