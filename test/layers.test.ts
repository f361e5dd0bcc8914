// The walls of the house: imports go one way.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "@jest/globals";

const root = join(import.meta.dirname, "..");

type Import = { from: string; to: string; isType: boolean; isLazy: boolean };

/** Every import in these folders: ours by their paths, others by their names. */
function imports(folders: readonly string[]): Import[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) =>
        join(folder, file),
      ),
    )
    .filter((file) => /\.tsx?$/.test(file))
    .flatMap((from) => {
      const source = readFileSync(join(root, from), "utf8");
      const found = source.matchAll(
        /(?:^import|^export(?= (?:type )?[{*])|^} from|(\bawait import\())\s*(type\b)?[^"'();=]*?["']([^"']+)["']/gm,
      );
      return [...found].map(([, lazy, type, to = ""]) => ({
        from,
        to: to.startsWith(".") ? relative(root, join(root, dirname(from), to)) : to,
        isType: type !== undefined,
        isLazy: lazy !== undefined,
      }));
    });
}

/** The room of a file: a folder, or the server's own files by their place at the top. */
const roomOf = (path: string): string =>
  /^(shared|client\/page\/write|client\/page|client|terminal|server\/(?:log|models|chain|hub|coauthor|documents))\//.exec(
    path,
  )?.[1] ?? path;

/** What the settings mean, without a server. */
const settings = ["server/config.ts", "server/flags.ts", "server/memory.ts"];

/** What each room may see besides itself, rooms or single files. Files at the top of server/ may see everything below them. */
const sees: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  client: ["shared"],
  "client/page": ["shared", "client"],
  "client/page/write": ["shared", "client", "client/page"],
  "server/models": ["shared"],
  "server/log": ["shared"],
  "server/chain": ["shared", "server/models"],
  "server/coauthor": ["shared", "server/models/message.ts", "server/models/missing-package.ts"],
  "server/hub": [
    "shared",
    "server/models",
    "server/chain",
    "server/log",
    "server/coauthor",
    "server/logger.ts",
  ],
  "server/documents": [
    "shared",
    "server/log",
    "server/coauthor/document.ts",
    "server/coauthor/sync.ts",
    "server/hub/heartbeat.ts",
    "server/hub/limits.ts",
    "server/logger.ts",
  ],
  terminal: ["shared", "server/models", "server/chain", ...settings, "client"],
};

