// The page's files as a browser gets them: their headers, what is kept, what is zipped, and a page that nobody has built.
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { createPage, howToBuild, pageHeaders } from "../server/page.ts";
import { root } from "./support/packed.ts";
import { closing } from "./support/world.ts";

const folder = join(root, "dist/page");
const assets = readdirSync(join(folder, "assets"));
const pages = ["index.html", "write.html"].map((name) => readFileSync(join(folder, name), "utf8"));
const [script = ""] = /\/assets\/room-[\w-]+\.js/.exec(pages[0] ?? "") ?? [];

type Get = (path: string, init?: RequestInit) => Promise<Response>;

/** Asks for plain bytes, where nothing else is said. */
async function serve(page = createPage()): Promise<{ port: number; get: Get }> {
  const server = createServer((asked, response) => {
    if (!page.answer(asked, response)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const plain = { "accept-encoding": "identity" };
  const get: Get = (path, init) => fetch(`http://127.0.0.1:${port}${path}`, { headers: plain, ...init });
  return { port, get };
}

/** Of a path just as it is written: `fetch` would take the dots out. */
const statusOf = (port: number, path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage): void =>
      void (response.resume(), resolve(response.statusCode));
    request({ port, host: "127.0.0.1", path }, answered).on("error", reject).end();
  });

describe("the page's files", () => {
  test("the page and all its assets come with headers that let nothing else run", async () => {
    const { get } = await serve();
    for (const path of ["/", "/write/kitchen", ...assets.map((name) => `/assets/${name}`)]) {
      const { status, headers } = await get(path);
      expect({ path, status }).toEqual({ path, status: 200 });
      expect(Object.fromEntries(headers)).toMatchObject(pageHeaders);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'");
    }
  });

  test("the pages hold no script, style or picture that their own policy would refuse", () => {
    for (const page of pages) {
      expect(page).toMatch(/<script [^>]*src="\/assets\/[\w-]+\.js"/);
      expect(page).toContain(script);
      expect(page.match(/<script(?![^>]* src="\/assets\/)|<style|style="|data:|https?:/g)).toBeNull();
    }
    for (const name of assets.filter((file) => file.endsWith(".css")))
      expect(readFileSync(join(folder, "assets", name), "utf8")).not.toMatch(/url\(|@import/);
  });

  test.each([
    { what: "the page", path: "/", type: "text/html", caching: "no-cache" },
    { what: "the desk", path: "/write/kitchen", type: "text/html", caching: "no-cache" },
    {
      what: "its script",
      path: script,
      type: "text/javascript",
      caching: "public, max-age=31536000, immutable",
    },
  ])("$what is kept as long as its address means the same", async ({ path, type, caching }) => {
    const { get } = await serve();
    const { headers } = await get(path);
    expect([headers.get("content-type"), headers.get("cache-control")]).toEqual([
      `${type}; charset=utf-8`,
      caching,
    ]);
    const again = await get(path, { headers: { "if-none-match": `"other", ${headers.get("etag")}` } });
    expect({ status: again.status, body: await again.text() }).toEqual({ status: 304, body: "" });
    expect(again.headers.get("content-security-policy")).toBe(pageHeaders["content-security-policy"]);
    expect((await get(path, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  test("HEAD says what GET would, without the bytes", async () => {
    const { get } = await serve();
    const [page, head] = [await get(script), await get(script, { method: "HEAD" })];
    expect(head.status).toBe(200);
    expect(head.headers.get("content-length")).toBe(String((await page.bytes()).length));
    expect(await head.text()).toBe("");
  });

  test.each([
    ["gzip, deflate, br", "gzip"],
    ["br;q=1.0, gzip;q=0.8", "gzip"],
    ["gzip;q=0", null],
    ["identity", null],
  ])("to %s the encoding is %s", async (accepted, encoding) => {
    const { get } = await serve();
    const { headers, ...response } = await describeAnswer(get, accepted);
    expect(headers.get("content-encoding")).toBe(encoding);
    expect(headers.get("vary")).toBe("accept-encoding");
    expect(response.text).toBe(readFileSync(join(folder, script), "utf8"));
    const isSmaller = Number(headers.get("content-length")) < response.text.length / 2;
    expect(isSmaller).toBe(encoding === "gzip");
  });

  test.each([
    "/index.html",
    "/assets",
    "/assets/",
    "/assets/../index.html",
    "/assets/..%2f..%2f..%2fpackage.json",
    "/assets/%2e%2e/index.html",
    "//",
    "/../package.json",
    "/assets/constructor",
    "/__proto__",
    "/client/page/main.tsx",
    "/package.json",
    "/write.html",
    "/write/not%20a%20room",
    "/write/one/two",
    "/write/.",
    "/write/..",
    `/write/${"x".repeat(129)}`,
    "/write/%20of%20any%20room",
  ])("%s is none of them", async (path) => {
    const { port } = await serve();
    expect(await statusOf(port, path)).toBe(404);
  });

  test.each(["/write/kitchen", "/write/a.b_c~d-e", `/write/${"x".repeat(128)}`, "/write/kitchen?x=1"])(
    "%s is a desk, the same for all rooms",
    async (path) => {
      const { get } = await serve();
      const response = await get(path);
      expect({ status: response.status, text: await response.text() }).toEqual({
        status: 200,
        text: pages[1],
      });
    },
  );

  test.each(["/write", "/write/"])("%s leads to a new document, each time to another one", async (path) => {
    const { get } = await serve();
    const places = [0, 1].map(async () => {
      const { status, headers } = await get(path, { redirect: "manual" });
      expect([status, headers.get("cache-control")]).toEqual([302, "no-store"]);
      return headers.get("location");
    });
    const [one, other] = await Promise.all(places);
    expect(one).toMatch(/^\/write\/[\w-]{36}$/);
    expect(other).not.toBe(one);
  });

  test("a desk for a name that no room has is 404, with a page that says so", async () => {
    const { get } = await serve();
    const response = await get("/write/not%20a%20room");
    expect({ status: response.status, text: await response.text() }).toEqual({ status: 404, text: pages[1] });
    expect(Object.fromEntries(response.headers)).toMatchObject(pageHeaders);
    const again = await get("/write/one/two", { headers: { "if-none-match": "*" } });
    expect(again.status).toBe(404);
  });

  test("they can only be read", async () => {
    const { get } = await serve();
    expect((await get("/", { method: "POST" })).status).toBe(404);
  });
});

describe("a page that nobody has built", () => {
  test("is 503, with how to build it, and nothing else is there", async () => {
    const empty = await mkdtemp(join(tmpdir(), "parlor-page-"));
    closing(() => rm(empty, { recursive: true }));
    const page = createPage(empty);
    expect(page.isBuilt).toBe(false);
    const { get } = await serve(page);
    const response = await get("/");
    expect({ status: response.status, text: await response.text() }).toEqual({
      status: 503,
      text: `${howToBuild}\n`,
    });
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    for (const path of ["/write/kitchen", "/write/not%20a%20room"])
      expect((await get(path)).status).toBe(503);
    expect((await get(script)).status).toBe(404);
  });
});

async function describeAnswer(get: Get, accepted: string): Promise<{ headers: Headers; text: string }> {
  const response = await get(script, { headers: { "accept-encoding": accepted } });
  return { headers: response.headers, text: await response.text() };
}
