// What somebody has typed is never lost; and what else newcomers and attackers once found amiss on the page.
import { describe, expect } from "@jest/globals";
import type { Page } from "playwright-core";
import { browserTest } from "./support/browser.ts";
import { button, connected, disconnected, holds, open, say, textsOf, visit } from "./support/page.ts";
import type { ModelCall } from "./support/scripted-model.ts";
import { parlorWithScript } from "./support/world.ts";

type World = Awaited<ReturnType<typeof parlorWithScript>>;

const addressOf = ({ port }: World, room = "kitchen"): string => `http://127.0.0.1:${port}/#${room}`;
const box = (page: Page) => page.getByLabel("Your message");
const editor = (page: Page) => page.getByRole("textbox", { name: "Say this instead" });

/** The text comes into the box by itself. */
const boxHolds = (page: Page, text: string): Promise<void> =>
  holds(page, `document.querySelector(".composer textarea").value === ${JSON.stringify(text)}`);

/** A connection that was opened in the very moment in which the browser went offline is cut by the next try. */
async function cut(parlor: World, page: Page): Promise<void> {
  await page.context().setOffline(true);
  parlor.cutAll();
  const isCut = await disconnected(page, 3_000).then(
    () => true,
    () => false,
  );
  if (!isCut) await cut(parlor, page);
}

async function heal(page: Page): Promise<void> {
  await page.context().setOffline(false);
  await connected(page);
}

/** One who has asked and was answered. */
async function answered(options?: Parameters<typeof parlorWithScript>[0]) {
  const parlor = await parlorWithScript(options);
  const { page } = await open(addressOf(parlor), { name: "Ada" });
  await say(page, "Hello");
  const call = await parlor.model.nextCall();
  call.say("Hi.");
  call.finish();
  await page.locator(".answer:not(.active)").waitFor();
  return { parlor, page };
}

/** One who is being answered. */
async function answering(): Promise<{ parlor: World; page: Page; call: ModelCall }> {
  const parlor = await parlorWithScript();
  const { page } = await open(addressOf(parlor), { name: "Ada" });
  await say(page, "Hello");
  const call = await parlor.model.nextCall();
  call.say("word");
  await page.getByText("word", { exact: true }).waitFor();
  return { parlor, page, call };
}

async function edit(page: Page, text: string): Promise<void> {
  await page.locator(".message.mine").first().hover();
  await button(page, "Edit").first().click();
  await editor(page).fill(text);
}

describe("what is written", () => {
  browserTest("and refused comes back before what is in the box, in its order", async () => {
    const parlor = await parlorWithScript({ limits: { queuedMessages: 1 } });
    const { page } = await open(addressOf(parlor), { name: "Ada" });
    await say(page, "first");
    (await parlor.model.nextCall()).say("busy");
    await page.getByText("busy", { exact: true }).waitFor();
    await say(page, "second");
    await page.getByText("Waits for its turn.").waitFor();
    await cut(parlor, page);
    for (const text of ["third", "fourth"]) await say(page, text);
    await box(page).fill("being written");
    await heal(page);
    await boxHolds(page, "third\n\nfourth\n\nbeing written");
    await page.getByRole("alert").waitFor();
  });

  browserTest("and kept unsent while one was elsewhere comes back when it is refused then", async () => {
    const parlor = await parlorWithScript({ limits: { queuedMessages: 1 } });
    const { page } = await open(addressOf(parlor), { name: "Ada" });
    await cut(parlor, page);
    await say(page, "kept");
    const bob = await parlor.join("kitchen", { name: "Bob" });
    for (const text of ["first", "second"]) bob.send({ type: "say", text });
    await bob.until(() => bob.entries.filter(({ type }) => type === "message").length === 2);
    await page.evaluate("location.hash = '#elsewhere'");
    await heal(page);
    await page.evaluate("location.hash = '#kitchen'");
    await boxHolds(page, "kept");
  });

  browserTest("is not given back when the talk was left: it is said there, once", async () => {
    const parlor = await parlorWithScript();
    const { page } = await open(addressOf(parlor, "one"), { name: "Ada" });
    await cut(parlor, page);
    await say(page, "for one");
    await page.evaluate("location.hash = '#two'");
    await heal(page);
    expect(await box(page).inputValue()).toBe("");
    await page.evaluate("location.hash = '#one'");
    await parlor.model.nextCall();
    await page.locator("#talk .message", { hasText: "for one" }).waitFor();
    expect(await box(page).inputValue()).toBe("");
  });

  browserTest(
    "and said in the moment in which one leaves is not in the box when one comes back",
    async () => {
      const parlor = await parlorWithScript();
      const { page } = await open(addressOf(parlor, "one"), { name: "Ada" });
      await box(page).fill("said and gone");
      await page.evaluate("document.querySelector('.composer form').requestSubmit(); location.hash = '#two'");
      await boxHolds(page, "");
      await connected(page);
      await page.evaluate("location.hash = '#one'");
      await page.locator("#talk .message", { hasText: "said and gone" }).waitFor();
      expect(await box(page).inputValue()).toBe("");
    },
  );

  browserTest("and not said is there after a reload and in its room, until it is said", async () => {
    const parlor = await parlorWithScript();
    const { page } = await open(addressOf(parlor, "one"), { name: "Ada" });
    await box(page).fill("a draft");
    await holds(page, "sessionStorage.getItem('parlor.draft.one') === 'a draft'");
    await page.reload();
    await boxHolds(page, "a draft");
    await page.evaluate("location.hash = '#two'");
    await boxHolds(page, "");
    await page.evaluate("location.hash = '#one'");
    await boxHolds(page, "a draft");
    await connected(page);
    await button(page, "Send").click();
    await page.locator("#talk .message", { hasText: "a draft" }).waitFor();
    await holds(page, "sessionStorage.getItem('parlor.draft.one') === null");
    await page.reload();
    await connected(page);
    expect(await box(page).inputValue()).toBe("");
  });
});

