// Builds the page, at the install and before the tests. Writes only what has changed, for somebody may be reading there.
import { Buffer } from "node:buffer";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const folder = join(root, "dist/page");

/** A devDependency: where only the server is wanted it was left out, and that is no fault. */
async function loadVite() {
  try {
    return await import("vite");
  } catch (error) {
    const [reason] = error.message.split("\n");
    console.warn(`The page was not built, because vite cannot be loaded: ${reason}`);
  }
}

/** The pages' files by their names, those that name all others at the end. */
async function build(vite) {
  const { output } = await vite.build({ configFile: join(root, "vite.config.ts"), build: { write: false } });
  const rank = ({ fileName }) => Number(fileName.endsWith(".html"));
  const sorted = output.sort((one, other) => rank(one) - rank(other));
  return new Map(sorted.map(({ fileName, code, source }) => [fileName, Buffer.from(code ?? source)]));
}

function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  if (!isThere(path, content)) writeFileSync(path, content);
}

function isThere(path, content) {
  try {
    return readFileSync(path).equals(content);
  } catch {
    return false;
  }
}

/** What an earlier build has left. */
function removeOthers(files) {
  const stale = readdirSync(join(folder, "assets")).filter((name) => !files.has(`assets/${name}`));
  for (const name of stale) rmSync(join(folder, "assets", name));
}

const vite = await loadVite();
if (vite) {
  const files = await build(vite);
  for (const [name, content] of files) write(join(folder, name), content);
  removeOthers(files);
}
