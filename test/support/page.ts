// The page in a real browser, and what people do and read in it.
import { afterAll, beforeAll, test } from "@jest/globals";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { browserTest, launchBrowser } from "./browser.ts";
import { closing } from "./world.ts";

let browser: Browser | undefined;

beforeAll(async () => {
  if (browserTest !== test.skip) browser = await launchBrowser();
});
afterAll(async () => browser?.close());

/** A page of a new person, and everything that the browser complained about. */
export type Opened = { readonly page: Page; readonly complaints: readonly string[] };

export type Visit = BrowserContextOptions & {
  /** As it was kept by this browser from an earlier time. */
  name?: string;
  /** Runs in the page before anything else does. */
  script?: string;
};

/** Less than a test may take, so that one that waits in vain says for what. */
const patienceMs = 12_000;
const mostFrames = 600;

/** Opens the page in a browser of its own, without waiting for anything in it. */
export async function visit(address: string, { name, script, ...options }: Visit = {}): Promise<Opened> {
  const localStorage = name === undefined ? [] : [{ name: "parlor.name", value: name }];
  const storageState = { cookies: [], origins: [{ origin: new URL(address).origin, localStorage }] };
  const context = await (browser as Browser).newContext({ storageState, ...options });
  closing(() => context.close());
  context.setDefaultTimeout(patienceMs);
  if (script !== undefined) await context.addInitScript(script);
  const page = await context.newPage();
  const complaints = listenTo(page);
  await page.goto(address);
  return { page, complaints };
}

/** The same, and waits until the page is connected. */
export async function open(address: string, options?: Visit): Promise<Opened> {
  const opened = await visit(address, options);
  await connected(opened.page);
  return opened;
}

function listenTo(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return complaints;
}

export const connected = (page: Page): Promise<void> =>
  page.getByText("Connected", { exact: true }).waitFor();

export const disconnected = (page: Page, timeout = patienceMs): Promise<void> =>
  page.getByText("Connection lost, trying again…").waitFor({ timeout });

export async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Your message").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

export const button = (page: Page | Locator, name: string): Locator =>
  page.getByRole("button", { name, exact: true });

/** All that was said, oldest first. */
export const textsOf = (page: Page): Promise<string[]> => page.locator("#talk .text").allTextContents();

/** Waits until this expression holds in the page, which forbids `waitForFunction` its `eval`. */
export async function holds(page: Page, expression: string): Promise<void> {
  for (let frame = 0; !(await page.evaluate(expression)); frame++) {
    if (frame === mostFrames)
      throw new Error(`In ${mostFrames} display frames it did not hold: ${expression}`);
    await page.evaluate("new Promise(requestAnimationFrame)");
  }
}
