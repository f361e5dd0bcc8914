#!/usr/bin/env node
// The command. A clone runs from its sources, an installed package from what was built of them. Old versions of Node
// must be able to read this file, so that it can tell them what is missing.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [major, minor] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`Parlor needs Node 22.18 or newer, and this is Node ${process.versions.node}.`);
  process.exit(1);
}

// What Node calls experimental is a matter for us, and not for whoever uses the command.
process.removeAllListeners("warning");
process.on("warning", (warning) => {
  if (warning.name !== "ExperimentalWarning") console.error(warning.stack);
});

const isClone = existsSync(join(dirname(fileURLToPath(import.meta.url)), "server", "main.ts"));
void import(isClone ? "./server/main.ts" : "./dist/server/main.js");
