// What has not left the memory: questions about the transcript that need only its last part.
import type { Entry } from "../../shared/protocol.ts";
import { emptyTranscript, foldAll, type Item } from "../../shared/transcript.ts";
import { startOf } from "../log/entry.ts";
import type { Log } from "../log/log.ts";

/** False for an entry that a later `rewind` took away. */
export async function isVisible(log: Log, entry: Entry): Promise<boolean> {
  const items = await itemsSince(log, startOf(entry));
  const first = items[0]; // a fold that begins with this entry still has it, or has lost it for good
  return first !== undefined && idOf(first) === idOf(entry);
}

/** The start of the last run that is still visible. */
export async function latestRun(log: Log): Promise<Entry | undefined> {
  const rewound: Entry[] = [];
  for await (const entry of log.backwards(log.head)) {
    if (entry.type === "rewind") rewound.push(entry);
    if (entry.type === "start" && (rewound.length === 0 || (await isVisible(log, entry)))) return entry;
  }
  return undefined;
}

async function itemsSince(log: Log, after: number): Promise<readonly Item[]> {
  const entries: Entry[] = [];
  for await (const entry of log.backwards(log.head)) {
    if (entry.offset <= after) break;
    entries.push(entry);
  }
  return foldAll(emptyTranscript, entries.toReversed()).items;
}

function idOf(item: Item | Entry): string | undefined {
  if (item.type === "message") return item.id;
  return "run" in item ? item.run : undefined;
}
