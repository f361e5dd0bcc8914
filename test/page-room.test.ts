// A room on the page, in real browsers: who sees what, who may do what, and what stays where it is.
import { describe, expect } from "@jest/globals";
import type { Page } from "playwright-core";
import { createMemoryStore } from "../server/log/memory.ts";
import type { Store } from "../server/log/store.ts";
import { browserTest } from "./support/browser.ts";
import { createGatedStore } from "./support/gated-store.ts";
import { button, holds, open, say, textsOf } from "./support/page.ts";
import type { Client } from "./support/client.ts";
import { parlorWithScript } from "./support/world.ts";

const addressOf = ({ port }: { port: number }, room = "kitchen"): string =>
  `http://127.0.0.1:${port}/#${room}`;

/** Opens the page for each of them, in a browser of their own. */
async function openAll<const Names extends readonly string[]>(
  address: string,
  ...names: Names
): Promise<{ [K in keyof Names]: Page }> {
  const opened = await Promise.all(names.map((name) => open(address, { name })));
  for (const { page } of opened) await page.locator(`#members li >> nth=${names.length - 1}`).waitFor();
  return opened.map(({ page }) => page) as { [K in keyof Names]: Page };
}

/** Waits until all that was said is this, and checks that every page shows the same. */
async function expectTexts(pages: readonly Page[], texts: readonly string[]): Promise<void> {
  for (const page of pages) {
    await page
      .locator("#talk .text", { hasText: texts.at(-1) as string })
      .last()
      .waitFor();
    expect(await textsOf(page)).toEqual(texts);
  }
}

/** In the place of the browser's voice: what it was given to speak, and a way to let it finish. */
const voice = `
  window.voice = { spoken: [], current: null, cancelled: 0, end: () => voice.current.onend() };
  const speak = (utterance) => { voice.spoken.push(utterance.text); voice.current = utterance; };
  const cancel = () => { voice.cancelled += 1; voice.current = null; };
  Object.defineProperty(window, "speechSynthesis", { value: { speak, cancel } });`;

/** Hears what the page has the browser announce. */
const notifier = `
  window.notified = [];
  Document.prototype.ariaNotify = (text) => void notified.push(text);`;

/** A browser that announces nothing by itself: what is put into the page's live region is heard. */
const listener = `
  window.lines = [];
  delete Document.prototype.ariaNotify;
  const hear = (records) => records.forEach(({ target, addedNodes }) =>
    target.ariaLive === "polite" && lines.push(...[...addedNodes].map(({ textContent }) => textContent)));
  new MutationObserver(hear).observe(document, { childList: true, subtree: true });`;

