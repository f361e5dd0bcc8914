// The command. This file is small, for only what comes after it is loaded through a cache of what Node has compiled.
import { enableCompileCache, flushCompileCache } from "node:module";
import { join } from "node:path";

/** In a clone we are in server/, in the package in dist/server/. */
const root = join(import.meta.dirname, import.meta.filename.endsWith(".ts") ? ".." : "../..");

/** Beside the packages: who may write there may change the code itself. Where we may not, nothing is kept. */
const compileCache = join(root, "node_modules/.cache/parlor");
enableCompileCache(compileCache);
process.env["NODE_COMPILE_CACHE"] ??= compileCache; // for the store's threads

/** After a talk in the terminal, connections that are being closed get this long. Milliseconds. */
const lingerMs = 1_000;

async function main(): Promise<void> {
  const flags = process.argv.slice(2);
  if (flags[0] === "chat") return talk(flags.slice(1));
  const { start } = await import("./start.ts");
  return start(flags, process.env);
}

/** A talk in the terminal is loaded only when it is asked for. */
async function talk(args: readonly string[]): Promise<void> {
  const { chat } = await import("../terminal/chat.ts");
  const { stdin, stdout, stderr, env: environment } = process;
  process.exitCode = await chat({ args, environment, stdin, stdout, stderr, signals: process });
  setTimeout(() => process.exit(), lingerMs).unref();
}

try {
  await main();
  flushCompileCache(); // now, for a process that is killed keeps nothing at its end
} catch (error) {
  const { explain } = await import("./start-fault.ts");
  console.error(`Parlor cannot start:\n${explain(error)}`);
  process.exit(1);
}
