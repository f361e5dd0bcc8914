// The journal, as the main thread sees it: every commit goes in there, and by and by what it holds becomes rows: when there
// is much of it, so that a conversation is touched once for many of its words, and before the file is closed.
import type { Thread } from "./thread.ts";
import type { WritingMethods } from "./sqlite-thread.ts";
import { rowsOf, type NewRows } from "./sqlite-writing.ts";
import type { Unsettled } from "./unsettled.ts";

/** The journal may grow by so much before it is emptied: what a crash leaves to be settled, too. UTF-16 code units. */
const enoughChars = 4_194_304;

/** Commits wait while so many are settled. */
const conversationsAtOnce = 32;

export interface Settling {
  /** Makes a list of `Journalled` durable, as JSON. `publish` adds it to the unsettled then. */
  readonly write: (appends: string, publish: () => void) => Promise<void>;
  /** Settles all that is unsettled now. @throws StorageError; then it is as safe in the journal, until the next time */
  readonly all: () => Promise<void>;
}

export function createSettling(unsettled: Unsettled, writer: Pick<Thread<WritingMethods>, "call">): Settling {
  let [last, chars] = [0, 0];
  let settling: Promise<void> = Promise.resolve();

  async function settle(): Promise<void> {
    const upTo = last;
    const conversations = unsettled.conversations();
    while (conversations.length > 0) await settleSome(conversations.splice(0, conversationsAtOnce));
    await writer.call("emptyJournal", upTo);
  }

  async function settleSome(conversations: readonly string[]): Promise<void> {
    const batch = conversations.map((name) => newRowsOf(unsettled, name));
    await writer.call("settle", batch);
    for (const { name, rows } of batch) unsettled.drop(name, rows.at(-1)?.offset ?? 0);
  }

  const all = (): Promise<void> => {
    chars = 0;
    const settled = settling.then(settle);
    settling = settled.catch(() => {});
    return settled;
  };

  return {
    write: async (appends, publish) => {
      const number = await writer.call("append", appends);
      publish(); // before it has a number here: up to that the journal may be emptied
      last = number;
      chars += appends.length;
      if (chars > enoughChars) all().catch(() => {}); // a full disk: later
    },
    all,
  };
}

function newRowsOf(unsettled: Unsettled, name: string): NewRows {
  return rowsOf(name, unsettled.get(name) ?? { epoch: "", entries: [] });
}
