// The hook in a real browser, on React and on Preact: who opens a socket and when, and how often there is a render.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { Browser, Page, WebSocket as PageSocket } from "playwright-core";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { WebSocketServer } from "ws";
import type { FrameOf, ServerFrame } from "../shared/protocol.ts";
import { browserTest, launchBrowser } from "./support/browser.ts";
import { bundled, serveFiles, type Files } from "./support/bundled.ts";
import type { Client } from "./support/client.ts";
import { Talk, type Harness, type Shown } from "./support/react-harness.ts";
import { closing, parlorWithScript } from "./support/world.ts";

declare const harness: Harness;

let browser: Browser | undefined;
const bundles = new Map<string, Files>();

const harnessIn = (mode: string): Promise<Files> =>
  bundled("--config", "test/support/react-harness.config.ts", "--mode", mode);

beforeAll(async () => {
  if (browserTest === test.skip) return;
  browser = await launchBrowser();
  bundles.set("React", await harnessIn("react"));
  bundles.set("Preact", await harnessIn("preact"));
});
afterAll(async () => browser?.close());

type Opened = {
  page: Page;
  /** Every WebSocket that the page has made. */
  sockets: readonly PageSocket[];
  complaints: readonly string[];
  show: (shown: readonly Shown[], isStrict?: boolean) => Promise<void>;
};

const html = (content = ""): string =>
  `<!doctype html><link rel="icon" href="data:," /><div id="place">${content}</div><script type="module" src="/harness.js"></script>`;

const served = (kind: string, content?: string): Promise<string> =>
  serveFiles(new Map([...(bundles.get(kind) as Files), ["/index.html", html(content)]]));

async function openPage(origin: string, script = ""): Promise<Opened> {
  const context = await (browser as Browser).newContext();
  closing(() => context.close());
  const page = await context.newPage();
  const sockets: PageSocket[] = [];
  const complaints: string[] = [];
  page.on("websocket", (socket) => sockets.push(socket));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  if (script) await page.addInitScript(script);
  await page.goto(origin);
  const show = (shown: readonly Shown[], isStrict?: boolean): Promise<void> =>
    page.evaluate(([all, strict]) => harness.show(all, strict), [shown, isStrict] as const);
  return { page, sockets, complaints, show };
}

/** A server, a page that it lets in, and a place in it. */
async function world(kind: string) {
  const origin = await served(kind);
  const parlor = await parlorWithScript({ allowedOrigins: [origin] });
  const observer = await parlor.join("kitchen", { name: "Observer" });
  return { ...(await openPage(origin)), parlor, observer, url: parlor.address, room: "kitchen" };
}

const textOf = (page: Page, id: string, tag: string): Promise<string | null> =>
  page.locator(`#${id} ${tag}`).textContent();

/** Waits until there are this many, the observer among them. */
const peopleAre = (count: number, observer: Client): Promise<void> =>
  observer.until(
    () => observer.frames.findLast((frame) => frame.type === "presence")?.members.length === count,
  );

