// The package: what it exports, what it loads, and that it works for a stranger who installs its tarball.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "@jest/globals";
import ts from "typescript";
import * as parlor from "../server/index.ts";
import * as spans from "../server/opentelemetry.ts";
import { connect } from "./support/client.ts";
import { execute, installPackage, root, shell, type Ended } from "./support/packed.ts";
import { startUpstream, type Upstream } from "./support/upstream.ts";
import { closing } from "./support/world.ts";

const entries = ["server/index.ts", "server/opentelemetry.ts", "client/index.ts", "client/react.ts"].map(
  (file) => join(root, file),
);

/** What all entries export, with the checker that knows it. */
function exported() {
  const { options } = ts.convertCompilerOptionsFromJson({ strict: true, module: "nodenext" }, root);
  const program = ts.createProgram(entries, options);
  const checker = program.getTypeChecker();
  const symbols = entries.flatMap((entry) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.SourceFile);
    return checker.getExportsOfModule(module as ts.Symbol);
  });
  const own = (symbol: ts.Symbol): ts.Symbol =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return symbols.map((symbol) => ({ name: symbol.name, symbol: own(symbol), checker }));
}

describe("what the package exports", () => {
  test("every public name says what it is", () => {
    const all = exported();
    expect(all.length).toBeGreaterThan(60);
    const silent = all.filter(({ symbol, checker }) => symbol.getDocumentationComment(checker).length === 0);
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  test("the README names every value among them", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const names = [parlor, spans].flatMap(Object.keys);
    expect(names.length).toBeGreaterThan(25);
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });

  test("it loads nothing of the server, and what is heavy only when it is asked for", async () => {
    const loaded = await loadedBy(entries[0] as string);
    const ours = loaded.filter((url) => url.startsWith("file:") && !url.includes("/node_modules/"));
    expect(ours.length).toBeGreaterThan(20);
    expect(
      ours.filter((url) => !/\/(server\/(chain|models)\/|server\/index|shared\/limits)/.test(url)),
    ).toEqual([]);
    expect(packagesIn(loaded)).toEqual(["uuid"]);
    expect(loaded).not.toContain("node:sqlite");
  });

  test("the SDK for browsers loads nothing but its own files, in Node too", async () => {
    const loaded = await loadedBy(join(root, "client/index.ts"));
    expect(loaded.length).toBeGreaterThan(10);
    const own = (url: string): boolean => /^(client\/(?!page\/)|shared\/(limits|transcript)\.ts$)/.test(url);
    const base = `${pathToFileURL(root).href}/`;
    expect(loaded.filter((url) => !own(url.replace(base, "")))).toEqual([]);
  });
});

/** The names of the packages that these files belong to. */
function packagesIn(files: readonly string[]): string[] {
  const names = files.map((file) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/** The addresses of all modules that an import of this one loads. */
async function loadedBy(path: string): Promise<string[]> {
  const script = `
    import { registerHooks } from "node:module";
    const urls = [];
    registerHooks({ resolve(...[specifier, context, next]) {
      const found = next(specifier, context);
      urls.push(found.url);
      return found;
    } });
    await import(${JSON.stringify(path)});
    console.log(JSON.stringify(urls));`;
  const { code, output, errors } = await execute(["node", "--input-type=module", "-e", script], {
    cwd: root,
  });
  if (code !== 0) throw new Error(errors);
  return JSON.parse(output) as string[];
}

describe("the command in a clone", () => {
  test("runs from the sources", async () => {
    const { code, output } = await execute(["npx", "parlor", "--help"], { cwd: root });
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("--openai-base-url") });
  });

  test.each(["18.20.8", "22.17.1"])("says in words that Node %s is too old", async (version) => {
    const pretend = `Object.defineProperty(process, "versions", { value: { node: "${version}" } })`;
    const old = ["node", "--import", `data:text/javascript,${encodeURIComponent(pretend)}`, "parlor.js"];
    expect(await execute(old, { cwd: root })).toEqual({
      code: 1,
      output: "",
      errors: `Parlor needs Node 22.18 or newer, and this is Node ${version}.\n`,
    });
  });
});

const installed = await installPackage();
afterAll(() => installed?.remove());
if (!installed) console.warn("Tests of the installed package are skipped: npm reaches no registry here.");

/** The folder of the stranger. */
const folder = installed?.folder ?? "";
const ours = join(folder, "node_modules/parlor");

(installed ? describe : describe.skip)("the package, installed in an empty folder", () => {
  test("has what it needs, and neither tests nor sources of the server", async () => {
    const files = await readdir(ours, { recursive: true });
    expect(files).toEqual(expect.arrayContaining(["README.md", "parlor.js", "dist/server/index.d.ts"]));
    const tops = new Set(files.map((file) => file.split("/")[0]));
    expect([...tops].sort()).toEqual(["LICENSE", "README.md", "dist", "package.json", "parlor.js"]);
    expect(files.filter((file) => /(?<!\.d)\.tsx?$/.test(file))).toEqual([]);
    const built = files
      .map((file) => /^dist\/([^/]+)\/[^/]+$/.exec(file)?.[1])
      .filter((name) => name !== undefined);
    expect([...new Set(built)].sort()).toEqual(["client", "page", "server", "shared", "terminal"]);
    expect(files).toEqual(expect.arrayContaining(["dist/client/index.d.ts", "dist/client/react.d.ts"]));
  });

  test("a script in JavaScript talks, remembers, and is cancelled", async () => {
    const upstream = await answering();
    const { code, output, errors } = await runScript("talk.mjs", talk, upstream);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(JSON.parse(output)).toEqual(["one two", "one two", "cancelled", "DemoModel"]);
    expect(upstream.requests[1]?.body.messages.map(({ content }) => content)).toEqual([
      expect.stringContaining("helpful"),
      ...["Hello", "one two", "And then?"],
    ]);
  });

  test("the README's script runs as it stands", async () => {
    const { code, output, errors } = await runScript(
      "readme.mts",
      readmeScript("The chain alone", "ts"),
      await answering(),
    );
    expect({ code, output, errors }).toEqual({ code: 0, output: "one twoone two\n", errors: "" });
  });

  test("the types are whole, for both ways to resolve modules, with and without those of Node", async () => {
    await writeFile(join(folder, "readme.mts"), readmeScript("The chain alone", "ts"));
    await writeFile(join(folder, "typed.mts"), typed);
    await writeFile(join(folder, "page.mts"), readmeScript("In your page", "js"));
    await writeFile(join(folder, "chat.tsx"), readmeScript("In your page", "jsx"));
    await writeFile(join(folder, "client.mts"), typedClient);
    await writeFile(join(folder, "hook.mts"), typedHook);
    await bring("@types/react");
    const types = join(root, "node_modules/@types");
    const shared = ["--jsx", "react-jsx", "client.mts", "hook.mts", "page.mts", "chat.tsx"];
    const checks = [
      [
        "--module",
        "nodenext",
        "--lib",
        "ES2024",
        "--types",
        "node",
        "--typeRoots",
        types,
        "readme.mts",
        ...shared,
      ],
      ["--module", "esnext", "--moduleResolution", "bundler", "typed.mts", ...shared],
    ];
    const compiler = ["node", join(root, "node_modules/typescript/lib/tsc.js"), "--ignoreConfig", "--noEmit"];
    const strictly = ["--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false", "--listFiles"];
    const ended = await Promise.all(
      checks.map((flags) => execute([...compiler, ...strictly, ...flags], { cwd: folder })),
    );
    for (const { code, output } of ended) {
      expect({ code, errors: output.match(/.*error TS.*/g) }).toEqual({ code: 0, errors: null });
      expect(packagesIn(output.split("\n").filter((file) => file.startsWith(folder)))).toEqual([
        "parlor",
        "zod",
      ]);
    }
  });

  test("`npx parlor --help` helps", async () => {
    const { code, output } = await execute(["npx", "parlor", "--help"], { cwd: folder });
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("--openai-base-url") });
  });

  test("`parlor` serves the pages, with all that they load", async () => {
    const { port } = await startInstalled({ STORE: "memory:" });
    const served = await loadedByPages(`http://127.0.0.1:${port}`);
    expect([...served.values()].filter((status) => status !== 200)).toEqual([]);
    const assets = (await readdir(join(ours, "dist/page/assets"))).map((name) => `/assets/${name}`);
    expect([...served.keys()].sort()).toEqual([...pages, ...assets].sort());
    expect([...new Set(assets.map((name) => name.replace(/.*\./, "")))].sort()).toEqual(["css", "js", "svg"]);
  });

  test("`parlor` works without its page, and says so", async () => {
    const [page, away] = [join(ours, "dist/page"), join(folder, "page")];
    await rename(page, away);
    closing(() => rename(away, page));
    const { port, stop } = await startInstalled({ STORE: "memory:" });
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    expect(await stop()).toContain('"level":"warn","event":"page.not_built"');
  });

  test("`parlor` keeps conversations below the folder where it was started", async () => {
    const { port, stop } = await startInstalled();
    const client = await connect(`ws://127.0.0.1:${port}/ws/room`);
    client.send({ type: "say", text: "Hello" });
    await client.words(20);
    client.send({ type: "cancel" });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    await client.close();
    expect(await stop()).not.toContain("Warning");
    expect(await readdir(join(folder, "data"))).toContain("parlor.db");
  });

  test("`npx parlor chat` answers what is piped into it", async () => {
    const { url } = await answering();
    const task = { cwd: folder, input: "hi\n", settings: { MODEL: "openai:m", OPENAI_BASE_URL: url } };
    const { code, output } = await execute(["npx", "parlor", "chat"], task);
    expect({ code, output }).toEqual({ code: 0, output: "one two\n" });
  });

  test("the README's script with `parlor/client` runs as it stands, and leaves nothing running", async () => {
    const { url } = await answering();
    const settings = { STORE: "memory:", MODEL: "openai:m", OPENAI_BASE_URL: url };
    const { port } = await startInstalled(settings);
    const script = readmeScript("In your page", "js").replace("localhost:8787", `127.0.0.1:${port}`);
    const { code, output, errors } = await runScript("ask.mjs", script);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output.split("\n")).toEqual(expect.arrayContaining(["open 0", "one two", "stop undefined"]));
  });

  test("`parlor/react` needs React, and nothing else", async () => {
    const script =
      'await import("parlor/react").then(() => console.log("there"), ({ message }) => console.log(message));';
    expect((await runScript("hook.mjs", script)).output).toMatch(/^Cannot find package 'react'/);
    await bring("react");
    expect((await runScript("hook.mjs", script)).output).toBe("there\n");
  });

  test("spans need `parlor/opentelemetry`, and its package", async () => {
    const script = 'await import("parlor/opentelemetry").catch(({ message }) => console.log(message));';
    const { output } = await runScript("spans.mjs", script);
    expect(output).toMatch(/^Cannot find package '@opentelemetry\/api'/);
  });
});

