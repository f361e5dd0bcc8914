// The page for those who see little, use no mouse, or want nothing to move: axe finds nothing serious, the keyboard does all,
// the focus is never lost, and nothing is cut off when it is large.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect } from "@jest/globals";
import type { Locator, Page } from "playwright-core";
import { browserTest } from "./support/browser.ts";
import { button, holds, open, say, type Visit } from "./support/page.ts";
import { createScriptedModel, type ModelCall } from "./support/scripted-model.ts";
import { parlorWithScript } from "./support/world.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const markdown = `# A heading

A paragraph with **bold**, *emphasis*, ~~struck~~, \`code\` and a [link](https://example.org/).

- one
- two
  1. and below it

- [x] done
- [ ] not done

| name | value |
| ---- | ----: |
| one  |     1 |

> What somebody said, with a [link](https://example.org/) too.

\`\`\`ts
export const answer = 42;
\`\`\`

---

## The end`;

type Violation = {
  id: string;
  impact: string;
  help: string;
  nodes: { html: string; any: { message: string }[] }[];
};

/** What axe finds that is serious or critical. The rest is told, and hinders nobody. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<{ violations: Violation[] }>(
    "axe.run(document, { resultTypes: ['violations'] })",
  );
  const told = violations.map(
    ({ id, impact, help, nodes }) =>
      `${impact} ${id}: ${help}: ${nodes.map(({ html, any }) => `${html} (${any[0]?.message ?? ""})`).join("\n  ")}`,
  );
  const isGrave = (one: string): boolean => /^(serious|critical)/.test(one);
  const slight = told.filter((one) => !isGrave(one));
  if (slight.length > 0) console.warn(slight.join("\n"));
  return told.filter(isGrave);
}

const looks: Readonly<Record<string, Visit>> = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  "a phone": { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true },
};

const box = (page: Page): Locator => page.getByLabel("Your message");
const stop = (page: Page): Locator => button(page, "Stop");
const stopped = (page: Page): Locator => page.getByText(/^Stopped by /).last();

async function talkOf(
  visit?: Visit,
): Promise<{ page: Page; next: () => Promise<ModelCall>; cutAll: () => void }> {
  const model = createScriptedModel();
  const parlor = await parlorWithScript({ model });
  const { page } = await open(`http://127.0.0.1:${parlor.port}/#kitchen`, { name: "Ada", ...visit });
  return { page, next: () => model.nextCall(), cutAll: () => parlor.cutAll() };
}

/** One who has asked and is being answered. */
async function answering(visit?: Visit, words = "word") {
  const talk = await talkOf(visit);
  await say(talk.page, "Hello");
  const call = await talk.next();
  call.say(words);
  await talk.page.locator(".answer .markdown").waitFor();
  return { ...talk, call };
}