describe("two browsers in one room", () => {
  browserTest("see the same words, either stops them, and both say who did", async () => {
    const parlor = await parlorWithScript();
    const both = await openAll(addressOf(parlor), "Ada", "Bob");
    const [ada, bob] = both;
    for (const [asking, stopping, by] of [
      [ada, bob, "Bob"],
      [bob, ada, "Ada"],
    ] as const) {
      await say(asking, `Stop me, ${by}`);
      const call = await parlor.model.nextCall();
      call.say(`words for ${by} `);
      for (const page of both) await page.getByText(`words for ${by}`, { exact: true }).waitFor();
      await button(stopping, "Stop").click();
      for (const page of both) await page.getByText(`Stopped by ${by}.`).waitFor();
    }
    await expectTexts(both, ["Stop me, Bob", "words for Bob", "Stop me, Ada", "words for Ada"]);
    const outcomes = await Promise.all(both.map((page) => page.locator(".outcome").allTextContents()));
    expect(outcomes).toEqual([
      ["Stopped by Bob.", "Stopped by Ada."],
      ["Stopped by Bob.", "Stopped by Ada."],
    ]);
  });

  browserTest("[P1] who joins in the middle of an answer sees all of it, and its rest", async () => {
    const parlor = await parlorWithScript();
    const [ada, bob] = await openAll(addressOf(parlor), "Ada", "Bob");
    await say(ada, "Hello");
    const call = await parlor.model.nextCall();
    call.say("one ", "two ");
    await ada.getByText("one two").waitFor();
    const { page: cyd } = await open(addressOf(parlor), { name: "Cyd" });
    await expectTexts([ada, bob, cyd], ["Hello", "one two"]);
    call.say("three");
    call.finish();
    for (const page of [ada, bob, cyd]) await page.locator(".answer:not(.active)").waitFor();
    await expectTexts([ada, bob, cyd], ["Hello", "one two three"]);
  });

  browserTest("[R4] messages that wait show their place, and are taken back", async () => {
    const parlor = await parlorWithScript();
    const both = await openAll(addressOf(parlor), "Ada", "Bob");
    const [ada, bob] = both;
    await say(ada, "first");
    const first = await parlor.model.nextCall();
    first.say("busy ");
    await ada.getByText("busy", { exact: true }).waitFor();
    for (const text of ["second", "third"]) await say(ada, text);
    for (const page of both) {
      await waits(page, "second", "Waits for its turn.").waitFor();
      await waits(page, "third", "Waits for its turn, with 1 before it.").waitFor();
    }
    await button(bob.locator(".message", { hasText: "second" }), "Cancel").click();
    for (const page of both) {
      await page.getByText("“second” was stopped by Bob before its first word.").waitFor();
      await waits(page, "third", "Waits for its turn.").waitFor();
    }
    first.finish();
    const next = await parlor.model.nextCall();
    next.say("the third");
    next.finish();
    for (const page of both) await page.getByText("the third").waitFor();
    expect(parlor.model.calls.length).toBe(2);
    for (const page of both) expect(await page.getByText("Waits for its turn").count()).toBe(0);
  });

  browserTest("an own message is edited, by its button and by ↑ in the empty box", async () => {
    const parlor = await parlorWithScript();
    const both = await openAll(addressOf(parlor), "Ada", "Bob");
    const [ada, bob] = both;
    await say(ada, "Helo");
    await answer(parlor, "What?");
    await expectTexts(both, ["Helo", "What?"]);
    expect(await button(bob, "Edit").count()).toBe(0);
    await button(ada, "Edit").click();
    const editor = ada.getByLabel("Say this instead");
    await editor.fill("Hello");
    await button(ada, "Say this instead").click();
    await answer(parlor, "Hi!");
    await expectTexts(both, ["Hello", "Hi!"]);
    await ada.getByLabel("Your message").focus();
    await ada.keyboard.press("ArrowUp");
    expect(await editor.inputValue()).toBe("Hello");
    await ada.keyboard.press("Escape");
    await editor.waitFor({ state: "detached" });
    await ada.keyboard.press("ArrowUp"); // the box has the focus again
    await editor.waitFor();
    await ada.keyboard.type(", you");
    await ada.keyboard.press("Enter");
    await answer(parlor, "Well.");
    await expectTexts(both, ["Hello, you", "Well."]);
  });

  browserTest("the latest answer is made again, and the old one is gone for both", async () => {
    const parlor = await parlorWithScript();
    const both = await openAll(addressOf(parlor), "Ada", "Bob");
    const [ada, bob] = both;
    await say(ada, "Hello");
    await answer(parlor, "first answer");
    await expectTexts(both, ["Hello", "first answer"]);
    await button(bob, "Answer again").click();
    await answer(parlor, "second answer");
    await expectTexts(both, ["Hello", "second answer"]);
    for (const page of both) expect(await button(page, "Answer again").count()).toBe(1);
  });

  browserTest("[R7] what wants no answer gets none, and the next answer knows it", async () => {
    const parlor = await parlorWithScript();
    const both = await openAll(addressOf(parlor), "Ada", "Bob");
    const [ada, bob] = both;
    await ada.getByLabel("No answer").check();
    await say(ada, "between us");
    await bob.locator(".message", { hasText: "between us" }).getByText("no answer wanted").waitFor();
    await ada.getByLabel("No answer").uncheck();
    await say(ada, "for all");
    const call = await parlor.model.nextCall();
    expect(call.messages.map(({ content }) => content).join("\n")).toMatch(/between us[^]*for all/);
    call.say("heard");
    call.finish();
    await expectTexts(both, ["between us", "for all", "heard"]);
    expect(parlor.model.calls.length).toBe(1);
    for (const page of both) expect(await page.getByText("Waits for its turn").count()).toBe(0);
  });

  browserTest("typing is shown to the others, and goes away", async () => {
    const parlor = await parlorWithScript();
    const [ada, bob, cyd] = await openAll(addressOf(parlor), "Ada", "Bob", "Cyd");
    const typing = bob.locator(".typing");
    await ada.getByLabel("Your message").fill("I");
    await typing.filter({ hasText: "Ada is typing…" }).waitFor();
    await cyd.getByLabel("Your message").fill("I too");
    await typing.filter({ hasText: "Ada and Cyd are typing…" }).waitFor();
    expect(await ada.locator(".typing").textContent()).toBe("Cyd is typing…");
    await ada.getByLabel("Your message").fill("");
    await typing.filter({ hasText: /^Cyd is typing…$/ }).waitFor();
    await cyd.close();
    await typing.filter({ hasText: /^$/ }).waitFor({ state: "attached" });
    await ada.getByLabel("Your message").fill("now");
    await typing.filter({ hasText: "Ada is typing…" }).waitFor();
    await button(ada, "Send").click();
    await typing.filter({ hasText: /^$/ }).waitFor({ state: "attached" });
  });

  browserTest("people have their names, and the same colour in every browser", async () => {
    const parlor = await parlorWithScript();
    const both = await openAll(addressOf(parlor), "Ada", "Bob");
    const [ada, bob] = both;
    await say(ada, "from Ada");
    await answer(parlor, "yes");
    await say(bob, "from Bob");
    await answer(parlor, "yes again");
    await expectTexts(both, ["from Ada", "yes", "from Bob", "yes again"]);
    const faces = await Promise.all(both.map(facesOf));
    expect(faces[0]?.length).toBe(4); // two above, two beside what they said
    expect(faces[0]).toEqual(faces[1]);
    for (const [name, colour] of faces[0] ?? []) {
      expect(["Ada", "Bob"]).toContain(name);
      expect(colour).toMatch(/^oklch\(/);
    }
    expect(await ada.locator(".message.mine .text").allTextContents()).toEqual(["from Ada"]);
    expect(await bob.locator(".message.mine .text").allTextContents()).toEqual(["from Bob"]);
    await bob.getByLabel("Your name").fill("Robert");
    await bob.getByLabel("Your name").press("Tab");
    for (const page of both) await page.locator("#members", { hasText: "Robert" }).waitFor();
  });

  browserTest("reasoning is folded away, and opens", async () => {
    const parlor = await parlorWithScript();
    const both = await openAll(addressOf(parlor), "Ada", "Bob");
    await say(both[0], "Think");
    const call = await parlor.model.nextCall();
    call.chunk({ text: "", reasoning: "hm, hm" });
    for (const page of both) await page.getByText("Thinking…").waitFor();
    call.say("so it is");
    call.finish();
    for (const page of both) {
      await page.locator("summary", { hasText: "Reasoning" }).waitFor();
      expect(await page.getByText("hm, hm").isVisible()).toBe(false);
      await page.locator("summary").click();
      await page.getByText("hm, hm").waitFor();
    }
    await expectTexts(both, ["Think", "so it is"]);
  });

  browserTest("an invitation is the link to the room", async () => {
    const parlor = await parlorWithScript();
    const permissions = ["clipboard-read", "clipboard-write"];
    const { page } = await open(`http://127.0.0.1:${parlor.port}/`, { name: "Ada", permissions });
    await button(page, "Invite").click();
    await button(page, "Link copied").waitFor();
    const link = await page.evaluate<string>("navigator.clipboard.readText()");
    expect(link).toBe(page.url());
    const { page: bob } = await open(link, { name: "Bob" });
    await page.locator("#members", { hasText: "Bob" }).waitFor();
    await say(bob, "Here I am");
    await answer(parlor, "Welcome");
    await expectTexts([page, bob], ["Here I am", "Welcome"]);
  });
});

describe("a reader", () => {
  const lines = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, index) => `Line ${from + index} of it.\n\n`).join("");

  browserTest("who has scrolled up is not moved by new words, and ↓ Latest brings him back", async () => {
    const parlor = await parlorWithScript();
    const { page } = await open(addressOf(parlor), { name: "Ada" });
    await say(page, "Much");
    const call = await parlor.model.nextCall();
    call.say(lines(0, 80));
    await page.getByText("Line 79 of it.").waitFor();
    expect(await distanceToEnd(page)).toBeLessThan(2);
    await scrollUp(page, 700);
    await button(page, "↓ Latest").waitFor();
    const before = await sight(page);
    call.say(lines(80, 160));
    await page.getByText("Line 159 of it.").waitFor();
    expect(await sight(page)).toEqual(before);
    call.say("| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two\n\n```\ncode\n```\n");
    await page.getByText("code", { exact: true }).waitFor();
    expect(await sight(page)).toEqual(before);
    await button(page, "↓ Latest").click();
    await button(page, "↓ Latest").waitFor({ state: "detached" });
    expect(await distanceToEnd(page)).toBeLessThan(2);
    call.say(lines(160, 200));
    call.finish();
    await page.locator(".answer:not(.active)").waitFor();
    expect(await distanceToEnd(page)).toBeLessThan(2);
  });

  browserTest("who scrolls up a little at a time gets away from words that come all the time", async () => {
    const parlor = await parlorWithScript();
    const { page } = await open(addressOf(parlor), { name: "Ada" });
    await say(page, "Much");
    const call = await parlor.model.nextCall();
    call.say(lines(0, 80));
    await page.getByText("Line 79 of it.").waitFor();
    for (let line = 80; line < 92; line++) {
      await scrollUp(page, 20);
      call.say(lines(line, line + 1));
      await page.getByText(`Line ${line} of it.`).waitFor();
    }
    expect(await distanceToEnd(page)).toBeGreaterThan(240);
    await button(page, "↓ Latest").waitFor();
  });

  browserTest("who is at the end stays there, whatever becomes of the window and the box below", async () => {
    const parlor = await parlorWithScript();
    const { page } = await open(addressOf(parlor), { name: "Ada" });
    await say(page, "Much");
    await answer(parlor, lines(0, 80));
    await page.locator(".answer:not(.active)").waitFor();
    await page.getByLabel("Your message").fill("one\ntwo\nthree\nfour\nfive");
    await holds(page, `(${endDistance}) < 2`);
    await page.setViewportSize({ width: 500, height: 400 });
    await holds(page, `(${endDistance}) < 2`);
    expect(await button(page, "↓ Latest").count()).toBe(0);
  });

  browserTest(
    "of a long conversation the past comes by scrolling up, and moves nothing under the eyes",
    async () => {
      const past = heldPast();
      const parlor = await parlorWithScript({ store: past.store, limits: { commandsPerSecond: 0 } });
      const filler = "word ".repeat(300).trim(); // the server keeps the last of a talk in memory, and asks no store for it
      const texts = Array.from({ length: 300 }, (_, index) => `This is message ${index}. ${filler}`);
      await fill(await parlor.join("kitchen"), texts);
      const { page } = await open(addressOf(parlor), { name: "Ada" });
      await page.getByText("This is message 299.").waitFor();
      const stretches: number[] = [];
      while ((await textsOf(page)).length < 300) {
        const shown = (await textsOf(page)).length;
        stretches.push(shown);
        past.hold();
        await toNear(page, 300);
        await past.asked();
        const before = await sight(page);
        past.let();
        await page.locator(`#talk > li >> nth=${shown}`).waitFor({ state: "attached" });
        const after = await sight(page);
        expect(after.texts.map(([text]) => text)).toEqual(before.texts.map(([text]) => text));
        expect(mostMoved(before, after)).toBeLessThanOrEqual(1); // a browser scrolls by whole pixels
        expect(after.scrollTop).toBeGreaterThan(before.scrollTop);
      }
      expect(await textsOf(page)).toEqual(texts);
      expect(stretches.length).toBeGreaterThan(0);
    },
  );
});

