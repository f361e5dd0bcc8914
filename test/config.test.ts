// The configuration: defaults, flags over variables, and every fault in words.
import { describe, expect, test } from "@jest/globals";
import { ConfigError, readConfig } from "../server/config.ts";

const faultsOf = (
  variables: Readonly<Record<string, string | undefined>>,
  flags: string[] = [],
): readonly string[] => {
  try {
    readConfig(flags, variables);
    return [];
  } catch (error) {
    return (error as ConfigError).faults;
  }
};

describe("configuration", () => {
  test("nothing set: this machine only, port 8787, the demo, a memory of 8000 tokens", () => {
    expect(readConfig([], {})).toMatchObject({
      port: 8787,
      host: "127.0.0.1",
      models: [{ provider: "demo" }],
      memory: { kind: "tokens", tokens: 8_000 },
      store: { kind: "sqlite", path: "./data/parlor.db", durability: "os", keepDays: 30 },
      allowedOrigins: undefined,
      documents: [],
      frameBytes: 65_536,
      textChars: 32_768,
      commandsPerSecond: 20,
      watchdogs: { firstTokenMs: 60_000, idleMs: 30_000, runMs: 300_000 },
      abandonedRunMs: 60_000,
      logLevel: "info",
    });
  });

  test("each variable is a flag too, and the flag wins", () => {
    const config = readConfig(["--port", "1", "--memory=window:4", "--max-run-ms", "5"], {
      PORT: "2",
      HOST: "::1",
    });
    expect(config).toMatchObject({
      port: 1,
      host: "::1",
      memory: { kind: "window", messages: 4 },
      watchdogs: { runMs: 5 },
    });
  });

  test("a key chooses OpenAI, MODEL chooses freely, and an empty variable is none", () => {
    expect(readConfig([], { OPENAI_API_KEY: "k" }).models[0]).toMatchObject({
      provider: "openai",
      name: "gpt-5-mini",
    });
    expect(readConfig([], { OPENAI_API_KEY: "k", MODEL: "demo" }).models[0].provider).toBe("demo");
    expect(readConfig([], { OPENAI_API_KEY: "" }).models[0].provider).toBe("demo");
    const local = { MODEL: "openai:llama3:8b", OPENAI_BASE_URL: "http://localhost:11434/v1" };
    expect(readConfig([], local).models[0]).toMatchObject({ provider: "openai", name: "llama3:8b" });
  });

  test.each([
    [{ PORT: "70000" }, /PORT/],
    [{ MAX_TEXT_CHARS: "-1" }, /MAX_TEXT_CHARS/],
    [{ MODEL: "openai:gpt-5-mini" }, /OPENAI_API_KEY, or OPENAI_BASE_URL/],
    [{ MODEL: "openai", OPENAI_API_KEY: "k" }, /the model's name/],
    [{ OPENAI_API_KEY: "k", OPENAI_BASE_URL: "localhost" }, /http:\/\//],
    [{ OPENAI_API_KEY: "k", OPENAI_BASE_URL: "http://" }, /OPENAI_BASE_URL must be an address/],
    [{ OPENAI_API_KEY: "k", OPENAI_BASE_URL: "https://:443/v1" }, /OPENAI_BASE_URL must be an address/],
    [{ TEMPERATURE: " " }, /TEMPERATURE/],
    [{ MEMORY: "window" }, /MEMORY/],
    [{ STORE: "sqlite:" }, /STORE/],
    [{ DURABILITY: "maybe" }, /DURABILITY/],
    [{ KEEP_DAYS: "some" }, /KEEP_DAYS/],
    [{ HOST: "0.0.0.0" }, /ALLOWED_ORIGINS/],
    [{ ALLOWED_ORIGINS: "chat.example" }, /ALLOWED_ORIGINS/],
    [{ ALLOWED_ORIGINS: "https://chat.example/" }, /ALLOWED_ORIGINS/],
  ])("%j is refused in words", (variables, words) => {
    const faults = faultsOf(variables);
    expect(faults.length).toBe(1);
    expect(faults[0]).toMatch(words);
  });

  test("an unknown flag is refused, together with all other faults", () => {
    expect(faultsOf({ PORT: "x", MEMORY: "y" }, ["--prot=1", "--host", "--temperature", "9"]).length).toBe(5);
  });

  test.each([
    ["--openai-api-kye", "sk-secret"],
    ["--openai-api-kye=sk-secret", "x"],
    ["--openai-api-key", "k", "sk-secret"],
    ["--port", "1", "--", "sk-secret"],
    ["--sk-secret-7", "x"],
    ["-sk-secret", "x"],
  ])("no fault repeats what may be a key in the wrong place: %s %s", (...args) => {
    const faults = faultsOf({}, args);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.join("\n")).not.toMatch(/secret|"x"|-s |-k /);
  });

  test("a flag that is misspelt is named", () => {
    expect(faultsOf({}, ["--openai-api-kye", "sk-secret"])[0]).toMatch(/^--openai-api-kye is no flag/);
  });

  test("no fault repeats a key", () => {
    expect(faultsOf({ OPENAI_API_KEY: "sk-secret", OPENAI_BASE_URL: "x", PORT: "y" }).join()).not.toContain(
      "sk-secret",
    );
  });

  test("a wider address with a list of origins is fine", () => {
    const config = readConfig([], {
      HOST: "0.0.0.0",
      ALLOWED_ORIGINS: "https://a.example, https://b.example:8443",
    });
    expect(config.allowedOrigins).toEqual(["https://a.example", "https://b.example:8443"]);
  });

  test("document servers: of either kind by its address, by the name given or its host, in the order given", () => {
    const given =
      "wss://docs.example/{name}, notes=ws://127.0.0.1:1234/x/{name}?auth={token}, wss://b.example:8/c";
    expect(readConfig(["--documents", given], { DOCUMENTS: "wss://other.example" }).documents).toEqual([
      { name: "docs.example", kind: "y-websocket", url: "wss://docs.example/{name}" },
      { name: "notes", kind: "y-websocket", url: "ws://127.0.0.1:1234/x/{name}?auth={token}" },
      { name: "b.example:8", kind: "hocuspocus", url: "wss://b.example:8/c" },
    ]);
  });

  test.each([
    ["https://docs.example/{name}", /address 1: .*ws:\/\/ or wss:\/\//],
    ["docs.example", /ws:\/\/ or wss:\/\//],
    ["wss://", /be an address/],
    ["wss://a.example,,wss://b.example", /address 2/],
    ["wss://ann:sk-secret@docs.example", /no user and no password/],
    ["wss://docs.example/{name}#sk-secret", /no # part/],
    ["wss://docs.example/{name}/sk-secret", /last part of the path/],
    ["wss://{name}.example/sk-secret", /last part of the path/],
    ["wss://docs.example?room={name}&key=sk-secret", /last part of the path/],
    ["wss://docs.example/x?room={name}&key=sk-secret", /last part of the path/],
    ["wss://docs.example/{name}{name}", /once each/],
    ["wss://docs.example/{room}?key=sk-secret", /no other braces/],
    ["wss://docs.example/?auth={token}", /needs no \{token\}/],
    ["wss://docs.example/{token}/{name}", /last part of the path/],
    ["wss://docs.example/{name}-{token}", /\{token\} belongs in the query/],
    ["wss://docs.example/{name}?{token}", /\{token\} belongs in the query/],
    ["wss://a.example/x/{name},wss://a.example/y/{name}", /address 2: "a.example" is taken/],
    ["n=wss://a.example,n=wss://b.example", /address 2: "n" is taken/],
    ["self=wss://a.example", /built in/],
    ["ws://self", /built in/],
    ["my notes=wss://a.example", /a name has/],
    ["=wss://a.example", /a name has/],
    ["sk-secret", /ws:\/\/ or wss:\/\//],
  ])("DOCUMENTS=%s is refused in words that repeat no address", (given, words) => {
    const faults = faultsOf({ DOCUMENTS: given });
    expect(faults.length).toBe(1);
    expect(faults[0]).toMatch(/^DOCUMENTS, address \d/);
    expect(faults[0]).toMatch(words);
    expect(faults[0]).not.toMatch(/secret/);
  });
});