describe.each(["React", "Preact"])("a talk in %s", (kind) => {
  browserTest(
    "two components in StrictMode share one socket, and it is closed with the last of them",
    async () => {
      const { page, sockets, complaints, show, observer, url, room } = await world(kind);
      const [one, two] = [
        { id: "one", url, room },
        { id: "two", url, room },
      ];
      await show([one, two], true);
      await page.locator("#one h2", { hasText: /^Observer,Guest[^,]*$/ }).waitFor();
      expect(await textOf(page, "two", "h2")).toBe(await textOf(page, "one", "h2"));
      await show([two], true);
      await page.locator("#one").waitFor({ state: "detached" });
      await page.evaluate(() => harness.talks["two"]?.tell("still here"));
      expect(sockets.map((socket) => socket.isClosed())).toEqual([false]);
      await peopleAre(2, observer);
      await show([], true);
      await peopleAre(1, observer);
      expect(sockets.length).toBe(1);
      const most = observer.frames.map((frame) => (frame.type === "presence" ? frame.members.length : 0));
      expect(Math.max(...most)).toBe(2); // the server has never seen a second one
      expect(await page.evaluate(late)).toBe(
        "The talk is not open: use it in event handlers and effects, while its component is mounted.",
      );
      expect(complaints).toEqual([]);
    },
  );

  browserTest("a component below may speak in its first effect", async () => {
    const { page, show, observer, url, room, sockets, complaints } = await world(kind);
    await show([{ id: "one", url, room, greeting: "Good morning" }]);
    expect((await observer.next("message")).text).toBe("Good morning");
    await page.locator("p", { hasText: "Good morning" }).waitFor();
    expect({ sockets: sockets.length, complaints }).toEqual({ sockets: 1, complaints: [] });
  });

  browserTest("another name renames the member that is here, and the words stay", async () => {
    const { page, show, observer, url, room, complaints } = await world(kind);
    const [one, two] = [
      { id: "one", url, room },
      { id: "two", url, room },
    ];
    await show([
      { ...one, name: "Ada" },
      { ...two, name: "Ada" },
    ]);
    await page.evaluate(() => harness.talks["one"]?.tell("Hello"));
    const { author } = await observer.next("message");
    await show([{ ...one, name: "Bea" }, two]);
    const { members } = await observer.next("presence", (frame) =>
      frame.members.some(({ name }) => name === "Bea"),
    );
    expect(members.find(({ name }) => name === "Bea")?.id).toBe(author.id);
    await page.locator("#two h2", { hasText: "Observer,Bea" }).waitFor();
    expect(await textOf(page, "one", "p")).toBe("Hello");
    await page.evaluate(() => harness.talks["two"]?.rename("Cat"));
    await page.locator("#two h2", { hasText: "Observer,Cat" }).waitFor();
    await show([
      { ...one, name: "Bea" },
      { ...two, name: "Bea" },
      { ...one, id: "three", name: "Bea" },
    ]);
    await page.locator("#three").waitFor();
    await page.evaluate(() => harness.talks["three"]?.tell("an option that is no news renames nobody"));
    expect((await observer.next("message")).author.name).toBe("Cat");
    expect(await page.evaluate(() => harness.functionsOf("one"))).toBe(3);
    expect(complaints).toEqual([]);
  });

  browserTest("another room closes this one and opens that one, and what is said goes there", async () => {
    const { page, show, observer, parlor, url, room, sockets, complaints } = await world(kind);
    await show([{ id: "one", url, room }]);
    await page.locator("h1", { hasText: "open kitchen" }).waitFor();
    await page.evaluate(() => harness.talks["one"]?.tell("in the kitchen"));
    await page.locator("p", { hasText: "in the kitchen" }).waitFor();
    await peopleAre(2, observer);
    await show([{ id: "one", url, room: "hall" }]);
    await page.locator("h1", { hasText: "open hall" }).waitFor();
    expect(await page.locator("p").count()).toBe(0);
    await peopleAre(1, observer);
    const hall = await parlor.join("hall");
    await page.evaluate(() => harness.talks["one"]?.tell("in the hall"));
    expect((await hall.next("message")).text).toBe("in the hall");
    expect(sockets.map((socket) => socket.isClosed())).toEqual([true, false]);
    expect(complaints).toEqual([]);
  });

  browserTest("however fast the frames come, there is one render per display frame", async () => {
    const origin = await served(kind);
    const { page, show, complaints } = await openPage(origin);
    const fountain = await pouring();
    await show([{ id: "one", url: fountain.url, room: "kitchen" }]);
    await page.locator("h1", { hasText: "open kitchen" }).waitFor();
    const counted = await page.evaluateHandle(() => ({
      before: harness.renders["one"] ?? 0,
      counted: harness.count(),
    }));
    fountain.pour();
    await page.locator("p", { hasText: / 5000$/ }).waitFor();
    const { renders, frames, stalls } = await counted.evaluate(({ before, counted }) => ({
      ...counted,
      renders: (harness.renders["one"] ?? 0) - before,
    }));
    expect(renders).toBeGreaterThan(1);
    expect(renders).toBeLessThanOrEqual(frames + stalls + 1);
    const text = await textOf(page, "one", "p");
    expect(text).toBe(words.join(""));
    expect(await page.evaluate(() => harness.functionsOf("one"))).toBe(3); // say, cancel and commands, the same all the time
    expect(complaints).toEqual([]);
  });

  browserTest("where no frames are displayed the words come nevertheless", async () => {
    const origin = await served(kind);
    const parlor = await parlorWithScript({ allowedOrigins: [origin] });
    const { page, show } = await openPage(origin, "requestAnimationFrame = () => 0");
    await show([{ id: "one", url: parlor.address, room: "kitchen" }]);
    // Not `waitFor`, which itself looks once per frame.
    const observer = await parlor.join("kitchen");
    await peopleAre(2, observer);
    observer.send({ type: "say", text: "Hello", reply: false });
    await page.waitForFunction(() => harness.talks["one"]?.transcript.items.length === 1, null, {
      polling: 50,
    });
  });
});