describe.each(Object.keys(looks))("axe finds nothing serious, %s:", (look) => {
  const visit = looks[look];

  browserTest("at the start, and where there is no room", async () => {
    const { page } = await talkOf(visit);
    await page.getByText("A room with an assistant").waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.evaluate("location.hash = '#not a room'");
    await page.getByText("This is no room").waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });

  browserTest("while an answer is made, when it is stopped, and with all kinds of Markdown", async () => {
    const { page, call } = await answering(visit, markdown);
    call.chunk({ text: "", reasoning: "Let me think." });
    await page.getByText("The end").waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await stop(page).click();
    await stopped(page).waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });

  browserTest("while one edits, with a message that waits, and one that wants no answer", async () => {
    const { page } = await answering(visit);
    await say(page, "And then?");
    await page.getByText("Waits for its turn").waitFor();
    await page.getByLabel("No answer").check();
    await say(page, "Between us");
    await page.getByText("Between us").waitFor();
    await page.locator(".message", { hasText: "Hello" }).hover();
    await page.locator(".message", { hasText: "Hello" }).getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Say this instead").waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });

  browserTest("with the drawer open, and when all is to be forgotten", async () => {
    const { page } = await answering(visit);
    await button(page, "About").click();
    await button(page, "Forget everything…").click();
    await button(page, "Keep it").waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });

  browserTest("while the server is away", async () => {
    const { page, cutAll } = await answering(visit);
    await page.context().setOffline(true);
    cutAll();
    await page.getByText("Connection lost, trying again…").waitFor();
    await say(page, "Are you there?");
    await page.getByText("Not sent yet.").waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });
});

/** What has the focus, by its name. */
const focused = (page: Page): Promise<string> =>
  page.evaluate<string>(`(() => {
    const { tagName, ariaLabel, labels, innerText } = document.activeElement;
    if (tagName === "BODY" || tagName === "H2") return tagName;
    return ariaLabel || labels?.[0]?.innerText.trim() || innerText;
  })()`);

const hasFocus = (page: Page, selector: string): Promise<void> =>
  holds(page, `document.activeElement.matches(${JSON.stringify(selector)})`);

/** Tab, or Shift+Tab, until this has the focus. */
async function tabTo(page: Page, name: string, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  const seen: string[] = [];
  while ((await focused(page)) !== name) {
    if (seen.length > 40) throw new Error(`${key} does not lead to ${name}, but to ${seen.join(" > ")}`);
    await page.keyboard.press(key);
    seen.push(await focused(page));
  }
}

describe("by keyboard alone", () => {
  browserTest("a name, a message, a stop by Escape, and one by Tab and Enter", async () => {
    const { page, next } = await talkOf();
    await tabTo(page, "Your name");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("Grace");
    await page.keyboard.press("Enter");
    await page.locator("#members", { hasText: "Grace" }).waitFor();
    await tabTo(page, "Your message", "Shift+Tab");
    await page.keyboard.type("Hello");
    await page.keyboard.press("Enter");
    (await next()).say("one");
    await page.getByText("one", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await stopped(page).waitFor();
    expect(await focused(page)).toBe("Your message");
    await page.keyboard.type("Again");
    await page.keyboard.press("Enter");
    (await next()).say("two");
    await page.getByText("two", { exact: true }).waitFor();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Stop");
    await page.keyboard.press("Enter");
    await page.getByText("Stopped by Grace.").nth(1).waitFor();
    expect(await focused(page)).toBe("Your message");
  });

  browserTest("an edit from ↑, that is left and that is made", async () => {
    const { page, next, call } = await answering();
    call.finish();
    await page.locator(".answer:not(.active)").waitFor();
    await box(page).focus();
    await page.keyboard.press("ArrowUp");
    expect(await focused(page)).toBe("Say this instead");
    await page.keyboard.press("Escape");
    expect(await focused(page)).toBe("Your message");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.type(", you");
    await page.keyboard.press("Enter");
    (await next()).say("Hello to you");
    await page.getByText("Hello, you").waitFor();
    await hasFocus(page, ".composer textarea");
  });

  browserTest("an edit from its button, that is left", async () => {
    const { page, call } = await answering();
    call.finish();
    await box(page).focus();
    await tabTo(page, "Edit", "Shift+Tab");
    await page.keyboard.press("Enter");
    expect(await focused(page)).toBe("Say this instead");
    await tabTo(page, "Cancel");
    await page.keyboard.press("Enter");
    expect(await focused(page)).toBe("Your message");
  });

  browserTest("another answer", async () => {
    const { page, next, call } = await answering();
    call.finish();
    await button(page, "Answer again").waitFor();
    await tabTo(page, "Answer again", "Shift+Tab");
    await page.keyboard.press("Enter");
    (await next()).say("another");
    await page.getByText("another", { exact: true }).waitFor();
    expect(await focused(page)).toBe("Your message");
  });

  browserTest("what waits is taken back", async () => {
    const { page } = await answering();
    await say(page, "Later");
    await button(page, "Take back").waitFor();
    await tabTo(page, "Take back", "Shift+Tab");
    await page.keyboard.press("Enter");
    await button(page, "Take back").waitFor({ state: "detached" });
    expect(await focused(page)).toBe("Your message");
  });

  browserTest("an invitation, and the drawer, which gives the focus back to its button", async () => {
    const { page } = await talkOf();
    await tabTo(page, "Invite");
    await page.keyboard.press("Enter");
    await button(page, "Link copied").waitFor();
    for (const close of ["Escape", "Close", "About"]) {
      await tabTo(page, "About", close === "Escape" ? "Tab" : "Shift+Tab");
      await page.keyboard.press("Enter");
      await page.locator("aside h2").waitFor();
      await hasFocus(page, "aside h2");
      if (close === "Escape") await page.keyboard.press(close);
      else
        await tabTo(page, close, close === "Close" ? "Tab" : "Shift+Tab").then(() =>
          page.keyboard.press("Enter"),
        );
      await page.locator("aside").waitFor({ state: "detached" });
      expect(await focused(page)).toBe("About");
    }
  });

  browserTest("the conversation is scrolled, its code is copied, and one comes back to its end", async () => {
    const { page, call } = await answering(undefined, "word\n\n".repeat(100) + markdown);
    call.finish();
    await page.getByText("The end").waitFor();
    await page.locator("main").focus();
    await page.keyboard.press("Home");
    await button(page, "↓ Latest").waitFor();
    await holds(page, "document.querySelector('main').scrollTop === 0");
    await page.keyboard.press("PageDown");
    await holds(page, "document.querySelector('main').scrollTop > 100");
    await box(page).focus();
    await tabTo(page, "↓ Latest", "Shift+Tab");
    await page.keyboard.press("Enter");
    await button(page, "↓ Latest").waitFor({ state: "detached" });
    expect(await focused(page)).toBe("Your message");
    await tabTo(page, "Code", "Shift+Tab");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await button(page, "Copied").waitFor();
    expect(await focused(page)).toBe("Copied");
  });

  browserTest(
    "a beginning that is chosen, and a connection that is tried again, keep the focus",
    async () => {
      const { page, next, cutAll } = await talkOf();
      await tabTo(page, "Show me a table");
      await page.keyboard.press("Enter");
      (await next()).say("word");
      await page.getByText("word", { exact: true }).waitFor();
      expect(await focused(page)).toBe("Your message");
      await page.context().setOffline(true);
      cutAll();
      await button(page, "Try now").waitFor();
      await tabTo(page, "Try now", "Shift+Tab");
      await page.context().setOffline(false);
      await page.keyboard.press("Enter");
      await button(page, "Try now").waitFor({ state: "detached" });
      expect(await focused(page)).toBe("Your message");
    },
  );

  browserTest("all is forgotten, and the focus stays in the drawer", async () => {
    const { page } = await answering();
    await button(page, "About").click();
    for (const name of ["Forget everything…", "Keep it", "Forget everything…", "Forget for everyone"]) {
      await tabTo(page, name);
      await page.keyboard.press("Enter");
      expect(await focused(page)).toBe(
        name.startsWith("Forget everything") ? "Keep it" : "Forget everything…",
      );
    }
    await page.getByText("A room with an assistant").waitFor();
  });
});

describe("large, and at rest", () => {
  browserTest(
    "nothing has to be scrolled sideways on 320 pixels, which is also a zoom of 400 % on 1280",
    async () => {
      const { page } = await answering({ viewport: { width: 320, height: 640 } }, markdown + "x".repeat(300));
      await page.getByText("The end").waitFor();
      const isWide = "document.documentElement.scrollWidth > innerWidth";
      expect(await page.evaluate(isWide)).toBe(false);
      await page.getByText("Hello", { exact: true }).hover();
      await page.locator(".message").getByRole("button", { name: "Edit" }).click();
      expect(await page.evaluate(isWide)).toBe(false);
      await button(page, "About").click();
      expect(await page.evaluate(isWide)).toBe(false);
      expect(await page.evaluate("document.querySelector('aside').scrollWidth > innerWidth")).toBe(false);
    },
  );

  browserTest("at a zoom of 200 % nothing that one needs is cut off", async () => {
    const { page } = await answering({ viewport: { width: 640, height: 360 }, deviceScaleFactor: 2 });
    for (const name of ["Stop", "Send", "Invite", "About"])
      expect(await button(page, name).boundingBox()).toMatchObject({
        x: expect.any(Number),
        y: expect.any(Number),
      });
    const cut = `[...document.querySelectorAll("button, input, textarea")].filter((one) => {
      const { left, right, top, bottom } = one.getBoundingClientRect();
      return !one.closest("main") && (left < 0 || right > innerWidth || top < 0 || bottom > innerHeight);
    }).map((one) => one.outerHTML)`;
    expect(await page.evaluate(cut)).toEqual([]);
  });

  browserTest.each(["reduce", "no-preference"] as const)("motion: %s", async (reducedMotion) => {
    const { page, next } = await talkOf({ reducedMotion });
    await say(page, "Hello");
    await next();
    await page.locator(".waiting").waitFor();
    const moves = await page.evaluate<number>("document.getAnimations().length");
    expect(moves > 0).toBe(reducedMotion === "no-preference");
  });

  browserTest("the landmarks are there once each, and the headings go down step by step", async () => {
    const { page } = await answering(undefined, markdown);
    await page.getByText("The end").waitFor();
    await button(page, "About").click();
    for (const role of ["banner", "main", "contentinfo", "complementary"] as const)
      expect(await page.getByRole(role).count()).toBe(1);
    const levels = await page.evaluate<number[]>(
      "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(({ tagName }) => Number(tagName[1]))",
    );
    expect(levels[0]).toBe(1);
    levels.forEach((level, index) => expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1));
  });
});
