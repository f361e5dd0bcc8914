// What stopping and taking back feel like in a document: two browsers with one document, in which the assistant writes.
// `node bench/write.ts`, with `--quick` for ten runs; the page is built by `npm run prepare`.
import { chromium, type Browser, type Page } from "playwright-core";
import { openStage, printTable, quantile } from "./stage.ts";

const runs = process.argv.includes("--quick") ? 10 : 100;
const wordsPerSecond = 60;
/** Long enough to see what would still come. Milliseconds. */
const quietMs = 400;
const before = "Two people have written this. ";

/** In each page, by the clock that all pages of a browser share: when its text changed last, and when the assistant's caret left it. */
const probe = `
  globalThis.probe = {
    now: () => performance.timeOrigin + performance.now(),
    text: () => [...document.querySelector(".paper").shadowRoot.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\\n"),
    hasCaret: () => document.querySelector(".paper").shadowRoot.querySelector(".peer-caret.assistant") !== null,
    watch() {
      let text = this.text();
      this.moves = 0;
      this.changedAt = this.leftAt = 0;
      new MutationObserver(() => {
        const now = this.text();
        if (now !== text) [text, this.changedAt, this.moves] = [now, this.now(), this.moves + 1];
        if (this.hasCaret()) this.leftAt = 0;
        else this.leftAt ||= this.now();
      }).observe(document.querySelector(".paper").shadowRoot, { subtree: true, childList: true, characterData: true });
    },
    press(name) {
      const button = [...document.querySelectorAll("button")].find(({ textContent }) => textContent.trim() === name);
      const at = this.now();
      button.click();
      return at;
    },
  };`;

async function visit(browser: Browser, address: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1_100, height: 720 } });
  await page.addInitScript(probe);
  await page.goto(address);
  await page.getByText("Document connected").waitFor();
  return page;
}

const wait = (page: Page, expression: string): Promise<unknown> =>
  page.evaluate(`new Promise((done) => {
    const look = () => (${expression}) ? done() : setTimeout(look, 1);
    look();
  })`);

type Felt = {
  readonly stopped: number[];
  readonly caret: number[];
  readonly undone: number[];
  moves: number;
  wrong: number;
};

/** Writes in one, stops in one and the other by turns, and takes it back. */
async function once([one, other]: readonly [Page, Page], felt: Felt, run: number): Promise<void> {
  const pages = [one, other];
  const presser = pages[run % 2] as Page;
  await one.evaluate(`probe.press("Continue")`);
  for (const page of pages)
    await wait(page, `probe.text().length > ${before.length + 60} && probe.hasCaret()`);
  await wait(
    presser,
    `[...document.querySelectorAll("button")].some(({ textContent }) => textContent.trim() === "Stop writing")`,
  );
  const at = await presser.evaluate<number>(`probe.press("Stop writing")`);
  await presser.waitForTimeout(quietMs);
  for (const page of pages) {
    felt.stopped.push(Math.max(0, (await page.evaluate<number>("probe.changedAt")) - at));
    felt.caret.push((await page.evaluate<number>("probe.leftAt || Infinity")) - at);
    felt.moves += await page.evaluate<number>("probe.moves");
  }
  const texts = await Promise.all(pages.map((page) => page.evaluate<string>("probe.text()")));
  felt.wrong += Number(texts[0] !== texts[1]);
  const undoneAt = await presser.evaluate<number>(`probe.press("Undo")`);
  for (const page of pages) {
    await wait(page, `probe.text() === ${JSON.stringify(before)}`);
    felt.undone.push((await page.evaluate<number>("probe.changedAt")) - undoneAt);
  }
}

const stage = await openStage([wordsPerSecond], { settings: { STORE: "memory:" } });
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
});
const felt: Felt = { stopped: [], caret: [], undone: [], moves: 0, wrong: 0 };
for (let run = 0; run < runs; run++) {
  const address = `http://127.0.0.1:${stage.port}/write/bench-${run}`;
  const pages = [await visit(browser, address), await visit(browser, address)] as const;
  await pages[0].locator(".cm-content").focus();
  await pages[0].keyboard.type(before);
  await wait(pages[1], `probe.text() === ${JSON.stringify(before)}`);
  for (const page of pages) await page.evaluate("probe.watch()");
  await once(pages, felt, run);
  for (const page of pages) await page.close();
}
await browser.close();
await stage.close();

const row = (name: string, values: readonly number[]): string[] => [
  name,
  String(values.length),
  ...[quantile([...values], 0.5), quantile([...values], 0.99), Math.max(...values)].map((ms) =>
    ms.toFixed(0),
  ),
];
console.log(
  `${wordsPerSecond} words a second; ${felt.moves} changes seen; ${felt.wrong} of ${runs} times the two differed`,
);
printTable(
  ["from the click, in each of two editors", "count", "p50 ms", "p99 ms", "most ms"],
  [
    row("Stop: the last word", felt.stopped),
    row("Stop: the assistant's caret has gone", felt.caret),
    row("Undo: the text is as before", felt.undone),
  ],
);
