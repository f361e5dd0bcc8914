// What only this process knows, and need not be on disk: who may write and where, and who listens. One process has the file.
import { createHmac } from "node:crypto";
import type { Entry } from "../../shared/protocol.ts";
import type { Journalled } from "./sqlite-journal.ts";
import type { Settling } from "./sqlite-settling.ts";
import type { Append, Appended, Claim } from "./store.ts";
import type { Unsettled } from "./unsettled.ts";

type Listener = (entries: readonly Entry[]) => void;
type Known = { epoch: string; head: number };

export interface Books {
  /** @param read what the rows say */
  claim(name: string, read: () => Promise<Known | undefined>): Promise<Claim>;
  append(appends: readonly Append[], write: Settling["write"]): Promise<Appended[]>;
  follow(name: string, listener: Listener): () => void;
  /** Forgets by `work`, which is told what somebody may write to, or has just written to. Whoever wants to begin waits for it. */
  trim(work: (inUse: string[]) => Promise<void>): Promise<void>;
}

/** What there is to know of a conversation that is in use. */
type Page = {
  /** The newest that was handed out; 0 = none. */
  term: number;
  epoch: string;
  /** Where the log ends; -1 while that is being read or written, and nothing can be appended. */
  head: number;
  listeners: readonly Listener[];
};

const unknown = -1;

/** What an epoch is made of. */
export type History = {
  secret: string;
  /** Grows when the end of what was written may have been lost. */
  generation: number;
  /** Grows when a conversation is forgotten as a whole: one of the same name that begins then is another one. */
  forgotten: number;
};

type Pages = Map<string, Page>;

function pageOf(pages: Pages, name: string): Page {
  const page = pages.get(name) ?? { term: 0, epoch: "", head: unknown, listeners: [] };
  pages.set(name, page);
  return page;
}

export function createBooks(history: History, unsettled: Unsettled): Books {
  const pages: Pages = new Map();
  let lastTerm = 0;
  const underWay = new Set<readonly Record[]>();
  let trimmed: Promise<unknown> = Promise.resolve();
  let written: Promise<unknown> = Promise.resolve();
  return {
    claim: async (name, read) => {
      const [term, page] = [++lastTerm, pageOf(pages, name)];
      [page.term, page.head] = [term, unknown];
      await trimmed; // one that began before we said that we use it may still take it away
      await written; // what the writer before us had under way is in what we read now
      const known = knownOf(unsettled, name) ?? (await read());
      const { epoch, head } = known ?? { epoch: epochOf(history, name), head: 0 };
      if (!pages.has(name)) pages.set(name, page); // the last listener has left meanwhile
      if (pages.get(name) === page && page.term < term) page.term = term;
      if (page.term === term) [page.epoch, page.head] = [epoch, head];
      return { term, epoch: `${epoch}.${history.generation}`, head };
    },
    append: async (appends, write) => {
      const records = appends.map((one) => recordOf(pages.get(one.conversation), one));
      const valid = records.flatMap((record) => record ?? []);
      underWay.add(valid);
      const writing = writeAll(valid, write, unsettled).finally(() => underWay.delete(valid));
      written = Promise.allSettled([written, writing]).then(() => {}); // the results would hold each other
      await writing;
      return records.map((record) => (record ? "durable" : "stale"));
    },
    follow: (name, listener) => follow(pages, pageOf(pages, name), { name, listener }),
    trim: (work) => {
      const names = [...underWay].flatMap((records) => records.map(({ name }) => name));
      const trimming = work([...pages.keys(), ...names, ...unsettled.conversations()]);
      trimmed = trimming.catch(() => {});
      return trimming;
    },
  };
}

function knownOf(unsettled: Unsettled, name: string): Known | undefined {
  const { epoch = "", entries = [] } = unsettled.get(name) ?? {};
  const last = entries.at(-1);
  return last && { epoch, head: last.offset };
}

/** The same after a restart, also of a conversation in which nothing was written yet. */
const epochOf = ({ secret, forgotten }: History, name: string): string =>
  createHmac("sha256", secret).update(`epoch ${forgotten} ${name}`).digest("base64url").slice(0, 12);

/** An append on its way. */
type Record = Journalled & { readonly page: Page; readonly term: number; readonly head: number };

/** Undefined when it is stale. Nobody can know where a log ends behind what is on its way. */
function recordOf(
  page: Page | undefined,
  { conversation: name, term, head, entries }: Append,
): Record | undefined {
  if (page?.term !== term || page.head !== head || head === unknown) return undefined;
  page.head = unknown;
  return { name, epoch: page.epoch, entries, page, term, head };
}

async function writeAll(
  records: readonly Record[],
  write: Settling["write"],
  unsettled: Unsettled,
): Promise<void> {
  if (records.length === 0) return;
  const journalled = records.map(({ name, epoch, entries }): Journalled => ({ name, epoch, entries }));
  try {
    await write(JSON.stringify(journalled), () => {
      for (const { name, epoch, entries } of records) unsettled.add(name, epoch, entries);
      for (const record of records) publish(record);
    });
  } catch (error) {
    for (const { page, term, head } of records) if (page.term === term) page.head = head;
    throw error;
  }
}

function publish({ entries, page, term, head }: Record): void {
  if (page.term === term) page.head = entries.at(-1)?.offset ?? head;
  for (const tell of page.listeners) tell(entries);
}

/** A page that nobody listens at any more is forgotten: what still comes is stale. */
function follow(
  pages: Pages,
  page: Page,
  { name, listener }: { name: string; listener: Listener },
): () => void {
  page.listeners = page.listeners.concat(listener);
  return () => {
    page.listeners = page.listeners.filter((one) => one !== listener);
    if (page.listeners.length > 0 || pages.get(name) !== page) return;
    pages.delete(name);
    page.term = 0;
  };
}
