// The page where people write together with the assistant, in real browsers: the text, the carets, what the assistant writes,
// and how it is stopped and taken back.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect } from "@jest/globals";
import type { Locator, Page } from "playwright-core";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { browserTest } from "./support/browser.ts";
import { button, holds, open, textsOf, visit, type Opened, type Visit } from "./support/page.ts";
import { closing, parlorWithScript } from "./support/world.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

async function desk() {
  const parlor = await parlorWithScript();
  const address = `http://127.0.0.1:${parlor.port}/write/kitchen`;
  const enter = async (name: string, visit?: Visit): Promise<Opened> => {
    const opened = await open(address, { name, ...visit });
    await writable(opened.page);
    return opened;
  };
  return { ...parlor, address, enter };
}

/** The page's sockets, in its hand. */
const keepingSockets = `const all = (globalThis.sockets = []);
  const Real = WebSocket; globalThis.WebSocket = class extends Real {
    constructor(...given) { super(...given); all.push(this); }
  };`;

const cut = (page: Page, path: string): Promise<void> =>
  page.evaluate(`for (const socket of sockets) if (socket.url.includes("${path}")) socket.close(4000)`);

const paper = (page: Page): Locator => page.locator(".cm-content");
const writable = (page: Page): Promise<void> => page.getByText("Document connected").waitFor();
const bar = (page: Page): Locator => page.getByRole("group", { name: "The assistant in the document" });
const carets = (page: Page): Locator => page.locator(".peer-caret");
const lines = async (page: Page): Promise<string> =>
  (await page.locator(".cm-line").allTextContents()).join("\n");

/** Waits until the text is this. */
const reads = (page: Page, text: string): Promise<void> =>
  holds(
    page,
    `[...document.querySelector(".paper").shadowRoot.querySelectorAll(".cm-line")]
      .map((line) => line.textContent).join("\\n") === ${JSON.stringify(text)}`,
  );

async function type(page: Page, text: string): Promise<void> {
  await paper(page).focus();
  await page.keyboard.type(text);
}

/** Selects so many characters before the caret. */
async function selectBack(page: Page, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await page.keyboard.press("Shift+ArrowLeft");
}

/** A program that is in the document without a page. */
async function program(port: number): Promise<WebsocketProvider> {
  const provider = new WebsocketProvider(`ws://127.0.0.1:${port}/docs`, "kitchen", new Y.Doc(), {
    disableBc: true,
  });
  closing(async () => {
    provider.destroy();
    provider.doc.destroy();
  });
  await new Promise<void>((resolve) => provider.on("sync", (isSynced) => isSynced && resolve()));
  return provider;
}

