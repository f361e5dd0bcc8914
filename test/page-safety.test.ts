// What a model or a person writes stays words: no script, no request, no element but those that Markdown has. In a real browser.
import { readFileSync } from "node:fs";
import { createServer, type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { pageHeaders } from "../server/page.ts";
import { browserTest } from "./support/browser.ts";
import { bundled, type Files } from "./support/bundled.ts";
import { hostile } from "./support/hostile.ts";
import { connected, holds, visit } from "./support/page.ts";
import { createScriptedModel, type ModelCall } from "./support/scripted-model.ts";
import { closing, parlorWithScript } from "./support/world.ts";

const script = readFileSync(join(import.meta.dirname, "support/audit.js"), "utf8");
const html = `<!doctype html><title>harness</title><link rel="icon" href="/icon.svg" /><div id="place"></div><script type="module" src="/harness.js"></script>`;
const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".svg": "image/svg+xml" };
let files: Files = new Map();

beforeAll(async () => {
  if (browserTest === test.skip) return;
  const built = await bundled("--config", "test/support/markdown-harness.config.ts");
  files = new Map([...built, ["/", html], ["/icon.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"]]);
}, 60_000);

/** What was found, in the page and around it. */
type Found = {
  readonly page: Page;
  /** What must not be there, in words. */
  faults(): Promise<string[]>;
  /** How many there were: elements that were looked at, texts that the harness has drawn. */
  counts(): Promise<{ looked: number; drawn: number }>;
};

