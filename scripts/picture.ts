// Makes the pictures in docs/, of the page before a real server with the demo. `npm run picture`, or
// `npm run picture written` for those of one scene.
import { statSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { startProcess } from "../test/support/process.ts";

const wide: BrowserContextOptions = { viewport: { width: 1_100, height: 720 }, colorScheme: "light" };
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 780 },
  isMobile: true,
  hasTouch: true,
};

async function enter(browser: Browser, address: string, options = wide): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(address);
  await page.locator("header .connection.open").waitFor();
  return page;
}

/** Under a name that this browser has kept from an earlier time. */
async function enterAs(browser: Browser, name: string, address: string): Promise<Page> {
  const { origin } = new URL(address);
  const origins = [{ origin, localStorage: [{ name: "parlor.name", value: name }] }];
  const page = await enter(browser, address, { ...wide, storageState: { cookies: [], origins } });
  await page.locator("#members", { hasText: name }).waitFor();
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Your message").fill(text);
  await page.keyboard.press("Enter");
  await page.locator(".message", { hasText: text }).waitFor();
}

/** The words that the latest answer has reached. */
const reads = (page: Page, text: string | RegExp): Promise<void> =>
  page.locator("#talk > li:last-child", { hasText: text }).waitFor();

const ended = (page: Page): Promise<void> => page.locator(".answer:last-child:not(.active)").waitFor();

async function take(page: Page, picture: string): Promise<void> {
  const path = join(import.meta.dirname, `../docs/${picture}.png`);
  await page.mouse.move(0, 0);
  await page.screenshot({ path, caret: "initial", animations: "disabled" });
  console.log(`docs/${picture}.png: ${Math.round(statSync(path).size / 1_000)} kB`);
}

/** One person, from the beginning to a stop. */
async function alone(browser: Browser, server: string): Promise<void> {
  const page = await enter(browser, `${server}/#hello`);
  await page.getByRole("heading", { name: "A room with an assistant" }).waitFor();
  await take(page, "start");
  await say(page, "Write a little code, please");
  await reads(page, "ws.onopen");
  await take(page, "streaming");
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByText(/^Stopped by /).waitFor();
  await take(page, "stopped");
}

/** Three people: one has stopped an answer, the next is being made, and a third is typing. */
async function together(browser: Browser, server: string): Promise<void> {
  const ada = await enterAs(browser, "Ada", `${server}/#kitchen`);
  const bob = await enterAs(browser, "Bob", `${server}/#kitchen`);
  const cem = await enterAs(browser, "Cem", `${server}/#kitchen`);
  await say(ada, "What happens when somebody loses the network?");
  await reads(bob, "The last thing");
  await bob.getByRole("button", { name: "Stop", exact: true }).click();
  await ada.getByText("Stopped by Bob.").waitFor();
  await say(bob, "As a table, please");
  await cem.getByLabel("Your message").pressSequentially("And who");
  await ada.getByText("Cem is typing").waitFor();
  await reads(ada, "2 things");
  await take(ada, "room");
}

/** Two people and the assistant in a document: they write above, while it writes below. */
async function written(browser: Browser, server: string): Promise<void> {
  const ada = await enterAs(browser, "Ada", `${server}/write/harbour`);
  const bob = await enterAs(browser, "Bob", `${server}/write/harbour`);
  const paper = ada.locator(".cm-content");
  await ada.getByText("Document connected").waitFor();
  await paper.focus();
  await ada.keyboard.insertText(
    "The harbour at night\n\nThe last ferry had gone, and the lamps along the quay came on one after the other. " +
      "Somebody was still mending nets, and hummed.\n\nTwo voices drifted over the water. ",
  );
  const place = bob.locator(".cm-line", { hasText: "The last ferry" });
  await place.click({ position: { x: 150, y: 12 } });
  for (let count = 0; count < 8; count++) await bob.keyboard.press("Shift+ArrowRight");
  await ada.locator(".peer-selection").waitFor();
  await say(ada, "What is missing?");
  await ended(ada);
  await paper.focus();
  await ada.keyboard.press("Control+End");
  await ada.getByRole("button", { name: "Continue" }).click();
  await ada.locator(".peer-words", { hasText: "its words come one by one" }).waitFor();
  await take(ada, "write");
}

async function aside(browser: Browser, server: string): Promise<void> {
  const small = await enter(browser, `${server}/#pocket`, phone);
  await say(small, "Make a list of ideas");
  await ended(small);
  await take(small, "phone");
  const dark = await enterAs(browser, "Ada", `${server}/#evening`);
  await dark.emulateMedia({ colorScheme: "dark" });
  await say(dark, "Show me a table");
  await ended(dark);
  await dark.getByRole("button", { name: "About" }).click();
  await take(dark, "dark");
}

const server = await startProcess();
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
});
try {
  const asked = process.argv.slice(2);
  for (const scene of [alone, together, written, aside])
    if (asked.length === 0 || asked.includes(scene.name))
      await scene(browser, `http://127.0.0.1:${server.port}`);
} finally {
  await browser.close();
  server.child.kill("SIGKILL");
}