describe("an edit", () => {
  browserTest("that is refused, or finds no connection, stays open with its text", async () => {
    const { parlor, page } = await answered();
    const long = "x".repeat(33_000);
    await edit(page, long);
    for (let time = 0; time < 2; time++) {
      await button(page, "Say this instead").click();
      await page.getByText("This message is too long").waitFor();
      await holds(page, "!document.querySelector('.editor textarea').readOnly");
      expect(await editor(page).inputValue()).toBe(long);
    }
    await editor(page).fill(" ");
    expect(await button(page, "Say this instead").isDisabled()).toBe(true);
    await editor(page).fill("Hello, you");
    await cut(parlor, page);
    await button(page, "Say this instead").click();
    await page.getByText("There is no connection.").waitFor();
    expect(await editor(page).inputValue()).toBe("Hello, you");
    await heal(page);
    await button(page, "Say this instead").click();
    await parlor.model.nextCall();
    await page.locator(".message", { hasText: "Hello, you" }).waitFor();
    await editor(page).waitFor({ state: "detached" });
    await boxHolds(page, "");
  });

  browserTest("shows that it is on its way, and is there again when it was lost there", async () => {
    const { page } = await answered();
    let close = (): void => {};
    await page.routeWebSocket(/\/ws/, (socket) => {
      const server = socket.connectToServer();
      close = () => void (socket.close(), server.close());
      socket.onMessage((frame) => (String(frame).includes('"edit"') ? undefined : server.send(frame)));
    });
    await page.reload();
    await connected(page);
    await edit(page, "Hello, you");
    await editor(page).press("Enter");
    await button(page, "Saving…").waitFor();
    expect(await button(page, "Saving…").isDisabled()).toBe(true);
    expect(await button(page, "Cancel").isDisabled()).toBe(true);
    close();
    await button(page, "Say this instead").waitFor();
    expect(await editor(page).inputValue()).toBe("Hello, you");
    await editor(page).press("Escape");
    expect(await textsOf(page)).toEqual(["Hello", "Hi."]);
  });

  browserTest("of a message that others take away goes on where one writes", async () => {
    const { parlor, page } = await answered();
    await box(page).fill("And");
    await edit(page, "Hello, you");
    const bob = await parlor.join("kitchen", { name: "Bob" });
    bob.send({ type: "forget" });
    await editor(page).waitFor({ state: "detached" });
    await boxHolds(page, "Hello, you\n\nAnd");
  });
});

describe("a room's name that is none", () => {
  browserTest.each([
    [".", undefined],
    ["..", undefined],
    ["my room", "my-room"],
    ["Küche!", "Kuche"],
    ["x".repeat(129), "x".repeat(128)],
  ])("is said to be none, and one near to it is offered: %s", async (name, near) => {
    const parlor = await parlorWithScript();
    const { page, complaints } = await visit(addressOf(parlor, encodeURIComponent(name)));
    await page.getByText(`“${name}” cannot be a room’s name`).waitFor();
    await page.getByRole("link", { name: "Open a new one" }).waitFor();
    const link = page.getByRole("link", { name: "Go to" });
    expect(await link.count()).toBe(near ? 1 : 0);
    if (!near) return;
    await link.click();
    await connected(page);
    expect(page.url()).toBe(addressOf(parlor, near));
    await button(page, "About").click();
    await page.getByLabel("Go to the room").fill("a b");
    await page.getByText("“a b” cannot be a room’s name").waitFor();
    expect(complaints).toEqual([]);
  });
});

