// Why the command cannot start, in words.
import { ConfigError } from "./config.ts";
import { StorageError } from "./log/store.ts";
import { MissingPackageError } from "./models/missing-package.ts";

export function explain(error: unknown): string {
  if (error instanceof StorageError || error instanceof MissingPackageError) return error.message;
  if (error instanceof ConfigError) return error.faults.map((fault) => `- ${fault}`).join("\n");
  const { code, port } = error as { code?: string; port?: number };
  if (code === "EADDRINUSE")
    return `Port ${port} is taken. Choose another one with PORT, or PORT=0 for any free one.`;
  if (code === "EACCES") return `Port ${port} may not be used by this user. Choose another one with PORT.`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") return "HOST is not an address of this machine.";
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
