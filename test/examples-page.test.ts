// The examples that are pages, in a real browser: as a stranger serves them, against a real server.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { browserTest, launchBrowser } from "./support/browser.ts";
import { serveFiles } from "./support/bundled.ts";
import { root, shell } from "./support/packed.ts";
import { closing, parlorWithScript } from "./support/world.ts";

let browser: Browser | undefined;

beforeAll(async () => {
  if (browserTest !== test.skip) browser = await launchBrowser();
});
afterAll(async () => browser?.close());

type Opened = { page: Page; complaints: string[] };

/** A page of a new person. */
async function open(address: string): Promise<Opened> {
  const context = await (browser as Browser).newContext();
  closing(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(address);
  return { page, complaints };
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Your message").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

const stop = (page: Page): Promise<void> => page.getByRole("button", { name: "Stop" }).click();

describe("five-lines.html", () => {
  const written = "ws://localhost:8787/ws";

  /** The file, with the test's server in place of the one that is written there. */
  const fiveLines = async (address: string): Promise<string> => {
    const parts = (await readFile(join(root, "examples/five-lines.html"), "utf8")).split(written);
    expect(parts.length).toBe(2);
    return parts.join(address);
  };

  browserTest("says, shows the words as they come, and stops them", async () => {
    const files = new Map<string, string>();
    const origin = await serveFiles(files);
    const { address, model } = await parlorWithScript({ allowedOrigins: [origin] });
    files.set("/five-lines.html", await fiveLines(address));
    const { page, complaints } = await open(`${origin}/five-lines.html`);
    await say(page, "Hello");
    const call = await model.nextCall();
    call.say("one ");
    await page.locator("#out", { hasText: /^one $/ }).waitFor();
    call.say("two");
    await page.locator("#out", { hasText: /^one two$/ }).waitFor();
    await stop(page);
    await page.waitForFunction("document.getElementById('out').textContent === 'one two\\n\\n'");
    expect(call.signal?.aborted).toBe(true);
    await say(page, "Again");
    (await model.nextCall()).say("three");
    await page.locator("#out", { hasText: /three$/ }).waitFor();
    expect(complaints.filter((text) => !text.includes("404"))).toEqual([]); // nobody has an icon for it
  });

  browserTest("says what may be wrong where it is not let in", async () => {
    const files = new Map<string, string>();
    const origin = await serveFiles(files);
    const { address } = await parlorWithScript();
    files.set("/five-lines.html", await fiveLines(address));
    const { page } = await open(`${origin}/five-lines.html`);
    await page.getByText("does ALLOWED_ORIGINS name this page?").waitFor();
  });
});

describe("the chat in React", () => {
  browserTest("a person asks, sees the words as they come, and stops them", async () => {
    const { port, model } = await parlorWithScript();
    const { page, complaints } = await open(await served(port));
    await page.getByText("Connected", { exact: true }).waitFor();
    expect(await page.getByRole("button", { name: "Stop" }).isDisabled()).toBe(true);
    await say(page, "Hello");
    const call = await model.nextCall();
    call.say("one ");
    await page.getByText("one", { exact: true }).waitFor();
    call.say("two");
    await page.getByText("one two").waitFor();
    await stop(page);
    await page.getByText(/^stopped by Guest/).waitFor();
    expect(call.signal?.aborted).toBe(true);
    expect(await page.getByRole("button", { name: "Stop" }).isDisabled()).toBe(true);
    expect(await page.locator("li p").allTextContents()).toEqual(["Hello", "one two"]);
    expect(complaints).toEqual([]);
  });

  browserTest("two people are in one room, and see who says what", async () => {
    const { port } = await parlorWithScript();
    const address = await served(port);
    const [ada, bob] = [await open(address), await open(address)];
    for (const [{ page }, name] of [
      [ada, "Ada"],
      [bob, "Bob"],
    ] as const) {
      await page.locator("input[aria-label='Your name'][value^='Guest']").fill(name);
      await page.getByLabel("Your name").press("Tab");
    }
    for (const { page } of [ada, bob])
      await page.locator(".members", { hasText: /^(Ada, Bob|Bob, Ada)$/ }).waitFor();
    await ada.page.getByLabel("Your message").pressSequentially("He");
    await bob.page.getByText("Ada is typing…").waitFor();
    await say(ada.page, "Hello");
    await bob.page.locator("li", { hasText: "Ada" }).getByText("Hello").waitFor();
    expect([...ada.complaints, ...bob.complaints]).toEqual([]);
  });

  browserTest(
    "it survives a cut, says meanwhile that there is one, and sends later what was said",
    async () => {
      const parlor = await parlorWithScript();
      const { page } = await open(await served(parlor.port));
      await page.getByText("Connected", { exact: true }).waitFor();
      await say(page, "Hello");
      const call = await parlor.model.nextCall();
      call.say("before ");
      await page.getByText("before", { exact: true }).waitFor();
      await page.context().setOffline(true);
      parlor.cutAll();
      await page.getByText("Connection lost, trying again…").waitFor();
      await say(page, "And then?");
      await page.getByText("not sent yet").waitFor();
      call.say("during ");
      await page.context().setOffline(false);
      await page.getByText("Connected", { exact: true }).waitFor();
      call.say("after");
      call.finish();
      await page.getByText("before during after").waitFor();
      (await parlor.model.nextCall()).say("Then");
      await page.getByText("Then", { exact: true }).waitFor();
      expect(await page.locator(".unsent").count()).toBe(0);
    },
  );
});

/** As its README says: by vite's own server, which hands `/ws` on. */
async function served(port: number): Promise<string> {
  const command = [join(root, "node_modules/vite/bin/vite.js"), "examples/react"];
  const child = spawn(process.execPath, [...command, "--host", "127.0.0.1", "--port", "0"], {
    cwd: root,
    env: shell({ PARLOR: `http://127.0.0.1:${port}`, NO_COLOR: "1" }),
  });
  const exited = once(child, "exit");
  closing(async () => {
    child.kill();
    await exited;
  });
  let said = "";
  child.stderr.on("data", (data: Buffer) => (said += data.toString()));
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (data: Buffer) => {
      said += data.toString();
      const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(said);
      if (found) resolve(found[0]);
    });
    void exited.then(() => reject(new Error(`vite has ended: ${said}`)));
  });
}