describe("what is told", () => {
  browserTest("is new: neither what was said before one came, nor what a rewind uncovers", async () => {
    const parlor = await parlorWithScript({ limits: { commandsPerSecond: 0 } });
    const bob = await parlor.join("kitchen", { name: "Bob" });
    for (let index = 0; index < 130; index++)
      bob.send({ type: "say", text: `Message ${index}.`, reply: false });
    await bob.until(() => bob.entries.length === 130);
    const script = `
      window.notified = [];
      Document.prototype.ariaNotify = (text) => void notified.push(text);`;
    const { page } = await open(addressOf(parlor), { name: "Ada", script });
    await page.getByText("Message 129.").waitFor();
    await page.evaluate("document.querySelector('main').scrollTop = 0");
    await page.getByText("Message 0.").waitFor({ state: "attached" });
    const said = bob.entries.flatMap((entry) => (entry.type === "message" ? [entry] : []));
    const there = said.find(({ text }) => text === "Message 32.");
    bob.send({ type: "edit", message: there?.id as string, text: "Something else" });
    await holds(page, "notified.length > 0");
    bob.send({ type: "say", text: "The last", reply: false });
    await holds(page, "notified.includes('Bob: The last')");
    const told = await page.evaluate<string[]>("notified");
    expect(told.filter((line) => line.startsWith("Bob"))).toEqual(["Bob: Something else", "Bob: The last"]);
  });

  browserTest("of a refusal goes when it is read, and when the conversation goes on", async () => {
    const parlor = await parlorWithScript();
    const { page } = await open(addressOf(parlor), { name: "Ada" });
    const alert = page.getByRole("alert");
    await say(page, "x".repeat(33_000));
    await alert.waitFor();
    await button(page, "Dismiss").click();
    await alert.waitFor({ state: "detached" });
    await button(page, "Send").click();
    await alert.waitFor();
    const bob = await parlor.join("kitchen", { name: "Bob" });
    bob.send({ type: "say", text: "Go on", reply: false });
    await alert.waitFor({ state: "detached" });
  });

  browserTest("of a copied link is true", async () => {
    const parlor = await parlorWithScript();
    const unconnected = "window.WebSocket = class extends EventTarget { close() {} send() {} };";
    const { page: early } = await visit(`http://127.0.0.1:${parlor.port}/`, { script: unconnected });
    await button(early, "Invite").waitFor();
    expect(await button(early, "Invite").isDisabled()).toBe(true);
    const forbidden = `
      navigator.clipboard.writeText = () => Promise.reject(new Error("no"));
      document.execCommand = () => false;`;
    const { page } = await open(addressOf(parlor), { name: "Ada", script: forbidden });
    await button(page, "Invite").click();
    const link = page.getByLabel("Copy this link by hand");
    expect(await link.inputValue()).toBe(page.url());
    expect(await button(page, "Link copied").count()).toBe(0);
    await link.press("Escape");
    await link.waitFor({ state: "detached" });
    await say(page, "Hello");
    const call = await parlor.model.nextCall();
    call.say("word");
    call.finish();
    await button(page, "Copy").click();
    await button(page, "Not copied: select it instead").waitFor();
  });

  browserTest("of one's name is the same in all tabs of a browser", async () => {
    const parlor = await parlorWithScript();
    const { page } = await open(addressOf(parlor), { name: "Ada" });
    const other = await page.context().newPage();
    await other.goto(addressOf(parlor));
    await connected(other);
    await other.getByLabel("Your name").fill("Grace");
    await other.getByLabel("Your name").press("Enter");
    await holds(page, "document.querySelector('.manner input').value === 'Grace'");
    await page.locator("#members", { hasText: "Grace" }).waitFor();
  });
});

