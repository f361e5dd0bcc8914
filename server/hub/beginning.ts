// Where a newcomer begins to read: at a message, far enough back to see the last ones whole.
import { limits } from "../../shared/limits.ts";
import type { Entry } from "../../shared/protocol.ts";
import { startOf } from "../log/entry.ts";
import type { Log } from "../log/log.ts";

/** A conversation in which nothing is ever finished is cut at some message. Entries. */
const farthest = 20_000;

/** A position with no question open: whatever follows it refers only to what follows it. */
export async function beginningOf(log: Log): Promise<number> {
  const open = new Set<string>();
  let messages = 0;
  let seen = 0;
  let first = log.head;
  let removedTo: string | undefined; // going back, all before this entry has left the memory
  for await (const page of log.backwards(log.head))
    for (const entry of page) {
      seen += 1;
      first = startOf(entry);
      follow(open, entry);
      if (entry.type === "rewind" && entry.to === undefined) messages = limits.welcomeMessages; // nothing before it is there
      if (entry.type === "rewind") removedTo ??= entry.to;
      const isThere = removedTo === undefined;
      if (!isThere && idOf(entry) === removedTo) removedTo = undefined;
      if (entry.type !== "message") continue;
      if (isThere) messages += 1;
      if ((messages >= limits.welcomeMessages && open.size === 0 && isThere) || seen > farthest)
        return startOf(entry);
    }
  return first;
}

function idOf(entry: Entry): string | undefined {
  if (entry.type === "message") return entry.id;
  return entry.type === "start" ? entry.run : undefined;
}

/** Going back: a run is open until its start is found, and then the message that it answers. */
function follow(open: Set<string>, entry: Entry): void {
  if (entry.type === "token" || entry.type === "end") open.add(entry.run);
  if (entry.type === "start") {
    open.delete(entry.run);
    open.add(entry.message);
  }
  if (entry.type === "message") open.delete(entry.id);
}
