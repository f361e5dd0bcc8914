// The demo page in a real browser: talk, stop, invite, reload, cut, and text that stays text.
import { describe, expect } from "@jest/globals";
import { browserTest } from "./support/browser.ts";
import { button, connected, disconnected, open, say, textsOf } from "./support/page.ts";
import { parlorWithScript } from "./support/world.ts";

describe("the demo page", () => {
  browserTest("a person asks, sees the words as they come, and stops them", async () => {
    const { port, model } = await parlorWithScript();
    const { page, complaints } = await open(`http://127.0.0.1:${port}/`);
    const stop = button(page, "Stop");
    expect(await stop.isDisabled()).toBe(true);
    await say(page, "Hello");
    const call = await model.nextCall();
    call.say("one ");
    await page.getByText("one", { exact: true }).waitFor();
    call.say("two");
    await page.getByText("one two").waitFor();
    await stop.click();
    await page.getByText(/^Stopped by Guest/).waitFor();
    expect(await textsOf(page)).toEqual(["Hello", "one two"]);
    expect(await stop.isDisabled()).toBe(true);
    expect(complaints).toEqual([]);
  });

  browserTest("a second window by the same link sees the same thing, and may stop it", async () => {
    const { port, model } = await parlorWithScript();
    const first = await open(`http://127.0.0.1:${port}/`);
    await first.page.getByLabel("Your name").fill("Ada");
    await first.page.getByLabel("Your name").press("Tab");
    await first.page.locator("#members", { hasText: "Ada" }).waitFor();
    await say(first.page, "Hello");
    const call = await model.nextCall();
    call.say("one ");
    const second = await open(first.page.url());
    await second.page.getByText("one", { exact: true }).waitFor();
    expect(await second.page.locator("#members li").count()).toBe(2);
    call.say("two");
    await Promise.all([first, second].map(({ page }) => page.getByText("one two").waitFor()));
    await button(second.page, "Stop").click();
    const outcomes = await Promise.all(
      [first, second].map(({ page }) => page.getByText(/^Stopped by Guest/).textContent()),
    );
    expect(outcomes[0]).toBe(outcomes[1]);
    expect(await textsOf(first.page)).toEqual(await textsOf(second.page));
    expect([...first.complaints, ...second.complaints]).toEqual([]);
  });

  browserTest("a reload in the middle of an answer loses nothing", async () => {
    const { port, model } = await parlorWithScript();
    const { page } = await open(`http://127.0.0.1:${port}/`);
    await say(page, "Hello");
    const call = await model.nextCall();
    call.say("before ");
    await page.getByText("before", { exact: true }).waitFor();
    const reloaded = page.reload();
    call.say("during ");
    await reloaded;
    call.say("after");
    call.finish();
    await page.getByText("before during after").waitFor();
    expect(await textsOf(page)).toEqual(["Hello", "before during after"]);
    expect(await page.locator("#members li").count()).toBe(1); // the same person came back
  });

  browserTest(
    "[P3] after a cut the page goes on where it was, and says meanwhile that it is cut",
    async () => {
      const parlor = await parlorWithScript();
      const { page } = await open(`http://127.0.0.1:${parlor.port}/`);
      await say(page, "Hello");
      const call = await parlor.model.nextCall();
      call.say("before ");
      await page.getByText("before", { exact: true }).waitFor();
      await page.context().setOffline(true);
      parlor.cutAll();
      await disconnected(page);
      call.say("during ");
      await page.context().setOffline(false);
      await connected(page);
      call.say("after");
      call.finish();
      await page.getByText("before during after").waitFor();
      expect(await textsOf(page)).toEqual(["Hello", "before during after"]);
    },
  );

  browserTest("what a person writes is text, and of what a model writes no markup comes alive", async () => {
    const { port, model } = await parlorWithScript();
    const { page, complaints } = await open(`http://127.0.0.1:${port}/`);
    const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script><b>bold</b> **x**`;
    await say(page, hostile);
    const call = await model.nextCall();
    call.say(hostile);
    call.finish();
    await page.locator(".answer:not(.active)").waitFor();
    expect(await textsOf(page)).toEqual([hostile, hostile.replace("**x**", "x")]);
    expect(await page.locator("#talk img, #talk script, #talk b:not(.who b)").count()).toBe(0);
    expect(await page.title()).not.toContain("owned");
    expect(complaints).toEqual([]);
  });

  browserTest(
    "what is said while the server is away is shown as unsent, survives a reload, and arrives once",
    async () => {
      const parlor = await parlorWithScript();
      const { page } = await open(`http://127.0.0.1:${parlor.port}/#here`);
      await page.context().setOffline(true);
      parlor.cutAll();
      await disconnected(page);
      await say(page, "unsent");
      await page.locator("#unsent", { hasText: "unsent" }).getByText("Not sent yet.").waitFor();
      await page.context().setOffline(false);
      await page.reload();
      const call = await parlor.model.nextCall();
      call.say("arrived");
      call.finish();
      await page.getByText("arrived", { exact: true }).waitFor();
      expect(await textsOf(page)).toEqual(["unsent", "arrived"]);
      expect(await page.getByText("Not sent yet").count()).toBe(0);
    },
  );

  browserTest("[A1] what waits for one room is not sent to another", async () => {
    const parlor = await parlorWithScript();
    const { page } = await open(`http://127.0.0.1:${parlor.port}/#one`);
    await page.context().setOffline(true);
    parlor.cutAll();
    await disconnected(page);
    await say(page, "for one");
    await page.evaluate("location.hash = '#two'");
    await page.context().setOffline(false);
    await connected(page);
    const two = await parlor.join("two");
    await say(page, "for two");
    expect(await two.next("message")).toMatchObject({ text: "for two" });
    await page.evaluate("location.hash = '#one'");
    const one = await parlor.join("one");
    expect(await one.next("message")).toMatchObject({ text: "for one" });
  });

  browserTest(
    "a text that is too long stays in its box, and a room's name that is none is said",
    async () => {
      const { port } = await parlorWithScript();
      const { page } = await open(`http://127.0.0.1:${port}/`);
      for (const text of ["x".repeat(33_000), "漢".repeat(30_000)]) {
        await say(page, text);
        await page.getByText("This message is too long").waitFor();
        expect(await page.getByLabel("Your message").inputValue()).toBe(text);
      }
      await page.evaluate("location.hash = '#not a room'");
      await page.getByText("“not a room” cannot be a room’s name").waitFor();
    },
  );

  browserTest("on a phone nothing is cut off, whatever people are called", async () => {
    const { port } = await parlorWithScript();
    const { page } = await open(`http://127.0.0.1:${port}/`);
    await page.setViewportSize({ width: 375, height: 700 });
    await page.getByLabel("Your name").fill("W".repeat(64));
    await page.getByLabel("Your name").press("Tab");
    await page.locator("#members", { hasText: "WWW" }).waitFor();
    await say(page, "Hello");
    await page.getByText("Hello", { exact: true }).waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(375);
  });

  browserTest("all of it can be done by keyboard", async () => {
    const { port, model } = await parlorWithScript();
    const { page } = await open(`http://127.0.0.1:${port}/`);
    await page.getByLabel("Your message").focus();
    await page.keyboard.type("Hello");
    await page.keyboard.press("Enter");
    (await model.nextCall()).say("word");
    await page.getByText("word", { exact: true }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter"); // Stop is the next thing
    await page.getByText(/^Stopped by Guest/).waitFor();
  });
});