describe("stopping", () => {
  browserTest("Escape stops wherever one is, unless it is meant for something else", async () => {
    const { page } = await answering();
    await holds(page, "document.activeElement.matches('.composer textarea')");
    await button(page, "About").click();
    await page.keyboard.press("Escape");
    await page.locator("#about").waitFor({ state: "detached" });
    await edit(page, "Hello, you");
    await page.keyboard.press("Escape");
    await editor(page).waitFor({ state: "detached" });
    expect(await page.locator(".answer.active").count()).toBe(1);
    await page.locator("main").focus();
    await page.keyboard.press("Escape");
    await page.getByText("Stopped by Ada.").waitFor();
  });

  browserTest("before the first word leaves a line, and so does what was taken back", async () => {
    const parlor = await parlorWithScript();
    const { page } = await open(addressOf(parlor), { name: "Ada" });
    await say(page, "Hello");
    await parlor.model.nextCall();
    await say(page, "And\n\nthen? ".repeat(20));
    await button(page, "Take back").click();
    await button(page, "Stop").click();
    await page.getByText("“Hello” was taken back by Ada.").waitFor();
    await page.getByText(/^“(And then\? ){7}And then\?…” was taken back by Ada\.$/).waitFor();
    expect(await page.locator(".answer .face, .answer .deeds").count()).toBe(0);
  });

  browserTest("all that waits is stopped at once, and an answer names a question far above it", async () => {
    const { parlor, page, call } = await answering();
    for (const text of ["second", "third"]) await say(page, text);
    call.finish();
    (await parlor.model.nextCall()).say("another");
    await page.getByText("another", { exact: true }).waitFor();
    expect(await page.locator(".question").allTextContents()).toEqual(["↳ Ada: “second”"]);
    await say(page, "fourth");
    await button(page, "Stop all (3)").click();
    await page.getByText("“third” was taken back by Ada.").waitFor();
    await page.getByText("“fourth” was taken back by Ada.").waitFor();
    await page.getByText("Stopped by Ada.").waitFor();
    expect(parlor.model.calls.length).toBe(2);
    expect(await page.getByText("Stop all").count()).toBe(0);
  });
});

describe("it looks", () => {
  const caret = `getComputedStyle(document.querySelector(".active .markdown > :last-child"), "::after").content`;

  browserTest("as if nothing were coming while the connection is away", async () => {
    const { parlor, page } = await answering();
    expect(await page.evaluate(caret)).toBe('"▍"');
    await cut(parlor, page);
    expect(await page.evaluate(caret)).toBe("none");
  });

  browserTest.each([1_280, 1_100])("as it should on %d pixels, with many people", async (width) => {
    const parlor = await parlorWithScript();
    for (let index = 0; index < 8; index++) await parlor.join("kitchen", {});
    const { page } = await open(addressOf(parlor), { viewport: { width, height: 700 } });
    await page.locator("#members", { hasText: "+4" }).waitFor();
    expect(await page.locator("#members .face:visible").count()).toBe(5);
    for (const letter of await page.locator("#members .face").allTextContents())
      expect(letter).toMatch(/^[0-9A-F]$/);
    const middle = async (selector: string): Promise<number> => {
      const place = await page.locator(selector).boundingBox();
      return (place?.y ?? 0) + (place?.height ?? 0) / 2;
    };
    expect(Math.abs((await middle("#keys")) - (await middle(".manner label >> nth=0")))).toBeLessThan(4);
  });

  browserTest("as it should on a phone: three people, no idle Stop, and an editor in sight", async () => {
    const parlor = await parlorWithScript();
    for (let index = 0; index < 8; index++) await parlor.join("kitchen", {});
    const phone = { viewport: { width: 390, height: 700 }, isMobile: true, hasTouch: true };
    const { page } = await open(addressOf(parlor), { name: "Ada", ...phone });
    await page.locator("#members", { hasText: "+6" }).waitFor();
    expect(await page.locator("#members .face:visible").count()).toBe(3);
    expect(await button(page, "Stop").count()).toBe(0);
    await say(page, "Hello");
    const call = await parlor.model.nextCall();
    call.say("A paragraph.\n\n".repeat(60));
    call.finish();
    await page.locator(".answer:not(.active)").waitFor();
    await page.evaluate("document.querySelector('main').scrollTop = 0");
    for (const one of await page.getByRole("button").all())
      if (await one.isVisible()) expect((await one.boundingBox())?.height).toBeGreaterThanOrEqual(32);
    await button(page, "Edit").click();
    const [top, header] = await Promise.all([
      editor(page).boundingBox(),
      page.locator("header").boundingBox(),
    ]);
    expect(top?.y).toBeGreaterThan((header?.y ?? 0) + (header?.height ?? 0));
    expect(top?.y).toBeLessThan(500);
  });
});