describe("the page", () => {
  browserTest("About shows how fast it is, and who is here", async () => {
    const store = createGatedStore();
    const parlor = await parlorWithScript({ store });
    const { page } = await open(addressOf(parlor), { name: "Ada" });
    await page.clock.install();
    await button(page, "About").click();
    const facts = page.locator("#about dl > div");
    const fact = (name: string) => facts.filter({ hasText: name }).locator("dd").textContent();
    await say(page, "How fast?");
    await page.locator("#unsent").waitFor();
    await page.clock.runFor(100); // the page has to see a question before its answer, to know how long it took
    store.open();
    const call = await parlor.model.nextCall();
    call.say("one ");
    await page.getByText("one", { exact: true }).waitFor();
    await facts.filter({ hasText: /first word\d/ }).waitFor();
    await page.clock.fastForward(2_000);
    call.say("two");
    await facts.filter({ hasText: /answerabout 2$/ }).waitFor();
    call.chunk({ text: "", usage: { input: 5, output: 20 } });
    call.finish();
    await page.locator(".answer:not(.active)").waitFor();
    await page.locator("#about dd", { hasText: /^20$/ }).waitFor();
    expect(Number(await fact("Tokens per second"))).toBeGreaterThan(1);
    expect(Number(await fact("Tokens per second"))).toBeLessThanOrEqual(10);
    expect(await fact("Time to the first word")).toMatch(/^\d+ ms$/);
    expect(await fact("Round trip")).toMatch(/^\d+ ms$/);
    expect(await fact("Model")).toBe("scripted");
    expect(await fact("Name")).toBe("kitchen");
    expect(Number(await fact("Position in its log"))).toBe(1 + 1 + "one two".length + 1);
    expect(await page.locator("#about .people li").allTextContents()).toEqual(["A Ada (you)"]);
    await page.getByLabel("Go to the room").press("Escape");
    await page.locator("#about").waitFor({ state: "detached" });
  });

  browserTest("a dark page is dark after a reload too", async () => {
    const parlor = await parlorWithScript();
    const { page } = await open(addressOf(parlor), { name: "Ada", colorScheme: "light" });
    const paper = (): Promise<string> => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await paper();
    await button(page, "About").click();
    await page.getByLabel("Dark").check();
    await page.locator("[data-theme=dark]").waitFor();
    const dark = await paper();
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await paper()).toBe(dark);
    await button(page, "About").click();
    expect(await page.getByLabel("Dark").isChecked()).toBe(true);
    await page.getByLabel("System").check();
    await page.locator("[data-theme=system]").waitFor();
    expect(await paper()).toBe(light);
  });

  browserTest(
    "an answer is read aloud in whole sentences, one after the other, until it is stopped",
    async () => {
      const parlor = await parlorWithScript();
      const { page } = await open(addressOf(parlor), { name: "Ada", script: voice });
      const spoken = (): Promise<string[]> => page.evaluate("voice.spoken");
      await say(page, "Tell me");
      const call = await parlor.model.nextCall();
      call.say("One is **here**. Two ");
      await button(page, "Read aloud").click();
      await holds(page, "voice.spoken.length === 1");
      call.say("is [there](http://a.example). Three is");
      await page.getByText("Three is").waitFor();
      expect(await spoken()).toEqual(["One is here."]);
      await page.evaluate("voice.end()");
      await holds(page, "voice.spoken.length === 2");
      call.say(" far. Four is gone.");
      call.finish();
      await page.locator(".answer:not(.active)").waitFor();
      await page.evaluate("voice.end()");
      await holds(page, "voice.spoken.length === 3");
      expect(await spoken()).toEqual(["One is here.", "Two is there.", "Three is far."]);
      await button(page, "Stop reading").click();
      await holds(page, "voice.current === null");
      expect(await page.evaluate("voice.cancelled")).toBe(1);
      expect((await spoken()).length).toBe(3);
      await button(page, "Read aloud").click();
      for (let sentence = 4; sentence <= 7; sentence++) {
        await holds(page, `voice.spoken.length === ${sentence}`);
        await page.evaluate("voice.end()");
      }
      await button(page, "Read aloud").waitFor(); // it has come to the end by itself
      expect((await spoken()).slice(3)).toEqual([
        "One is here.",
        "Two is there.",
        "Three is far.",
        "Four is gone.",
      ]);
    },
  );

  browserTest("there is one voice: who has another answer read hears no more of the first", async () => {
    const parlor = await parlorWithScript();
    const { page } = await open(addressOf(parlor), { name: "Ada", script: voice });
    for (const name of ["First", "Second"]) {
      await say(page, name);
      await answer(parlor, `${name} one. ${name} two.`);
      await page.getByText(`${name} two.`).waitFor();
    }
    await button(page, "Read aloud").first().click({ force: true });
    await holds(page, "voice.spoken.length === 1");
    await button(page, "Read aloud").click();
    await holds(page, "voice.spoken.length === 2");
    await page.evaluate("voice.end()");
    await holds(page, "voice.spoken.length === 3");
    await page.evaluate("voice.end()");
    await button(page, "Stop reading").waitFor({ state: "detached" });
    expect(await page.evaluate("voice.spoken")).toEqual(["First one.", "Second one.", "Second two."]);
  });

  for (const [how, script, heard] of [
    ["by the browser", notifier, "notified"],
    ["in a live region", listener, "lines"],
  ] as const)
    browserTest(`what is said is announced ${how}: whole sentences, each once`, async () => {
      const parlor = await parlorWithScript();
      const bob = await parlor.join("kitchen", { name: "Bob" });
      bob.send({ type: "say", text: "before", reply: false });
      await bob.next("message");
      const { page, complaints } = await open(addressOf(parlor), { name: "Ada", script });
      const expected = ["Bob: What?", "The assistant answers.", "One is here."];
      bob.send({ type: "say", text: "What?" });
      const call = await parlor.model.nextCall();
      call.say("One is", " here. Two", " is");
      await holds(page, `${heard}.length === ${expected.length}`);
      expect(await page.evaluate(heard)).toEqual(expected);
      await page.context().setOffline(true);
      parlor.cutAll();
      await page.getByText("Connection lost").first().waitFor();
      call.say(" there. Three is far");
      await page.context().setOffline(false);
      await page.getByText("Three is far").waitFor();
      await button(page, "Stop").click();
      expected.push("Two is there.", "Three is far", "Stopped by Ada.");
      await holds(page, `${heard}.length >= ${expected.length}`);
      await say(page, "Thanks");
      await answer(parlor, "You are welcome.");
      expected.push("The assistant answers.", "You are welcome.");
      await holds(page, `${heard}.length >= ${expected.length}`);
      expect(await page.evaluate(heard)).toEqual(expected);
      await page.reload();
      await page.getByText("You are welcome.").waitFor();
      await say(page, "Once more");
      await answer(parlor, "Again.");
      await holds(page, `${heard}.length >= 2`);
      expect(await page.evaluate(heard)).toEqual(["The assistant answers.", "Again."]);
      expect(complaints.filter((complaint) => !/WebSocket|ERR_/.test(complaint))).toEqual([]);
    });
});

