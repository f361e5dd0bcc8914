// What has not left the memory: questions that a reading of the log from its end answers.
import type { Entry } from "../../shared/protocol.ts";
import type { Log } from "../log/log.ts";

/** False for an entry that a later `rewind` took away. */
export async function isVisible(log: Log, { offset }: Entry): Promise<boolean> {
  for await (const page of log.backwards(log.head))
    for (const entry of page) {
      if (entry.offset <= offset) return true;
      if (entry.type === "rewind" && (await removedFrom(log, entry.to)) <= offset) return false;
    }
  return true;
}

/** The start of the last run that is still visible. */
export async function latestRun(log: Log): Promise<Entry | undefined> {
  let removed = Infinity; // everything from this offset on has left the memory
  for await (const page of log.backwards(log.head))
    for (const entry of page) {
      if (entry.type === "start" && entry.offset < removed) return entry;
      if (entry.type !== "rewind") continue;
      removed = Math.min(removed, await removedFrom(log, entry.to));
      if (removed === 0) return undefined;
    }
  return undefined;
}

/** The offset of the first entry that a rewind to this id takes away; 0 = all. */
async function removedFrom(log: Log, to: string | undefined): Promise<number> {
  const target = to === undefined ? undefined : await log.find(to);
  return target?.offset ?? 0;
}
