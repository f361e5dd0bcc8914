// What a browser is to run, built by vite, and served from a port of its own: a page from elsewhere.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute, root } from "./packed.ts";
import { closing } from "./world.ts";

/** Contents by paths. */
export type Files = ReadonlyMap<string, string>;

/** `vite build` with these arguments, in a process of its own: what it is made of does not run in jest's. */
export async function bundled(...given: readonly string[]): Promise<Files> {
  const folder = await mkdtemp(join(tmpdir(), "parlor-bundle-"));
  try {
    const vite = join(root, "node_modules/vite/bin/vite.js");
    const command = [process.execPath, vite, "build", ...given, "--outDir", folder, "--emptyOutDir"];
    const { code, output, errors } = await execute(command, { cwd: root });
    if (code !== 0) throw new Error(`vite has failed:\n${output}${errors}`);
    return await filesIn(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function filesIn(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const contents = await Promise.all(paths.map((path) => readFile(path, "utf8")));
  return new Map(paths.map((path, index) => [path.slice(folder.length), contents[index] as string]));
}

/** Serves them until the test ends, and gives their origin. `/` is index.html. */
export async function serveFiles(files: Files): Promise<string> {
  const server = createServer(({ url = "/" }, response) => {
    const path = url.replace(/\?.*/, "").replace(/\/$/, "/index.html");
    const type = /\.js$/.test(path) ? "text/javascript" : /\.css$/.test(path) ? "text/css" : "text/html";
    const content = files.get(path);
    response.writeHead(content === undefined ? 404 : 200, { "content-type": `${type}; charset=utf-8` });
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