/** Gives the next answer as a whole. */
async function answer(
  { model }: Awaited<ReturnType<typeof parlorWithScript>>,
  ...words: string[]
): Promise<void> {
  const call = await model.nextCall();
  call.say(...words);
  call.finish();
}

const waits = (page: Page, text: string, words: string) =>
  page.locator(".message", { hasText: text }).getByText(words);

/** Whose they are and in which colour: above, then beside the messages, also where they are not shown. */
const facesOf = (page: Page): Promise<[string, string][]> =>
  page.evaluate(`[...document.querySelectorAll("#members li, .message")].map((place) => [
    place.querySelector(".name, .who b").textContent,
    getComputedStyle(place.querySelector(".face")).backgroundColor,
  ])`);

const endDistance = `(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(document.querySelector("main"))`;

/** How far the reader is from the end. Pixels. */
const distanceToEnd = (page: Page): Promise<number> => page.evaluate(endDistance);

/** Turns the wheel, and waits until it has moved the page by as much. */
async function scrollUp(page: Page, pixels: number): Promise<void> {
  const { scrollTop } = await sight(page);
  await page.locator("main").hover();
  await page.mouse.wheel(0, -pixels);
  await holds(page, `document.querySelector("main").scrollTop <= ${scrollTop - pixels + 1}`);
}

