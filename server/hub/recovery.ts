// After a crash [R6]: what was begun and not ended is ended before anyone reads. No model is asked because of that.
import { v7 } from "uuid";
import type { Draft, Entry } from "../../shared/protocol.ts";
import { failureOf } from "../chain/generation.ts";
import type { Log } from "../log/log.ts";

/** Ends what a writer before us left open. Resolves when that is durable. */
export async function recover(log: Log, model: string): Promise<number> {
  const drafts = endings(await lastTurns(log), model);
  await Promise.all(drafts.map((draft) => log.append(draft)));
  return drafts.filter(({ type }) => type === "end").length;
}

/**
 * The entries, oldest first, back to the message of the last run that spoke: turns are taken in order, so every
 * message before that one had its run. Before a rewind nothing is left open either.
 */
async function lastTurns(log: Log): Promise<Entry[]> {
  const entries: Entry[] = [];
  const spoke = new Set<string>();
  const settled = new Set<string>();
  reading: for await (const page of log.backwards(log.head))
    for (const entry of page) {
      entries.push(entry);
      if (entry.type === "token" || (entry.type === "end" && entry.reason !== "cancelled"))
        spoke.add(entry.run);
      if (entry.type === "start" && spoke.has(entry.run)) settled.add(entry.message);
      if (entry.type === "rewind" || (entry.type === "message" && settled.has(entry.id))) break reading;
    }
  return entries.reverse();
}

function endings(entries: readonly Entry[], model: string): Draft[] {
  const running = new Set<string>();
  const waiting = new Set<string>();
  for (const entry of entries) {
    if (entry.type === "message" && entry.reply) waiting.add(entry.id);
    if (entry.type === "start") running.add(entry.run);
    if (entry.type === "start") waiting.delete(entry.message);
    if (entry.type === "end") running.delete(entry.run);
  }
  return [...[...running].map(end), ...[...waiting].flatMap((message) => neverBegun(message, model))];
}

function neverBegun(message: string, model: string): Draft[] {
  const run = v7();
  return [{ type: "start", run, message, model, time: now() }, end(run)];
}

const end = (run: string): Draft => ({
  type: "end",
  run,
  reason: "interrupted",
  error: failureOf("server_stopped"),
  time: now(),
});

const now = (): string => new Date().toISOString();
