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
  for await (const entry of log.backwards(log.head)) {
    seen += 1;
    follow(open, entry);
    if (entry.type !== "message") continue;
    messages += 1;
    if ((messages >= limits.welcomeMessages && open.size === 0) || seen > farthest) return startOf(entry);
  }
  return 0;
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
