// How markdown-harness.js is built: with what the page has in the place of React.
import { join } from "node:path";
import { defineConfig } from "vite";
import page from "../../vite.config.ts";

export default defineConfig({
  root: import.meta.dirname,
  logLevel: "warn",
  ...(page.resolve && { resolve: page.resolve }),
  build: {
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: join(import.meta.dirname, "markdown-harness.js"),
      output: { entryFileNames: "harness.js" },
    },
  },
});
