// One reader of bench/huge-event.ts: hears one answer and tells what it cost. Arguments: the API, the shape of what the
// upstream sends, its address.
import { readFileSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { ChatAnthropic } from "../server/models/anthropic.ts";
import type { ChatModel } from "../server/models/model.ts";
import { ChatOpenAI } from "../server/models/openai.ts";
import { hear } from "../test/support/hear.ts";
import type { Api, Shape } from "./huge-event-upstream.ts";

export type Read = {
  /** The longest stall of the event loop, whoever used the processors meanwhile. */
  lagMs: number;
  /** The most processor time that this thread used between two turns of the loop. */
  ownMs: number;
  /** The peak of resident memory above what it was before. */
  megabytes: number;
  end: string;
};

const [api, shape, origin] = process.argv.slice(2) as [Api, Shape, string];

const modelOf = (shape: Shape): ChatModel => {
  const baseURL = `${origin}/${api}/${encodeURIComponent(shape)}`;
  const options = { model: "m", apiKey: "none", baseURL };
  return api === "anthropic"
    ? new ChatAnthropic(options)
    : new ChatOpenAI({ ...options, useResponsesApi: api === "responses" });
};

/** Resident memory in megabytes: now, or the highest since it was reset. Linux tells. */
const resident = (which: "VmRSS" | "VmHWM"): number =>
  Number(new RegExp(`${which}:\\s+(\\d+)`).exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1_024;
const resetPeak = (): void => writeFileSync("/proc/self/clear_refs", "5");

const ownMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/** Looks at the processor time each millisecond, or when the loop comes to it; gives the longest stretch, and stops. */
function watchStretches(): () => number {
  let last = ownMs();
  let longest = 0;
  const look = (): void => {
    const now = ownMs();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  return () => {
    look();
    clearInterval(timer);
    return longest;
  };
}

await hear(modelOf("a thousand words")); // what is loaded and compiled once is not counted
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
await wait(50);
resetPeak();
const before = resident("VmRSS");
const longestStretch = watchStretches();
delay.reset();
const { last } = await hear(modelOf(shape));
await wait(20);
const read: Read = {
  lagMs: delay.max / 1e6,
  ownMs: longestStretch(),
  megabytes: resident("VmHWM") - before,
  end: [last.finish, ...(last.error ? [last.error.code] : [])].join(" "),
};
process.send?.(read);
process.on("disconnect", () => process.exit());