const talk = `
  import { ChatOpenAI, ConversationChain, DemoModel } from "parlor";
  const chain = new ConversationChain({ llm: new ChatOpenAI({ model: "m", apiKey: "k" }) });
  let words = "";
  for await (const { text } of chain.stream({ input: "Hello" })) words += text;
  const { response } = await chain.invoke({ input: "And then?" });
  let finish;
  for await (const chunk of chain.stream({ input: "Stop" }, { signal: AbortSignal.abort() })) finish = chunk.finish;
  console.log(JSON.stringify([words, response, finish, DemoModel.name]));`;

const typed = `
  import * as parlor from "parlor";
  import { ConversationChain, DemoModel, type CallbackHandler, type ChatModel, type EndReason } from "parlor";
  const handler: CallbackHandler = { handleLLMNewToken: (token) => console.log(token.length) };
  const llm: ChatModel = parlor.withRetry(new DemoModel({ wordMs: 0 }));
  const memory = new parlor.SummaryBufferMemory({ llm, maxTokenLimit: 100 });
  const chain = new ConversationChain({ llm, memory, callbacks: [handler] });
  let finish: EndReason | undefined;
  for await (const chunk of chain.stream({ input: "Hello", author: { id: "1", name: "Ada" } }))
    finish = chunk.finish;
  // @ts-expect-error it is one of eight words
  console.log(finish === "whatever");
  // @ts-expect-error a name is no model
  new ConversationChain({ llm: "gpt-5-mini" });
  const claude = new parlor.ChatAnthropic({ model: "claude" });
  // @ts-expect-error what is asked is missing
  await new ConversationChain({ llm: claude }).invoke({});`;

