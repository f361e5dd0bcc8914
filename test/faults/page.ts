// The page in a real browser, on a bad network: what it shows at the end is what the server has, word for word.
import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";
import { connect } from "../support/client.ts";
import type { Transcript } from "../../shared/transcript.ts";
import type { Dice } from "./dice.ts";
import { startProxy, type Proxy } from "./proxy.ts";
import type { Result } from "./result.ts";
import { openScene, pause, talker, type Scene } from "./scene.ts";

/** After so many faults the page is compared with the server, and a new room is opened. */
const faultsPerRoom = 10;

/** `lost`: cut off, written in and reloaded at once, when what was written is nowhere but in the browser. */
type Fault = "cut" | "reload" | "kill" | "away" | "lost";
type Place = { readonly scene: Scene; readonly proxy: Proxy; readonly page: Page; readonly dice: Dice };
type Tally = { says: number; words: number; readonly faults: Map<Fault, number> };

const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";

export async function page({ runs, dice }: { runs: number; dice: Dice }): Promise<Result> {
  const fault = "page, bad network";
  if (!existsSync(executablePath))
    return { fault, runs: 0, violations: [], facts: "left out: there is no Chromium here" };
  const scene = await openScene({ onRequest: talker(60, 8) });
  const proxy = await startProxy(() => scene.port);
  const browser = await launch();
  const violations: string[] = [];
  const tally: Tally = { says: 0, words: 0, faults: new Map() };
  try {
    for (let done = 0; done < runs; done += faultsPerRoom) {
      const times = Math.min(faultsPerRoom, runs - done);
      violations.push(...(await visitRoom(`page-${done}`, { scene, proxy, browser, dice, tally, times })));
    }
  } finally {
    await browser.close();
    await proxy.close();
    await scene.close();
  }
  const { says, words, faults } = tally;
  const kinds = [...faults].map(([fault, count]) => `${count} × ${fault}`).join(", ");
  return { fault, runs, violations, facts: `${kinds}; ${says} says, ${words} words` };
}

const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] });

type Visit = Omit<Place, "page"> & { browser: Browser; tally: Tally; times: number };

async function visitRoom(room: string, { browser, tally, times, ...rest }: Visit): Promise<string[]> {
  const context = await browser.newContext();
  const place: Place = { ...rest, page: await context.newPage() };
  const complaints: string[] = [];
  place.page.on("pageerror", (error) => complaints.push(`the page threw: ${error.message}`));
  const said: string[] = [];
  await place.page.goto(`http://127.0.0.1:${place.proxy.port}/#${room}`);
  for (let time = 0; time < times; time++) {
    const text = `question ${time} of ${room}`;
    said.push(text);
    const fault = time % 10 === 4 ? "kill" : place.dice.pick<Fault>(["cut", "cut", "reload", "away", "lost"]);
    await act(fault, place, text);
    tally.faults.set(fault, (tally.faults.get(fault) ?? 0) + 1);
  }
  await settle(place.page, said.length);
  const { items } = await transcriptOf(place.scene, room);
  const shown = await textsOf(place.page);
  await context.close();
  tally.says += said.length;
  tally.words += shown.join(" ").split(" ").length;
  const questions = items.flatMap((item) => (item.type === "message" ? [item.text] : []));
  return [
    ...complaints,
    ...differences("what the page shows is not what the server has", shown, items.map(wordsOf)),
    ...differences("what was asked is not what the server has", questions, said),
  ].map((fault) => `${room}: ${fault}`);
}

/** Says it, and makes the fault at a moment that chance has chosen, which is somewhere in the answer or before it. */
async function act(fault: Fault, place: Place, text: string): Promise<void> {
  const { scene, proxy, page, dice } = place;
  const moment = (): Promise<void> => pause(dice.between(0, 500));
  switch (fault) {
    case "cut":
      await say(page, text);
      await moment();
      return proxy.cut(dice.pick(["fin", "rst"]));
    case "reload":
      await say(page, text);
      await moment();
      return void (await page.reload());
    case "kill":
      await say(page, text);
      await moment();
      await scene.kill();
      return scene.restart();
    case "lost":
      proxy.cut("rst");
      await say(page, text);
      return void (await page.reload());
    case "away":
      await page.context().setOffline(true);
      proxy.cut(dice.pick(["fin", "rst"]));
      await page.getByRole("button", { name: "Try now" }).waitFor();
      await say(page, text);
      await moment();
      return page.context().setOffline(false);
  }
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Your message").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

/** Waits until all is sent, and each question has its answer, to its end. */
async function settle(page: Page, questions: number): Promise<void> {
  const patience = { timeout: 60_000 };
  await page.locator(`#talk .answer:not(.active) >> nth=${questions - 1}`).waitFor(patience);
  await page.locator("#talk .active, #unsent").waitFor({ state: "detached", ...patience });
}

/** What the page shows of questions and answers, oldest first. */
const textsOf = (page: Page): Promise<string[]> => page.locator("#talk .text").allTextContents();

/** As Markdown has it: white space at the end is none. */
const wordsOf = (item: { text: string }): string => item.text.trimEnd();

async function transcriptOf({ server }: Scene, room: string): Promise<Transcript> {
  const reader = await connect(`${server.address}/${room}`);
  await reader.reach(reader.welcome.head);
  const transcript = reader.transcript();
  await reader.close();
  return transcript;
}

/** Where the one is not the other. */
export function differences(what: string, seen: readonly string[], right: readonly string[]): string[] {
  const length = Math.max(seen.length, right.length);
  return Array.from({ length }, (_, index) => index)
    .filter((index) => seen[index] !== right[index])
    .map(
      (index) => `${what}, at ${index}: ${JSON.stringify(seen[index])} for ${JSON.stringify(right[index])}`,
    );
}