const all = imports(["shared", "server", "client", "terminal"]);
const examples = imports(["examples"]);
const ours = all.filter(({ to }) => /^(shared|server|client|terminal)\//.test(to));
const others = all.filter(({ to }) => !/^(shared|server|client|terminal)\//.test(to));

describe("the walls", () => {
  test("there is something to look at", () => {
    expect(ours.length).toBeGreaterThan(100);
    expect(others.length).toBeGreaterThan(20);
  });

  test("imports between rooms go one way", () => {
    const wrong = ours.filter(({ from, to }) => {
      const [here, there] = [roomOf(from), roomOf(to)];
      return here !== there && sees[here] && !sees[here].includes(there) && !sees[here].includes(to);
    });
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  test("the command is imported by nobody, and nobody but it and the page reaches up", () => {
    expect(ours.filter(({ to }) => to === "server/main.ts")).toEqual([]);
    expect(ours.filter(({ from, to }) => from.startsWith("server/") && to.startsWith("client/"))).toEqual([]);
  });

  test("the terminal is imported by nobody but the command, and only when it is asked for", () => {
    const visitors = ours.filter(
      ({ from, to }) => to.startsWith("terminal/") && !from.startsWith("terminal/"),
    );
    expect(visitors).toEqual([
      { from: "server/main.ts", to: "terminal/chat.ts", isType: false, isLazy: true },
    ]);
  });

  test.each([
    ["ws", /^server\/(hub\/|documents\/|server\.ts|coauthor\/socket\.ts)/],
    ["@hocuspocus/provider", /^server\/coauthor\/hocuspocus\.ts$/],
    ["y-websocket", /^(server\/coauthor\/y-websocket\.ts|client\/page\/write\/document\.ts)$/],
    ["openai", /^server\/models\/openai-api\.ts$/],
    ["@anthropic-ai/sdk", /^server\/models\/anthropic\.ts$/],
    ["gpt-tokenizer/encoding/o200k_base", /^server\/chain\/tokens\.ts$/],
    ["@opentelemetry/api", /^server\/opentelemetry\.ts$/],
    ["node:sqlite", /^server\/log\/sqlite/],
    ["node:worker_threads", /^server\/log\//],
    ["zod", /^shared\/(protocol|target)\.ts$/],
    ["node:readline", /^terminal\/prompt\.ts$/],
    ["node:http", /^server\/(server|handshake|page|models\/fetch)\.ts$/],
  ])("%s is imported only where the plan says", (name, allowed) => {
    expect(others.filter(({ from, to }) => to === name && !allowed.test(from))).toEqual([]);
  });

  test("Yjs is where documents are", () => {
    const found = others.filter(({ to }) => /^(yjs|y-protocols|lib0)(\/|$)/.test(to));
    const strange = found.filter(
      ({ from }) => !/^(server\/(coauthor|documents)|client\/page\/write)\//.test(from),
    );
    expect(strange).toEqual([]);
    expect(found.length).toBeGreaterThan(10);
  });

  test.each([
    "openai",
    "@anthropic-ai/sdk",
    "gpt-tokenizer/encoding/o200k_base",
    "@hocuspocus/provider",
    "y-websocket",
  ])("%s is loaded only when it is asked for", (name) => {
    const found = others.filter(({ from, to }) => to === name && from.startsWith("server/"));
    expect(found.filter(({ isType }) => !isType).map(({ isLazy }) => isLazy)).toEqual([true]);
  });

  test("the browser loads no zod: of the protocol it imports types", () => {
    const values = ours.filter(
      ({ from, to, isType }) =>
        /^shared\/(protocol|target)\.ts$/.test(to) && !isType && !/^(server|shared)\//.test(from),
    );
    expect(values).toEqual([]);
  });

  test("the browser loads no package but React, and only the hook and the pages do that", () => {
    const isReact = ({ to }: Import): boolean => /^react(-dom)?(\/|$)/.test(to);
    const foreign = others.filter((found) => found.from.startsWith("client/") && !isReact(found));
    expect(foreign.filter(({ from }) => !from.startsWith("client/page/write/"))).toEqual([]);
    const readers = [...others, ...examples].filter(isReact).map(({ from }) => from);
    expect(
      readers.filter((file) => !/^(client\/react\.ts$|client\/page\/|examples\/react\/)/.test(file)),
    ).toEqual([]);
    expect(readers).toContain("client/page/main.tsx");
  });

  test("where people write together there is an editor, and nothing else that is not ours", () => {
    const editor = [
      ...["@codemirror/commands", "@codemirror/state", "@codemirror/view"],
      ...["y-codemirror.next", "y-websocket", "yjs"],
    ];
    const found = others.filter(({ from, to }) => from.startsWith("client/page/write/") && to !== "react");
    expect([...new Set(found.map(({ to }) => to))].sort()).toEqual(["react-dom/client", ...editor].sort());
  });

  test("the hook is not in the SDK: who has no React can load that", () => {
    expect(
      ours.filter(({ from, to }) => to === "client/react.ts" && !from.startsWith("client/page/")),
    ).toEqual([]);
  });

  test("only the configuration reads the environment and the command line, and only main hands them over", () => {
    const readers = all
      .map(({ from }) => from)
      .filter((file) => /process\.(env|argv)/.test(readFileSync(join(root, file), "utf8")));
    expect([...new Set(readers)]).toEqual(["server/main.ts"]);
  });

  test("exactly one line of code writes a run's end, and one more for runs that a crash left open", () => {
    const writers = all
      .map(({ from }) => from)
      .filter((file, index, files) => files.indexOf(file) === index && file.startsWith("server/"))
      .flatMap((file) =>
        [...readFileSync(join(root, file), "utf8").matchAll(/type: "end"/g)].map(() => file),
      );
    expect(writers.sort()).toEqual(["server/chain/run.ts", "server/hub/recovery.ts"]);
  });
});