const typedClient = `
  import { connect, TalkError, type Talk, type Transcript } from "parlor/client";
  const talk: Talk = connect({ url: "ws://localhost:8787/ws", room: "kitchen", name: "Ada" });
  const stop: () => void = talk.subscribe(() => console.log(talk.state.members.length));
  const run = talk.say("Hello", { whenBusy: "interrupt" });
  try {
    for await (const words of run) console.log(words.length);
    if ((await run.outcome).reason === "stop") stop();
  } catch (error) {
    if (error instanceof TalkError) console.log(error.code.length);
  }
  // @ts-expect-error it is one of three words
  talk.say("Hello", { whenBusy: "whatever" });
  // @ts-expect-error what was said cannot be changed
  (talk.transcript satisfies Transcript).items = [];`;

const typedHook = `
  import { useTalk } from "parlor/react";
  import type { Run, TalkState } from "parlor/client";
  export function useWords(room: string): number {
    const { say, state, transcript, ...talk } = useTalk({ room, name: "Ada" });
    const { connection }: TalkState = state;
    const ask = (): Run => say("Hello");
    // @ts-expect-error listening is the hook's own affair
    talk.subscribe(ask);
    return connection.name === "open" ? transcript.items.length : 0;
  }`;

/** A package of ours, in the folder of the stranger until the test ends. */
async function bring(name: string): Promise<void> {
  const place = join(folder, "node_modules", name);
  await mkdir(dirname(place), { recursive: true });
  await symlink(join(root, "node_modules", name), place);
  closing(() => rm(place));
}

