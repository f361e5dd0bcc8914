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
  /** Forgets by `work`, which is told what somebody may write to. Whoever wants to begin waits for it. */
  trim(work: (inUse: string[]) => Promise<void>): Promise<void>;
}

/** Where the log ends is not known while it is being read, and nothing can be appended. */
type Term = { readonly term: number; readonly epoch: string; head: number };

const unknown = -1;

type Pages = {
  readonly terms: Map<string, Term>;
  readonly listeners: Map<string, readonly Listener[]>;
  /** What is on its way to the disk, by conversation. */
  readonly writing: Map<string, Promise<unknown>>;
  readonly unsettled: Unsettled;
};

/** What an epoch is made of. */
export type History = {
  secret: string;
  /** Grows when the end of what was written may have been lost. */
  generation: number;
  /** Grows when a conversation is forgotten as a whole: one of the same name that begins then is another one. */
  forgotten: number;
};

export function createBooks(history: History, unsettled: Unsettled): Books {
  const pages: Pages = { terms: new Map(), listeners: new Map(), writing: new Map(), unsettled };
  let lastTerm = 0;
  let trimmed: Promise<unknown> = Promise.resolve();
  return {
    claim: async (name, read) => {
      const term = ++lastTerm;
      pages.terms.set(name, { term, epoch: epochOf(history, name), head: unknown });
      await trimmed; // one that began before we said that we use it may still take it away
      await pages.writing.get(name); // what the writer before us had under way is in what we read now
      const known = knownOf(unsettled, name) ?? (await read());
      const { epoch, head } = known ?? { epoch: epochOf(history, name), head: 0 };
      if (pages.terms.get(name)?.term === term) pages.terms.set(name, { term, epoch, head });
      return { term, epoch: `${epoch}.${history.generation}`, head };
    },
    append: (appends, write) => append(pages, appends, write),
    follow: (name, listener) => follow(pages, name, listener),
    trim: (work) => {
      const trimming = work([...pages.terms.keys()]);
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

async function append(
  pages: Pages,
  appends: readonly Append[],
  write: Settling["write"],
): Promise<Appended[]> {
  const outcomes = appends.map((one): Appended => (isCurrent(pages, one) ? "durable" : "stale"));
  const records = appends
    .filter((_, index) => outcomes[index] === "durable")
    .map((one) => journalled(pages, one));
  if (records.length === 0) return outcomes;
  const publishAll = (): void => records.forEach((record) => publish(pages, record));
  const written = write(JSON.stringify(records), publishAll).finally(() =>
    records.forEach(({ name }) => pages.writing.delete(name)),
  );
  const settled = written.catch(() => {});
  for (const { name } of records) pages.writing.set(name, settled);
  await written;
  return outcomes;
}

/** Whoever appends knows where the log ends: behind what is on its way nobody can. */
function isCurrent({ terms, writing }: Pages, { conversation, term, head }: Append): boolean {
  const current = terms.get(conversation);
  return current?.term === term && current.head === head && !writing.has(conversation);
}

const journalled = ({ terms }: Pages, { conversation: name, entries }: Append): Journalled => ({
  name,
  epoch: terms.get(name)?.epoch ?? "",
  entries,
});

function publish({ unsettled, terms, listeners }: Pages, { name, epoch, entries }: Journalled): void {
  unsettled.add(name, epoch, entries);
  const term = terms.get(name);
  if (term && term.head !== unknown) term.head = entries.at(-1)?.offset ?? term.head;
  for (const tell of listeners.get(name) ?? []) tell(entries);
}

function follow({ listeners, terms }: Pages, name: string, listener: Listener): () => void {
  listeners.set(name, (listeners.get(name) ?? []).concat(listener));
  return () => {
    const here = listeners.get(name) ?? [];
    const others = here.filter((one) => one !== listener);
    if (others.length > 0) listeners.set(name, others);
    if (others.length > 0 || here.length === 0) return;
    listeners.delete(name);
    terms.delete(name); // nobody writes here any more: what still comes is stale
  };
}
