// Loaded into a server before its own code (`node --expose-gc --import`): tells what the process holds, when it is asked.
import { setImmediate as turn } from "node:timers/promises";

/** Bytes, after a collection. */
export type Memory = { readonly resident: number; readonly heap: number };

process.on("message", () => void look());
process.channel?.unref(); // a server that ends is not to be kept by this

async function look(): Promise<void> {
  for (let count = 0; count < 4; count++) {
    globalThis.gc?.();
    await turn();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ resident: rss, heap: heapUsed + external } satisfies Memory);
}
