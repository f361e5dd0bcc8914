// The answer to `history`: the entries before a position, oldest first, in one frame of bounded size.
import { limits } from "../../shared/limits.ts";
import type { CommandOf, Entry, FrameOf } from "../../shared/protocol.ts";
import { joins, sizeOf, startOf } from "../log/entry.ts";
import type { Log } from "../log/log.ts";

/** A frame of history holds no more than this, however many entries were asked for. See `sizeOf`. */
const frameSize = 262_144;

export async function olderEntries(log: Log, order: CommandOf<"history">): Promise<FrameOf<"history">> {
  const asked = Math.min(order.before, log.head);
  const before = (await log.exists(asked)) ? asked : asked - 1; // never inside a surrogate pair
  const entries: Entry[] = [];
  let size = 0;
  reading: for await (const page of log.backwards(before))
    for (const entry of page) {
      const newer = entries[0];
      if (newer?.type === "token" && entry.type === "token" && joins(entry, newer))
        entries[0] = { ...newer, text: entry.text + newer.text };
      else if (entries.length < (order.limit ?? limits.historyEntries) && size < frameSize)
        entries.unshift(entry);
      else break reading;
      size += sizeOf(entry);
    }
  return { type: "history", entries, before: entries[0] ? startOf(entries[0]) : before };
}
