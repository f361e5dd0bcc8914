// A real browser, where there is one: Debian's Chromium, or the one that CHROMIUM_PATH names.
import { existsSync } from "node:fs";
import { test } from "@jest/globals";
import { chromium, type Browser } from "playwright-core";

const path = [process.env["CHROMIUM_PATH"], "/usr/bin/chromium"].find((one) => one && existsSync(one));

/** A test that needs a browser. On a machine without one it is skipped and says so, but never in CI. */
export const browserTest = path || process.env["CI"] ? test : test.skip;

if (!path && !process.env["CI"])
  console.warn("Tests in a browser are skipped: install chromium, or set CHROMIUM_PATH.");

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: path ?? "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
