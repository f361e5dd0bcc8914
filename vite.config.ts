// How the page is built: from client/page to dist/page, from where server/page.ts serves it.
import { join } from "node:path";
import { defineConfig } from "vite";

const root = import.meta.dirname;

export default defineConfig({
  root: join(root, "client/page"),
  logLevel: "warn",
  // Written for React, which is many times as large on the wire. The order counts: the first that fits is taken.
  resolve: {
    alias: {
      "react/jsx-runtime": "preact/jsx-runtime",
      "react-dom/client": "preact/compat/client",
      "react-dom": "preact/compat",
      react: "preact/compat",
    },
  },
  build: {
    outDir: join(root, "dist/page"),
    emptyOutDir: true,
    sourcemap: false,
    // The page's security policy lets in nothing but files of its own: neither inline scripts nor data: addresses.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // "use client" in client/react.ts is for frameworks with server components, and nothing to a bundle for browsers.
    rolldownOptions: {
      input: ["index.html", "write.html"].map((name) => join(root, "client/page", name)),
      checks: { moduleLevelDirective: false },
    },
  },
});