describe("people who write together", () => {
  browserTest("see each other's words, and each other's carets by their names", async () => {
    const { enter } = await desk();
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    await type(ada.page, "Hello, world");
    await reads(bob.page, "Hello, world");
    await bob.page.keyboard.press("Control+End");
    await bob.page.keyboard.type("!");
    await reads(ada.page, "Hello, world!");
    await carets(ada.page).and(ada.page.locator('[data-name="Bob"]')).waitFor();
    await carets(bob.page).and(bob.page.locator('[data-name="Ada"]')).waitFor();
    await selectBack(bob.page, 6);
    await ada.page.locator(".peer-selection", { hasText: /^world!$/ }).waitFor();
    expect(await ada.page.locator(".peers li").count()).toBe(2);
    await bob.page.close();
    await carets(ada.page).waitFor({ state: "detached" });
    expect([...ada.complaints, ...bob.complaints]).toEqual([]);
  });

  browserTest("have the colours in the document that they have in the talk", async () => {
    const { enter } = await desk();
    const { page } = await enter("Ada");
    await page.locator(".peers li").waitFor();
    const colours = await page.evaluate<string[]>(
      "['#members', '.peers'].map((place) => getComputedStyle(document.querySelector(`${place} .face`)).backgroundColor)",
    );
    const hues = colours.map((colour) => Number(/([\d.]+)\)$/.exec(colour)?.[1]));
    expect(hues).toHaveLength(2);
    expect(Math.abs((hues[0] as number) - (hues[1] as number))).toBeLessThanOrEqual(8);
  });

  browserTest("find what they wrote after a reload", async () => {
    const { enter } = await desk();
    const { page, complaints } = await enter("Ada");
    await type(page, "One\nTwo");
    await program(Number(new URL(page.url()).port)); // it has come to the server
    await page.reload();
    await writable(page);
    await reads(page, "One\nTwo");
    expect(complaints).toEqual([]);
  });

  browserTest("go on writing without a connection, and lose nothing", async () => {
    const { enter, port } = await desk();
    const { page } = await enter("Ada", { script: keepingSockets });
    const other = await program(port);
    await page.context().setOffline(true);
    // as a dead network does: nobody says goodbye, and a close would wait for that
    await page.evaluate(`for (const socket of sockets)
      if (socket.url.includes("/docs/")) socket.onclose(new CloseEvent("close", { code: 1006 }))`);
    await page.getByText("Document: connection lost").waitFor();
    expect(await button(page, "Continue").isDisabled()).toBe(true);
    await type(page, "offline ");
    other.doc.getText("text").insert(0, "online ");
    await page.context().setOffline(false);
    await writable(page);
    await holds(page, `document.querySelector(".paper").shadowRoot.textContent.includes("online ")`);
    expect(await lines(page)).toContain("offline ");
  });

  browserTest("see each other again at once when a connection was cut, whoever's it was", async () => {
    const { enter } = await desk();
    const [ada, bob] = [await enter("Ada"), await enter("Bob", { script: keepingSockets })];
    const names = ".peers li:nth-child(2)";
    for (const { page } of [ada, bob]) await page.locator(names).waitFor();
    for (let time = 0; time < 2; time++) {
      await cut(bob.page, "/docs/");
      await bob.page.getByText("Document: connection lost").waitFor();
      for (const { page } of [ada, bob]) await page.locator(names).waitFor({ state: "detached" });
      await writable(bob.page);
      // a renewal would come after some 15 s
      for (const { page } of [ada, bob]) await page.locator(names).waitFor({ timeout: 3_000 });
    }
  });

  browserTest("see a caret in an empty document where the first word will stand", async () => {
    const { enter } = await desk();
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    await paper(bob.page).focus();
    await paper(ada.page).focus();
    await carets(ada.page).waitFor();
    const lefts = await ada.page.evaluate<number[]>(
      `[".peer-caret", ".cm-placeholder"].map((one) =>
        document.querySelector(".paper").shadowRoot.querySelector(one).getBoundingClientRect().left)`,
    );
    expect(Math.abs((lefts[0] as number) - (lefts[1] as number))).toBeLessThan(4);
  });

  browserTest("undo what they typed, and nothing else", async () => {
    const { enter, model } = await desk();
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    await type(ada.page, "Ada. ");
    await reads(bob.page, "Ada. ");
    await bob.page.keyboard.press("Control+End");
    await bob.page.keyboard.type("Bob. ");
    await reads(ada.page, "Ada. Bob. ");
    await button(ada.page, "Continue").click();
    const call = await model.nextCall();
    call.say("Assistant. ");
    call.finish();
    await bar(ada.page).getByText("Wrote one word.").waitFor();
    await paper(ada.page).focus();
    for (let time = 0; time < 5; time++) await ada.page.keyboard.press("Control+z");
    expect(await lines(ada.page)).not.toContain("Ada. ");
    for (const text of ["Bob. ", "Assistant. "]) expect(await lines(ada.page)).toContain(text);
    await ada.page.keyboard.press("Control+y");
    expect(await lines(ada.page)).toContain("Ada. ");
  });

  browserTest("see nothing but text in what somebody pastes", async () => {
    const { enter } = await desk();
    const { page, complaints } = await enter("Ada");
    const hostile = `<img src=x onerror="document.title='owned'"><b>bold</b>`;
    await type(page, hostile);
    await reads(page, hostile);
    expect(await page.locator(".cm-line img, .cm-line b").count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});

describe("the assistant in the document", () => {
  browserTest("writes on at the caret, in everybody's sight, with a caret of its own", async () => {
    const { enter, model } = await desk();
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    await type(ada.page, "Once upon a time. The end.");
    for (let index = 0; index < " The end.".length; index++) await ada.page.keyboard.press("ArrowLeft");
    await button(ada.page, "Continue").click();
    const call = await model.nextCall();
    expect(call.messages.some(({ content }) => content.includes("Once upon a time."))).toBe(true);
    call.say(" There was");
    for (const { page } of [ada, bob]) {
      await reads(page, "Once upon a time. There was The end.");
      await page.locator('.peer-caret.assistant[data-name="✦ Assistant"]').waitFor();
      await page.locator(".peer-words", { hasText: /^ There was$/ }).waitFor();
    }
    call.say(" a house.");
    for (const { page } of [ada, bob]) await reads(page, "Once upon a time. There was a house. The end.");
    const before = await bob.page.evaluate(`(() => {
      const caret = document.querySelector(".paper").shadowRoot.querySelector(".peer-caret.assistant");
      const range = document.createRange();
      range.setStart(caret.closest(".cm-line"), 0);
      range.setEndBefore(caret);
      return range.toString();
    })()`);
    expect(before).toBe("Once upon a time. There was a house.");
    call.finish();
    for (const { page } of [ada, bob]) {
      await bar(page).getByText("Wrote 4 words.").waitFor();
      await page.locator(".peer-caret.assistant").waitFor({ state: "detached" });
    }
    expect([...ada.complaints, ...bob.complaints]).toEqual([]);
  });

  browserTest("is followed out of the window, until one looks elsewhere", async () => {
    const { enter, model } = await desk();
    const { page } = await enter("Ada");
    await paper(page).focus();
    await page.keyboard.insertText("A line.\n".repeat(60));
    await button(page, "Continue").click();
    const call = await model.nextCall();
    const isSeen = `(() => {
      const { shadowRoot } = document.querySelector(".paper");
      const caret = shadowRoot.querySelector(".peer-caret.assistant")?.getBoundingClientRect();
      const paper = shadowRoot.querySelector(".cm-scroller").getBoundingClientRect();
      return caret !== undefined && caret.top >= paper.top && caret.bottom <= paper.bottom;
    })()`;
    for (let count = 1; count <= 40; count++) call.say("Words.\n");
    call.say("Then.");
    await page.locator(".cm-line", { hasText: "Then." }).waitFor();
    await holds(page, isSeen);
    await paper(page).hover();
    await page.mouse.wheel(0, -1_500);
    await holds(page, `!${isSeen}`);
    call.say("Later.");
    call.finish();
    await bar(page).getByText("Wrote 41 words.").waitFor();
    expect(await page.evaluate(isSeen)).toBe(false);
  });

  browserTest("begins where there is nothing yet", async () => {
    const { enter, model } = await desk();
    const { page } = await enter("Ada");
    await page.getByLabel("Ask the assistant to write").fill("a poem about tea");
    await page.keyboard.press("Enter");
    const call = await model.nextCall();
    expect(call.messages.at(-1)?.content).toContain("a poem about tea");
    call.say("Tea.");
    call.finish();
    await reads(page, "Tea.");
    expect(await page.locator(".message .text").textContent()).toBe("a poem about tea");
  });

  browserTest(
    "is stopped by Escape in the editor, also with something selected, and what it wrote stays",
    async () => {
      const { enter, model } = await desk();
      const { page } = await enter("Ada");
      await type(page, "One two");
      await button(page, "Continue").click();
      const call = await model.nextCall();
      call.say(" three");
      await reads(page, "One two three");
      await button(page, "Stop writing").waitFor();
      await paper(page).focus();
      await selectBack(page, 3);
      await page.keyboard.press("Escape");
      await bar(page).getByText("Wrote one word. Stopped by Ada.").waitFor();
      expect(call.signal?.aborted).toBe(true);
      await reads(page, "One two three");
    },
  );

  browserTest("is stopped by its button, or stopped and taken back", async () => {
    const { enter, model } = await desk();
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    await type(ada.page, "One");
    await button(ada.page, "Continue").click();
    (await model.nextCall()).say(" two");
    await reads(bob.page, "One two");
    await button(bob.page, "Stop writing").click();
    await bar(ada.page).getByText("Stopped by Bob.").waitFor();
    await button(ada.page, "Continue").click();
    (await model.nextCall()).say(" three");
    await holds(ada.page, `document.querySelector(".paper").shadowRoot.textContent.includes(" three")`);
    await button(ada.page, "Stop and take back").click();
    await bar(bob.page)
      .getByText(/Taken back by Ada\.$/)
      .waitFor();
    for (const { page } of [ada, bob]) await reads(page, "One two");
  });

  browserTest("rewrites what is selected, and that is undone in the talk", async () => {
    const { enter, model } = await desk();
    const { page, complaints } = await enter("Ada");
    await type(page, "Hello wrold");
    expect(await button(page, "Rewrite").isDisabled()).toBe(true);
    await selectBack(page, 5);
    await button(page, "Rewrite").click();
    const call = await model.nextCall();
    call.say("world");
    await reads(page, "Hello world");
    call.finish();
    const answer = page.locator(".answer");
    await answer.getByText("Wrote one word into the document").waitFor();
    expect(await button(answer, "Answer again").count()).toBe(0);
    await button(answer, "Undo").click();
    await reads(page, "Hello wrold");
    await answer.getByText("Taken back by Ada.").waitFor();
    expect(await button(page, "Undo").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  browserTest("leaves the caret behind what it has written, and shows it to who asks", async () => {
    const { enter, model } = await desk();
    const { page } = await enter("Ada");
    await type(page, "Hello wrold.");
    await page.keyboard.press("ArrowLeft");
    await selectBack(page, 5);
    await button(page, "Rewrite").click();
    const first = await model.nextCall();
    for (const word of ["wide", " world"]) first.say(word);
    await reads(page, "Hello wide world.");
    first.finish();
    await bar(page).getByText("Wrote 2 words.").waitFor();
    await page.getByLabel("Ask the assistant to write").focus();
    await page.locator(".cm-cursor-primary").waitFor();
    await page.keyboard.type("go on");
    await page.keyboard.press("Enter");
    const second = await model.nextCall();
    for (const word of [" and", " moon"]) second.say(word);
    second.finish();
    await reads(page, "Hello wide world and moon.");
    await type(page, "!");
    await reads(page, "Hello wide world and moon!.");
  });

  browserTest("rewrites no more than it is shown, and says so", async () => {
    const { enter } = await desk();
    const { page } = await enter("Ada");
    await paper(page).focus();
    await page.keyboard.insertText("x".repeat(32_769));
    await page.keyboard.press("Control+a");
    await page.getByTitle("So much cannot be rewritten at once: select less").first().waitFor();
    expect(await button(page, "Rewrite").isDisabled()).toBe(true);
    await page.keyboard.press("Shift+ArrowLeft");
    await page.getByTitle("Rewrites what is selected").waitFor();
    expect(await button(page, "Rewrite").isDisabled()).toBe(false);
  });

  browserTest("tells why it wrote nothing, until one writes on", async () => {
    const { enter, model } = await desk();
    const { page } = await enter("Ada");
    await type(page, "One");
    await button(page, "Continue").click();
    (await model.nextCall()).fail(new Error("secret"));
    const status = bar(page).getByText("The answer failed.");
    await status.waitFor();
    await page.locator(".answer .outcome.bad").waitFor();
    expect(await page.getByText(/0 words|into the document/).count()).toBe(0);
    expect(await button(page, "Undo").count()).toBe(0);
    await type(page, " two");
    await status.waitFor({ state: "detached" });
  });

  browserTest("is not offered to be undone at the editor when none of its words is left", async () => {
    const { enter, model } = await desk();
    const { page } = await enter("Ada");
    await type(page, "One");
    await button(page, "Continue").click();
    const call = await model.nextCall();
    call.say(" two");
    await page.locator(".peer-caret.assistant").waitFor();
    call.finish();
    await bar(page).getByText("Wrote one word.").waitFor();
    await type(page, "!");
    await bar(page).getByText("Wrote one word.").waitFor({ state: "detached" });
    await button(bar(page), "Undo").waitFor();
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Delete");
    await button(bar(page), "Undo").waitFor({ state: "detached" });
  });

  browserTest("shows what waits for its turn, and it can be taken back", async () => {
    const { enter, model } = await desk();
    const { page } = await enter("Ada");
    const box = page.getByLabel("Ask the assistant to write");
    await box.fill("a poem");
    await page.keyboard.press("Enter");
    const call = await model.nextCall();
    await button(page, "Stop writing").waitFor();
    await box.fill("another poem");
    await page.keyboard.press("Enter");
    await bar(page).getByText("Waits for its turn.").waitFor();
    await button(bar(page), "Take back").click();
    await bar(page).getByText("Waits for its turn.").waitFor({ state: "detached" });
    await page.getByText("“another poem” was taken back by Ada.").waitFor();
    call.say("Tea.");
    call.finish();
    await bar(page).getByText("Wrote one word.").waitFor();
  });

  browserTest("is not said to be writing when nobody knows", async () => {
    const { enter, model } = await desk();
    const { page } = await enter("Ada", { script: keepingSockets });
    await button(page, "Continue").click();
    (await model.nextCall()).say("One");
    await bar(page).getByText("The assistant is writing").waitFor();
    await page.context().setOffline(true);
    await cut(page, "/ws");
    await bar(page).getByText("Connection lost").waitFor();
    expect(await page.getByText("The assistant is writing").count()).toBe(0);
    expect(await button(page, "Stop writing").isDisabled()).toBe(true);
    await page.context().setOffline(false);
    await bar(page).getByText("The assistant is writing").waitFor();
  });

  browserTest("is taken back at the editor, but not what people wrote in it", async () => {
    const { enter, model } = await desk();
    const { page } = await enter("Ada");
    await type(page, "Start.");
    await button(page, "Continue").click();
    const call = await model.nextCall();
    call.say(" Words words");
    call.finish();
    await bar(page).getByText("Wrote 2 words.").waitFor();
    await paper(page).focus();
    await page.keyboard.press("End");
    await selectBack(page, 6);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.type(" mine");
    await reads(page, "Start. Words mine words");
    await button(bar(page), "Undo").click();
    await reads(page, "Start. mine");
  });

  browserTest("answers in the talk about what it reads in the document", async () => {
    const { enter, model } = await desk();
    const { page } = await enter("Ada");
    await type(page, "A secret about tea");
    await button(page, "Summarise").click();
    const summary = await model.nextCall();
    expect(summary.messages.some(({ content }) => content.includes("A secret about tea"))).toBe(true);
    summary.say("It is about tea.");
    summary.finish();
    await page.locator(".answer", { hasText: "It is about tea." }).waitFor();
    await page.getByLabel("Your message").fill("Which tea?");
    await button(page, "Send").click();
    const call = await model.nextCall();
    expect(call.messages.some(({ content }) => content.includes("A secret about tea"))).toBe(true);
    call.say("Green.");
    call.finish();
    await page.locator(".answer", { hasText: "Green." }).waitFor();
    expect(await textsOf(page)).toEqual([
      "Summarise the document.",
      "It is about tea.",
      "Which tea?",
      "Green.",
    ]);
    await reads(page, "A secret about tea");
  });

  browserTest("is seen at work from the room, too, and taken back there", async () => {
    const { enter, model, port } = await desk();
    const { page } = await enter("Ada");
    const room = await open(`http://127.0.0.1:${port}/#kitchen`, { name: "Bob" });
    await button(page, "Continue").click();
    const call = await model.nextCall();
    call.say("Words.");
    await room.page.locator(".answer", { hasText: "Words." }).waitFor();
    call.finish();
    await button(room.page, "Undo").click();
    await bar(page).getByText("Taken back by Bob.").waitFor();
    expect(await paper(page).textContent()).not.toContain("Words.");
  });
});

describe("the page", () => {
  browserTest("is reached from the room, and leads back", async () => {
    const { port } = await desk();
    const { page } = await open(`http://127.0.0.1:${port}/#kitchen`);
    await page.getByRole("link", { name: "Write together" }).click();
    await writable(page);
    await page.getByRole("link", { name: "Only talk" }).click();
    await page.waitForURL(/\/#kitchen$/);
    await page.getByText("A room with an assistant").waitFor();
  });

  browserTest("begins a new document where no room is named", async () => {
    const { port } = await desk();
    const { page } = await visit(`http://127.0.0.1:${port}/write`);
    await page.waitForURL(/\/write\/[\w-]{36}$/);
    await writable(page);
  });

  browserTest("is none for a name that no room has, and says which one would do", async () => {
    const { port } = await desk();
    const { page } = await visit(`http://127.0.0.1:${port}/write/not%20a%20room`);
    await page.getByRole("heading", { name: "This is no room" }).waitFor();
    await page.getByRole("link", { name: "Go to not-a-room" }).click();
    await page.waitForURL(/\/write\/not-a-room$/);
    await writable(page);
    const statuses = ["not%20a%20room", "one/two", "x".repeat(129)].map(
      async (name) => (await fetch(`http://127.0.0.1:${port}/write/${name}`)).status,
    );
    expect(await Promise.all(statuses)).toEqual([404, 404, 404]);
  });

  browserTest("says what stays when all that was said is forgotten", async () => {
    const { enter } = await desk();
    const { page } = await enter("Ada");
    await button(page, "About").click();
    await button(page, "Forget everything…").click();
    await page.getByText("The document stays; what was written there can no longer be undone.").waitFor();
  });

  browserTest("keeps its buttons on one line on small screens", async () => {
    const { enter, model } = await desk();
    const { page } = await enter("Ada", { viewport: { width: 320, height: 640 } });
    const isOneLine = `new Set([...document.querySelectorAll(".deeds-here button")]
      .map((one) => one.getBoundingClientRect())
      .map(({ top, bottom }) => Math.round((top + bottom) / 2))).size === 1`;
    await type(page, "Hello");
    await button(page, "Continue").click();
    const call = await model.nextCall();
    call.say(" world");
    await button(page, "Stop writing").waitFor();
    expect(await page.evaluate(isOneLine)).toBe(true);
    call.finish();
    await button(bar(page), "Undo").waitFor();
    expect(await page.evaluate(isOneLine)).toBe(true);
  });

  browserTest("talks where documents cannot be reached", async () => {
    const { address, model } = await desk();
    const script = `const Real = WebSocket; globalThis.WebSocket = class extends Real {
      constructor(url, protocols) { super(String(url).replace("/docs/", "/nowhere/"), protocols); }
    };`;
    const { page } = await visit(address, { script });
    await page.getByText("The document cannot be reached").waitFor();
    expect(await paper(page).getAttribute("contenteditable")).toBe("false");
    await page.getByLabel("Your message").fill("Hello");
    await button(page, "Send").click();
    (await model.nextCall()).say("Hello, you");
    await page.getByText("Hello, you").waitFor();
  });

  browserTest("believes nobody's awareness", async () => {
    const { enter, port } = await desk();
    const { page, complaints } = await enter("Ada");
    await type(page, "Hello");
    const states: unknown[] = [
      { user: "Eve", cursor: 7 },
      { user: { name: { toString: 1 }, color: [] }, cursor: { anchor: "x", head: null } },
      {
        user: { name: "Eve", color: "red;background:url(//evil.example/)" },
        cursor: { anchor: {}, head: {} },
      },
      {
        user: { name: "E".repeat(10_000), color: "#GGGGGG" },
        cursor: { anchor: { tname: "constructor", assoc: 0 }, head: { tname: "text", assoc: "x" } },
      },
      {
        user: { name: "Eve", color: "#00ff00" },
        cursor: {
          anchor: { item: { client: -1, clock: NaN } },
          head: { item: { client: 1e300, clock: -5 } },
        },
      },
      { user: null, cursor: [] },
      [],
    ];
    for (const state of states) {
      const peer = await program(port);
      peer.awareness.setLocalState(state as Record<string, unknown>);
    }
    const eve = await program(port);
    const end = { tname: "text", assoc: 0 };
    eve.awareness.setLocalState({
      user: { name: `<b>Eve</b>${"e".repeat(500)}`, color: "url(x)" },
      cursor: { anchor: end, head: end },
    });
    const caret = page.locator('.peer-caret[data-name^="<b>Eve"]');
    await caret.waitFor();
    expect((await caret.getAttribute("data-name"))?.length).toBeLessThanOrEqual(24);
    expect(await caret.getAttribute("style")).toMatch(/^--colour: #[0-9a-f]{6};$/);
    await page.keyboard.type(" there");
    await reads(page, "Hello there");
    expect(complaints).toEqual([]);
  });

  browserTest("keeps its hands off a document that holds something else than text", async () => {
    const { enter, port } = await desk();
    const { page } = await enter("Ada");
    const other = await program(port);
    other.doc.getText("text").insertEmbed(0, { picture: "x" });
    await page.getByText("something in this document that this page cannot show").waitFor();
    expect(await paper(page).count()).toBe(0);
    expect(await button(page, "Continue").isDisabled()).toBe(true);
  });

  browserTest("counts line ends of other systems as the document does", async () => {
    const { enter, port } = await desk();
    const { page, complaints } = await enter("Ada");
    const other = await program(port);
    other.doc.getText("text").insert(0, "one\r\ntwo\rthree\n");
    await holds(page, `document.querySelector(".paper").shadowRoot.textContent.includes("three")`);
    await paper(page).focus();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("end");
    await new Promise<void>((resolve) => {
      const text = other.doc.getText("text");
      const look = (): void => (text.toJSON() === "one\r\ntwo\rthree\nend" ? resolve() : undefined);
      text.observe(look);
      look();
    });
    expect(complaints).toEqual([]);
  });

  const looks: Readonly<Record<string, Visit>> = {
    light: { colorScheme: "light" },
    dark: { colorScheme: "dark" },
    "a phone": { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true },
  };

  for (const [look, visit] of Object.entries(looks))
    browserTest(`has nothing serious that axe finds, ${look}`, async () => {
      const { enter, model } = await desk();
      const { page } = await enter("Ada", visit);
      expect(await faultsOf(page)).toEqual([]);
      await type(page, "Hello");
      await button(page, "Continue").click();
      const call = await model.nextCall();
      call.say(" world");
      await page.locator(".peer-caret.assistant").waitFor();
      expect(await faultsOf(page)).toEqual([]);
      call.finish();
      await bar(page).getByText("Wrote one word.").waitFor();
      expect(await faultsOf(page)).toEqual([]);
    });

  browserTest("shows the document or the talk on a phone, and cuts nothing off", async () => {
    const { enter, model } = await desk();
    const { page } = await enter("W".repeat(64), { viewport: { width: 320, height: 640 } });
    const isWide = "document.documentElement.scrollWidth > innerWidth";
    const box = page.getByLabel("Your message");
    expect(await box.isVisible()).toBe(false);
    await type(page, "Hello");
    await button(page, "Continue").click();
    const call = await model.nextCall();
    call.say(" world");
    await button(page, "Stop writing").waitFor();
    expect(await page.evaluate(isWide)).toBe(false);
    call.finish();
    await page.getByRole("button", { name: "Talk (new)" }).click();
    await page.getByText("Wrote one word into the document").waitFor();
    expect([await box.isVisible(), await paper(page).isVisible()]).toEqual([true, false]);
    expect(await page.evaluate(isWide)).toBe(false);
    await button(page, "Document").click();
    await button(page, "Summarise").click();
    await box.waitFor(); // where the answer comes is where one looks
  });

  browserTest("can all be done by keyboard", async () => {
    const { enter, model } = await desk();
    const { page } = await enter("Ada");
    await page.keyboard.type("Hello"); // the editor has the focus from the beginning
    await page.keyboard.press("Tab");
    await page.keyboard.type("greet the world");
    await page.keyboard.press("Enter");
    const call = await model.nextCall();
    call.say(" world");
    await reads(page, "Hello world");
    await button(page, "Stop writing").waitFor();
    await page.keyboard.press("Escape");
    await bar(page).getByText("Stopped by Ada.").waitFor();
    await page.keyboard.press("Tab"); // Continue
    await page.keyboard.press("Tab"); // Summarise: nothing is selected
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await reads(page, "Hello");
    await page.keyboard.type("!");
    await reads(page, "Hello!");
  });
});

type Violation = { id: string; impact: string; help: string; nodes: { html: string }[] };

async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<{ violations: Violation[] }>(
    "axe.run(document, { resultTypes: ['violations'] })",
  );
  return violations
    .filter(({ impact }) => /^(serious|critical)$/.test(impact))
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join("\n  ")}`);
}
