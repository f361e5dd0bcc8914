// The pages, as vite has built them: every file is read once, and answered from memory.
import { createHash, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** Nothing but our own files may run or be loaded, whatever a model writes. */
export const pageHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
};

/** What is said in the place of a page that nobody has built. */
export const howToBuild =
  "The page is not built: run `npm ci --include=dev && npm run prepare`, then start the server again.";

export type Page = {
  readonly isBuilt: boolean;
  /** Answers a request for one of the page's files, and says whether it did. */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
};

type Asset = {
  readonly headers: Readonly<Record<string, string>>;
  readonly plain: Buffer;
  /** Zipped beside the server's thread: the editor's script takes 20 ms, for which no start should wait. */
  readonly zipped: Promise<Buffer>;
};

const zip = promisify(gzip);

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** A name with a hash in it never means something else; what names them is asked for anew each time. */
const caching = { hashed: "public, max-age=31536000, immutable", named: "no-cache" };

/** In a clone we are in server/, in the package in dist/server/. */
const builtPage = join(
  import.meta.dirname,
  import.meta.filename.endsWith(".ts") ? "../dist/page" : "../page",
);

/** Reads the page of this folder. */
export function createPage(folder = builtPage): Page {
  const assets = readAssets(folder);
  const isBuilt = assets.has("/");
  const answer = (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    if (request.method !== "GET" && request.method !== "HEAD") return false;
    const name = nameOf(path);
    const asset = assets.get(name);
    const isDesk = name.startsWith("/write/");
    if (asset) void send(asset, request, response);
    else if (/^\/write\/?$/.test(path)) sendOn(response);
    else if (name === "/" || (isDesk && !isBuilt)) sendNothing(response);
    else if (isDesk) sendNoRoom(assets.get(desk) as Asset, request, response);
    else return false;
    return true;
  };
  return { isBuilt, answer };
}

/** Where people write together: one page for all rooms. No request can spell it, with a space in it. */
const desk = "/write/ of any room";

/** A document has the name of its room. Browsers know no way to a room called "." or "..". */
const nameOf = (path: string): string =>
  /^\/write\/(?!\.\.?$)[A-Za-z0-9._~-]{1,128}$/.test(path) ? desk : path;

/** The files by their addresses: no address of a request is ever made into a path. */
function readAssets(folder: string): ReadonlyMap<string, Asset> {
  try {
    const names = readdirSync(join(folder, "assets"));
    const hashed = names.map(
      (name) => [`/assets/${name}`, read(join(folder, "assets", name), caching.hashed)] as const,
    );
    const page = (name: string): Asset => read(join(folder, name), caching.named);
    return new Map([...hashed, ["/", page("index.html")], [desk, page("write.html")]]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    throw error;
  }
}

function read(file: string, cacheControl: string): Asset {
  const plain = readFileSync(file);
  const headers = {
    ...pageHeaders,
    "content-type": types[extname(file)] ?? "application/octet-stream",
    "cache-control": cacheControl,
    vary: "accept-encoding",
    // weak, as the zipped bytes are others
    etag: `W/"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`,
  };
  return { headers, plain, zipped: zip(plain, { level: 9 }) };
}

async function send(
  { headers, plain, zipped }: Asset,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (lists(request.headers["if-none-match"], headers["etag"]))
    return void response.writeHead(304, headers).end();
  const isZipped = lists(request.headers["accept-encoding"], "gzip");
  const body = isZipped ? await zipped : plain;
  response.writeHead(200, {
    ...headers,
    ...(isZipped && { "content-encoding": "gzip" }),
    "content-length": body.length,
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** Whether this word is in the header's list. What stands there with a weight of its own counts only when it is not 0. */
function lists(header = "", word = ""): boolean {
  return header.split(",").some((part) => {
    const [name, ...parameters] = part.split(";").map((piece) => piece.trim());
    return name === word && !parameters.some((parameter) => /^q=0(\.0*)?$/i.test(parameter));
  });
}

/** Where nobody has written anything yet. */
const sendOn = (response: ServerResponse): unknown =>
  response
    .writeHead(302, { ...pageHeaders, "cache-control": "no-store", location: `/write/${randomUUID()}` })
    .end();

/** No room can have this name: the page says why, and which one would do. */
function sendNoRoom({ headers, plain }: Asset, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404, { ...headers, "content-length": plain.length });
  response.end(request.method === "HEAD" ? undefined : plain);
}

function sendNothing(response: ServerResponse): void {
  response
    .writeHead(503, { ...pageHeaders, "content-type": "text/plain; charset=utf-8" })
    .end(`${howToBuild}\n`);
}
