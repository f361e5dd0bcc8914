// Makes docs/page.png, the picture in the README: two people in a room, in the middle of an answer. `npm run picture`
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { startProcess } from "../test/support/process.ts";

const target = join(import.meta.dirname, "../docs/page.png");

async function enter(browser: Browser, address: string, name: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 900, height: 640 }, colorScheme: "light" });
  const page = await context.newPage();
  await page.goto(address);
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Your name").press("Tab");
  await page.locator("#members", { hasText: name }).waitFor();
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Your message").fill(text);
  await page.keyboard.press("Enter");
}

const server = await startProcess();
const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
const browser = await chromium.launch({
  executablePath,
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
});
try {
  const ada = await enter(browser, `http://127.0.0.1:${server.port}/`, "Ada");
  const bob = await enter(browser, ada.url(), "Bob");
  await say(ada, "Who is in this room?");
  await bob.getByText("not a language model").waitFor();
  await bob.waitForTimeout(1_000);
  await bob.getByRole("button", { name: "Stop" }).click();
  await ada.getByText("Stopped by Bob.").waitFor();
  await say(bob, "What happens when I reload the page now?");
  await ada.getByText("I remember this conversation").waitFor();
  await ada.screenshot({ path: target });
} finally {
  await browser.close();
  server.child.kill("SIGKILL");
}