/** Opens a page, and watches all that comes of it but the files that are its own. */
async function watched(address: string, owned: (path: string) => boolean): Promise<Found> {
  const { page, complaints } = await visit(address, { script });
  const { origin } = new URL(address);
  const around: string[] = [];
  page.on("dialog", (dialog) => {
    around.push(`a script: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin || !owned(url.pathname)) around.push(`a request: ${request.url()}`);
  });
  page.on("popup", (popup) => around.push(`a window: ${popup.url()}`));
  page.on("frameattached", () => around.push("a frame"));
  await page.reload(); // so that from now on all is seen, from the first request on
  const faults = async (): Promise<string[]> => {
    const inside = await page.evaluate<string[]>("audit.faults");
    const title = await page.title();
    return [
      ...new Set([
        ...inside,
        ...around,
        ...complaints,
        ...(/owned/.test(title) ? [`a title: ${title}`] : []),
      ]),
    ];
  };
  return { page, faults, counts: () => page.evaluate("audit") };
}

/** The harness, served with these headers. */
async function openHarness(headers: OutgoingHttpHeaders): Promise<Found> {
  const server = createServer(({ url = "" }, response) => {
    const content = files.get(url);
    const type = types[/\.\w+$/.exec(url)?.[0] ?? ""] ?? "text/html";
    response.writeHead(content === undefined ? 404 : 200, {
      ...headers,
      "content-type": `${type};charset=utf-8`,
    });
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return watched(`http://127.0.0.1:${port}/`, (path) => files.has(path));
}

const rendersOf = (text: string): number => 1 + 3 * (text.length + 1);

describe("the component for Markdown", () => {
  browserTest("is watched by detectors that work: what runs without a policy is found", async () => {
    const { page, faults } = await openHarness({});
    await page.evaluate(
      `document.querySelector("#place").innerHTML = ${JSON.stringify(`
      <img src="/leak.png" onerror="document.title = 'owned'; alert('owned')" id="taken" name="from">
      <a href="javascript:alert(1)">x</a> <svg><a href="data:x">x</a></svg> <iframe></iframe>
      <custom-tag class="unheard-of">x</custom-tag>`)}`,
    );
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement("script"), { text: "alert('inline')" }))`,
    );
    await holds(page, "document.title === 'owned' && audit.faults.some((fault) => fault.includes('src='))");
    const found = await faults();
    for (const fault of [
      ...["a script: owned", "a script: inline", "a title: owned", "a frame"],
      ...[
        "an element: img",
        "an element: svg",
        "an element: iframe",
        "an element: custom-tag",
        "an element: script",
      ],
      ...['an attribute: id="taken"', 'an attribute: name="from"', 'an attribute: class="unheard-of"'],
      ...[
        'an attribute: href="javascript:alert(1)"',
        'an attribute: href="data:x"',
        'an attribute: src="/leak.png"',
      ],
    ])
      expect(found).toContain(fault);
    expect(found.some((fault) => /^a request: .*leak.png$/.test(fault))).toBe(true);
    expect(found.some((fault) => fault.startsWith("an attribute: onerror="))).toBe(true);
  });

  browserTest("is watched by detectors that work: what the page's policy forbids is found", async () => {
    const { page, faults } = await openHarness(pageHeaders);
    const attempts = [
      `document.querySelector("#place").innerHTML = "<img src=x onerror=alert(1)>"`,
      `document.body.append(Object.assign(document.createElement("script"), { text: "alert('inline')" }))`,
      `document.body.append(Object.assign(document.createElement("img"), { src: "https://evil.example/p.png" }))`,
    ];
    for (const attempt of attempts) await page.evaluate(`try { ${attempt} } catch {}`);
    await holds(page, "audit.faults.some((fault) => fault.includes('img-src'))");
    const found = await faults();
    for (const fault of [
      "against the policy: require-trusted-types-for trusted-types-sink",
      "against the policy: img-src https://evil.example/p.png",
      "an element: img",
    ])
      expect(found).toContain(fault);
    expect(found.filter((fault) => fault.startsWith("a script"))).toEqual([]);
  });

  for (const [how, headers] of [
    ["under the page's policy", pageHeaders],
    ["with no policy to help it", {}],
  ] as const)
    browserTest(
      `makes nothing of hostile texts, cut at every position, ${how}`,
      async () => {
        const { page, faults, counts } = await openHarness(headers);
        expect(hostile.length).toBeGreaterThanOrEqual(100);
        for (const text of hostile) await page.evaluate(`harness.drawInTwo(${JSON.stringify(text)})`);
        const { drawn, looked } = await counts();
        expect(await faults()).toEqual([]);
        expect(drawn).toBe(hostile.reduce((sum, text) => sum + rendersOf(text), 0));
        expect(looked).toBeGreaterThan(drawn);
        console.log(
          `${hostile.length} hostile texts, ${drawn} renderings, ${looked} elements, ${how}: 0 faults`,
        );
      },
      240_000,
    );
});

describe("the page", () => {
  const isOwn = (path: string): boolean => path === "/" || /^\/assets\/[\w.-]+$/.test(path);

  browserTest(
    "makes nothing of hostile answers and messages, while they come and when they are there",
    async () => {
      const model = createScriptedModel({ onCall: repeat });
      const parlor = await parlorWithScript({ model, limits: { commandsPerSecond: 0 } });
      const { page, faults, counts } = await watched(`http://127.0.0.1:${parlor.port}/#kitchen`, isOwn);
      await connected(page);
      const ada = await parlor.join("kitchen", { name: "Ada" });
      for (const text of hostile) {
        ada.send({ type: "say", text });
        await ada.next("end");
      }
      await settled(page, hostile.length);
      await page.evaluate("audit.look(document.querySelector('#page'))");
      expect(await faults()).toEqual([]);
      expect(await page.locator("#talk .message .text").allTextContents()).toEqual(hostile.map(wellFormed));
      await page.reload();
      await settled(page, 50); // the last hundred messages and answers
      expect(await faults()).toEqual([]);
      expect((await counts()).looked).toBeGreaterThan(300);
    },
    120_000,
  );

  browserTest(
    "makes nothing of hostile names, of people and of rooms",
    async () => {
      const parlor = await parlorWithScript({ limits: { commandsPerSecond: 0 } });
      const { page, faults } = await watched(`http://127.0.0.1:${parlor.port}/#kitchen`, isOwn);
      await connected(page);
      for (const [index, name] of hostile.entries()) {
        const guest = await parlor.join("kitchen", { name });
        const known = guest.welcome.me.name;
        guest.send({ type: "typing", typing: true });
        guest.send({ type: "say", text: name, reply: false });
        await guest.next("message");
        await page.locator(`.message >> nth=${index}`).waitFor();
        expect(await page.locator(".message .who b").last().textContent()).toBe(known);
        await guest.close();
      }
      expect(await page.locator(".message").count()).toBe(hostile.length);
      expect(await faults()).toEqual([]);
      for (const room of hostile.flatMap((text) => [text, encodeURIComponent(wellFormed(text))])) {
        await page.evaluate(`location.hash = ${JSON.stringify(room)}`);
        const isRoom = /^[\w.~-]+$/.test(room.replace(/[\t\r\n]/g, "")); // a browser drops those from an address
        if (isRoom) await connected(page);
        else await page.getByText("This is no room").waitFor();
      }
      expect(await faults()).toEqual([]);
    },
    120_000,
  );
});

/** Half a character is none on its way from the browser. */
const wellFormed = (text: string): string => text.toWellFormed();

/** A model that says what was asked, a few characters at a time. */
function repeat(call: ModelCall): void {
  const text = call.messages.at(-1)?.content ?? "";
  call.say(...(text.match(/[^]{1,3}/g) ?? []));
  call.finish();
}

/** Waits until so many answers have come to their end. */
async function settled(page: Page, answers: number): Promise<void> {
  await page.locator(`.answer >> nth=${answers - 1}`).waitFor();
  await page.locator(".answer.active").waitFor({ state: "detached" });
}
