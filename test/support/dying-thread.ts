// A thread that ends by itself at the first call.
import { parentPort } from "node:worker_threads";

parentPort?.on("message", () => process.exit(3));
