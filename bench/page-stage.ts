// The page in a real browser, before a real server, whose upstream pours Markdown: each a process of its own.
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type CDPSession, type Page } from "playwright-core";
import { connect, type Client } from "../test/support/client.ts";
import { startProcess } from "../test/support/process.ts";

/** What the reader of a page would feel; see page-probe.js. */
export type Felt = {
  readonly ms: number;
  readonly frames: number;
  readonly longestGapMs: number;
  readonly longTasks: number;
  readonly longestTaskMs: number;
  /** Processor time of the main thread: what of a task is the page's own, however busy the machine. */
  readonly longestTaskCpuMs: number;
  /** Of the page's main thread, and of the machine with all its cores. Shares. */
  readonly busy: number;
  readonly machineBusy: number;
};

/** What a page holds after its garbage is gone. */
export type Held = { readonly bytes: number; readonly nodes: number };

export type Watched = {
  readonly page: Page;
  /** Feels what a call of the probe waits for, while something is done. */
  readonly feel: (call: string, act?: () => Promise<unknown>) => Promise<Felt>;
  readonly held: () => Promise<Held>;
  readonly close: () => Promise<void>;
};

export type PageStage = {
  join(conversation: string): Promise<Client>;
  open(conversation: string): Promise<Watched>;
  close(): Promise<void>;
};

export async function openPageStage(): Promise<PageStage> {
  const upstream = fork(join(import.meta.dirname, "page-upstream.ts"));
  const [{ port }] = (await once(upstream, "message")) as [{ port: number }];
  const server = await startProcess({
    OPENAI_API_KEY: "none",
    OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
    MAX_COMMANDS_PER_SECOND: "0",
    MEMORY: "window:1",
    LOG_LEVEL: "error",
  });
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu"],
  });
  return {
    join: (conversation) => connect(`${server.address}/${conversation}`),
    open: async (conversation) => {
      const context = await browser.newContext({ viewport: { width: 1_100, height: 720 } });
      await context.addInitScript({ path: join(import.meta.dirname, "page-probe.js") });
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${server.port}/#${conversation}`);
      await page.getByText("Connected", { exact: true }).waitFor();
      return watch(page, await context.newCDPSession(page));
    },
    close: async () => {
      await browser.close();
      upstream.disconnect();
      server.child.kill("SIGKILL");
      await server.exited;
    },
  };
}

type FeltInPage = Omit<Felt, "busy" | "machineBusy" | "longestTaskCpuMs">;

async function watch(page: Page, session: CDPSession): Promise<Watched> {
  await session.send("Performance.enable");
  const taskSeconds = async (): Promise<number> => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? NaN;
  };
  return {
    page,
    feel: async (call, act) => {
      const browser = page.context().browser() as Browser;
      await browser.startTracing(page, { categories: ["toplevel"] });
      const [before, machine] = [await taskSeconds(), machineTicks()];
      const [felt] = await Promise.all([page.evaluate<FeltInPage>(`probe.${call}`), act?.()]);
      const now = machineTicks();
      const busy = ((await taskSeconds()) - before) / (felt.ms / 1_000);
      const longestTaskCpuMs = longestOf(await browser.stopTracing());
      const machineBusy = 1 - (now.idle - machine.idle) / (now.all - machine.all);
      return { ...felt, busy, machineBusy, longestTaskCpuMs };
    },
    held: async () => {
      await session.send("HeapProfiler.collectGarbage");
      const { usedSize, embedderHeapUsedSize } = await session.send("Runtime.getHeapUsage");
      const { nodes } = await session.send("Memory.getDOMCounters");
      return { bytes: usedSize + embedderHeapUsedSize, nodes };
    },
    close: () => page.context().close(),
  };
}

type Traced = { name: string; pid: number; tid: number; tdur?: number; args: { name?: string } };

/** Of all main threads: those of pages that do nothing have no long tasks. */
function longestOf(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: Traced[] };
  const threadOf = ({ pid, tid }: Traced): string => `${pid} ${tid}`;
  const isMain = ({ name, args }: Traced): boolean =>
    name === "thread_name" && args.name === "CrRendererMain";
  const main = new Set(traceEvents.filter(isMain).map(threadOf));
  const tasks = traceEvents.filter((event) => main.has(threadOf(event)));
  return tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur / 1_000), 0);
}

/** All that the cores did, and did nothing, since the machine began. */
function machineTicks(): { all: number; idle: number } {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  return { all: ticks.reduce((sum, one) => sum + one, 0), idle: (ticks[3] ?? 0) + (ticks[4] ?? 0) };
}