/** The first script of a section. */
function readmeScript(section: string, language: string): string {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const after = readme.slice(readme.indexOf(`\n## ${section}\n`));
  const script = after.split(`\`\`\`${language}\n`)[1]?.split("```")[0];
  expect(script).toContain('from "parlor');
  return script as string;
}

/** A provider that always says the same. */
async function answering(): Promise<Upstream> {
  const upstream = await startUpstream((request) => {
    request.say("one", " two");
    request.finish();
  });
  closing(() => upstream.close());
  return upstream;
}

async function runScript(name: string, script: string, upstream?: Upstream): Promise<Ended> {
  await writeFile(join(folder, name), script);
  const settings = { OPENAI_API_KEY: "k", ...(upstream && { OPENAI_BASE_URL: upstream.url }) };
  return execute(["node", name], { cwd: folder, settings });
}

type Running = {
  readonly port: number;
  /** Gives what it has written in all. */
  stop(): Promise<string>;
};

async function startInstalled(settings: Readonly<Record<string, string>> = {}): Promise<Running> {
  const env = shell({ PORT: "0", ...settings });
  const child = spawn(join(folder, "node_modules/.bin/parlor"), { cwd: folder, env });
  await once(child, "spawn");
  let output = "";
  const exited = new Promise((resolve) => child.on("close", resolve));
  const stop = async (): Promise<string> => {
    child.kill("SIGKILL");
    await exited;
    return output;
  };
  closing(stop);
  const port = await new Promise<number>((resolve, reject) => {
    const listen = (data: Buffer): void => {
      output += data.toString();
      const found = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      if (found) resolve(Number(found));
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    void exited.then(() => reject(new Error(output)));
  });
  return { port, stop };
}

const pages = ["/", "/write/kitchen"];

/** The pages and all that they refer to, with the status of each. */
async function loadedByPages(address: string): Promise<Map<string, number>> {
  const statuses = new Map<string, number>();
  const left = [...pages];
  for (const path of left) {
    if (statuses.has(path)) continue;
    const response = await fetch(address + path);
    statuses.set(path, response.status);
    const found = (await response.text()).matchAll(
      /(?:src|href)="(\/[^"]+)"|\b(?:from|import)\s*\(?["'`](\.[^"'`]+)/g,
    );
    for (const [, referred, imported] of found)
      left.push(new URL((referred ?? imported) as string, address + path).pathname);
  }
  return statuses;
}