describe("a talk in React alone", () => {
  test("on a server it is empty and connecting, and nothing is opened", () => {
    const opened = jest.spyOn(globalThis, "WebSocket");
    expect(renderToString(createElement(Talk, { id: "one", room: "kitchen" }))).toBe(empty);
    expect(opened).not.toHaveBeenCalled();
  });

  browserTest("what a server has rendered is taken over, and comes to life", async () => {
    const content = renderToString(createElement(Talk, { id: "one", room: "kitchen" }));
    const origin = await served("React", content);
    const parlor = await parlorWithScript({ allowedOrigins: [origin] });
    const { page, sockets, complaints } = await openPage(origin);
    expect(await page.locator("#place").innerHTML()).toBe(empty);
    await page.evaluate((shown) => harness.hydrate(shown), {
      id: "one",
      url: parlor.address,
      room: "kitchen",
    });
    await page.locator("h1", { hasText: "open kitchen" }).waitFor();
    expect({ sockets: sockets.length, complaints }).toEqual({ sockets: 1, complaints: [] });
  });

  browserTest("a name that no room can have is thrown to the error boundary", async () => {
    const { page, show } = await openPage(await served("React"));
    await show([{ id: "one", room: "no room" }]);
    expect(await page.locator("strong").textContent()).toContain("A room's name is 1 to 128 of");
  });
});

const empty = '<section id="one"><h1>connecting nowhere</h1><h2></h2></section>';
const words = Array.from({ length: 5_000 }, (_, index) => ` ${index + 1}`);

/** A server that speaks faster than Parlor does: a frame for each word, and as many at once as the socket takes. */
async function pouring(): Promise<{ url: string; pour: () => void }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  closing(async () => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const send = (frame: ServerFrame): void =>
    server.clients.forEach((socket) => socket.send(JSON.stringify(frame)));
  server.on("connection", () => send(welcome));
  function pour(): void {
    const run = "run";
    let offset = 1;
    send({
      type: "start",
      run,
      message: "message",
      model: "fountain",
      time: "2026-01-01T00:00:00.000Z",
      offset,
    });
    for (const text of words) send({ type: "token", run, text, offset: (offset += text.length) });
  }
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, pour };
}

const welcome: FrameOf<"welcome"> = {
  type: "welcome",
  protocol: "parlor.v1",
  conversation: "kitchen",
  connection: "connection",
  epoch: "epoch",
  resume: "new",
  offset: 0,
  head: 0,
  me: { id: "ada", name: "Ada", key: "key" },
  members: [{ id: "ada", name: "Ada" }],
  limits: { frameBytes: 65_536, textChars: 32_768, commandsPerSecond: 20 },
};

/** What is thrown when somebody speaks who has gone. */
function late(): string {
  try {
    harness.talks["two"]?.say("late");
    return "nothing";
  } catch (error) {
    return (error as Error).message;
  }
}