/** Turns the wheel until the beginning of what is shown is so near. */
async function toNear(page: Page, pixels: number): Promise<void> {
  const { scrollTop } = await sight(page);
  await scrollUp(page, scrollTop - pixels);
}

/** What a reader has before his eyes, and where it stands. */
type Sight = { scrollTop: number; texts: readonly (readonly [string, number])[] };

const sight = (page: Page): Promise<Sight> =>
  page.evaluate(`(() => {
    const main = document.querySelector("main");
    const { top, bottom } = main.getBoundingClientRect();
    const places = [...main.querySelectorAll("#talk p, #talk li")].filter((one) => !one.querySelector("p, li"));
    const texts = places.flatMap((one) => {
      const box = one.getBoundingClientRect();
      return box.bottom > top && box.top < bottom ? [[one.textContent, box.top]] : [];
    });
    return { scrollTop: main.scrollTop, texts };
  })()`);

const mostMoved = (before: Sight, after: Sight): number =>
  Math.max(...before.texts.map(([, top], index) => Math.abs(top - (after.texts[index]?.[1] ?? Infinity))));

/** A store of which questions about the past can be held. */
function heldPast() {
  const store = createMemoryStore();
  let gate = Promise.resolve();
  let open = (): void => {};
  let tell = (): void => {};
  let asked = Promise.resolve();
  const held: Store = {
    ...store,
    backward: async (page) => {
      tell();
      await gate;
      return store.backward(page);
    },
  };
  return {
    store: held,
    hold: () => {
      gate = new Promise((resolve) => (open = resolve));
      asked = new Promise((resolve) => (tell = resolve));
    },
    asked: () => asked,
    let: () => open(),
  };
}

/** Says all of this to the people. */
async function fill(client: Client, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    client.send({ type: "say", text, reply: false });
    await client.next("message");
  }
}
