// How react-harness.ts is built: `--mode react` with React itself, `--mode preact` with what the page has in its place.
import { join } from "node:path";
import { defineConfig } from "vite";
import page from "../../vite.config.ts";

export default defineConfig(({ mode }) => ({
  root: import.meta.dirname,
  logLevel: "warn",
  // The development build complains of what is not right.
  define: { "process.env.NODE_ENV": '"development"' },
  ...(mode === "preact" && page.resolve && { resolve: page.resolve }),
  build: {
    minify: false,
    rolldownOptions: {
      input: join(import.meta.dirname, "react-harness.ts"),
      output: { entryFileNames: "harness.js" },
    },
  },
}));
