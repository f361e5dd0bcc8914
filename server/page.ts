// The demo page: a few files of the repo, served as they are. TypeScript becomes JavaScript by leaving out its types.
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";

const files: Readonly<Record<string, string>> = {
  "/": "client/index.html",
  "/client/page.css": "client/page.css",
  "/client/page.ts": "client/page.ts",
  "/client/view.ts": "client/view.ts",
  "/client/link.ts": "client/link.ts",
  "/client/outbox.ts": "client/outbox.ts",
  "/shared/transcript.ts": "shared/transcript.ts",
  "/shared/limits.ts": "shared/limits.ts",
};

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  ts: "text/javascript; charset=utf-8",
};

/** Nothing but our own files may run or be loaded, whatever a model writes. */
const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'none'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-cache",
};

/** The clone, or the package: what was built of this file lies a folder deeper. */
const root = join(import.meta.dirname, import.meta.filename.endsWith(".ts") ? ".." : "../..");

type Asset = { readonly type: string; readonly body: Buffer };

/** Reads the page once. Returns what answers a request for one of its files, and says whether it did. */
export function createPage(): (request: IncomingMessage, response: ServerResponse) => boolean {
  const assets = new Map(Object.entries(files).map(([path, file]) => [path, read(file)]));
  return (request, response) => {
    const asset = assets.get((request.url ?? "").split("?", 1)[0] ?? "");
    if (!asset || (request.method !== "GET" && request.method !== "HEAD")) return false;
    const { type, body } = asset;
    response.writeHead(200, { ...headers, "content-type": type, "content-length": body.length });
    response.end(request.method === "HEAD" ? undefined : body);
    return true;
  };
}

function read(file: string): Asset {
  const source = readFileSync(join(root, file), "utf8");
  const ending = file.slice(file.lastIndexOf(".") + 1);
  const text = ending === "ts" ? stripTypeScriptTypes(source) : source;
  return { type: types[ending] ?? "application/octet-stream", body: Buffer.from(text) };
}
