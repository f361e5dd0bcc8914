// How the example runs in the clone: `npx vite examples/react`, beside a Parlor.
import { join } from "node:path";
import { defineConfig } from "vite";

const client = join(import.meta.dirname, "../../client");
const target = process.env["PARLOR"] ?? "http://127.0.0.1:8787";

export default defineConfig({
  // In a project of your own the package is installed, and there is no alias.
  resolve: { alias: { "parlor/client": join(client, "index.ts"), "parlor/react": join(client, "react.ts") } },
  // The page and its server are one origin to the browser. Without `changeOrigin` Parlor sees this, and lets it in.
  server: { proxy: { "/ws": { target, ws: true } } },
});
