// The journal, as the main thread sees it: every commit goes in there, and by and by what it holds becomes rows: when there
// is much of it, so that a conversation is touched once for many of its words, and when there is nothing else to do.
import type { Thread } from "./thread.ts";
import type { WritingMethods } from "./sqlite-thread.ts";
import { rowsOf, type NewRows } from "./sqlite-writing.ts";
import type { Unsettled } from "./unsettled.ts";

/** The journal may grow by so much before it is emptied: what a crash leaves to be settled, too. UTF-16 code units. */
const enoughChars = 4_194_304;

/** Commits wait while so many are settled. */
const conversationsAtOnce = 32;

/** A pause of this length is a time to settle: what is settled is not held in memory. Milliseconds. */
const quietMs = 1_000;

export interface Settling {
  /** Makes a list of `Journalled` durable, as JSON. `publish` adds it to the unsettled then. */
  readonly write: (appends: string, publish: () => void) => Promise<void>;
  /** Settles all that is unsettled now. @throws StorageError; then it is as safe in the journal, until the next time */
  readonly all: () => Promise<void>;
  /** Settles nothing more by itself. */
  close(): void;
}

export function createSettling(unsettled: Unsettled, writer: Pick<Thread<WritingMethods>, "call">): Settling {
  let [last, chars] = [0, 0];
  let settling: Promise<void> = Promise.resolve();

  async function settle(): Promise<void> {
    const upTo = last;
    const conversations = unsettled.conversations();
    let fault: unknown; // of one conversation does not keep the others from being settled
    while (conversations.length > 0)
      await settleSome(conversations.splice(0, conversationsAtOnce)).catch(
        (error: unknown) => (fault ??= error),
      );
    if (fault) throw fault as Error;
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

  const later = (): void => void all().catch(() => {}); // a full disk: when there is more, or once again
  const pause = createPause(later);

  return {
    write: async (appends, publish) => {
      const number = await writer.call("append", appends);
      publish(); // before it has a number here: up to that the journal may be emptied
      last = number;
      chars += appends.length;
      if (chars > enoughChars) later();
      else pause.await();
    },
    all,
    close: pause.close,
  };
}

/** Calls back when it was not asked to for a while. */
function createPause(onPause: () => void) {
  let askedAt = 0;
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const left = askedAt + quietMs - performance.now();
    timer = left > 0 ? setTimeout(look, left).unref() : undefined;
    if (left <= 0) onPause();
  };
  return {
    await: (): void => {
      askedAt = performance.now();
      timer ??= setTimeout(look, quietMs).unref();
    },
    close: (): void => clearTimeout(timer),
  };
}

function newRowsOf(unsettled: Unsettled, name: string): NewRows {
  return rowsOf(name, unsettled.get(name) ?? { epoch: "", entries: [] });
}
