// What only this process knows, and need not be on disk: who may write, and who listens. One process has the file.
import { createHmac } from "node:crypto";
import type { Entry } from "../../shared/protocol.ts";
import { nameOf } from "./entry.ts";
import type { NewRow, NewRows } from "./sqlite-writing.ts";
import type { Append, Appended, Claim } from "./store.ts";

type Listener = (entries: readonly Entry[]) => void;
type Known = { epoch: string; head: number } | undefined;
type Write = (rows: NewRows[]) => Promise<Appended[]>;

export interface Books {
  claim(name: string, read: () => Promise<Known>): Promise<Claim>;
  append(appends: readonly Append[], write: Write): Promise<Appended[]>;
  follow(name: string, listener: Listener): () => void;
  /** Conversations that somebody may write to. */
  inUse(): string[];
}

type Pages = {
  readonly terms: Map<string, { term: number; epoch: string }>;
  readonly listeners: Map<string, readonly Listener[]>;
  /** What is on its way to the disk, by conversation. */
  readonly writing: Map<string, Promise<unknown>>;
};

/** What an epoch is made of. */
export type History = {
  secret: string;
  /** Grows when the end of what was written may have been lost. */
  generation: number;
  /** Grows when a conversation is forgotten as a whole: one of the same name that begins then is another one. */
  forgotten: number;
};

export function createBooks(history: History): Books {
  const pages: Pages = { terms: new Map(), listeners: new Map(), writing: new Map() };
  let lastTerm = 0;
  return {
    claim: async (name, read) => {
      const term = ++lastTerm;
      const epoch = pages.terms.get(name)?.epoch ?? epochOf(history, name);
      pages.terms.set(name, { term, epoch });
      await pages.writing.get(name); // what the writer before us had under way is in what we read now
      const known = await read();
      if (known && pages.terms.get(name)?.term === term) pages.terms.set(name, { term, epoch: known.epoch });
      return { term, epoch: `${known?.epoch ?? epoch}.${history.generation}`, head: known?.head ?? 0 };
    },
    append: (appends, write) => append(pages, appends, write),
    follow: (name, listener) => follow(pages, name, listener),
    inUse: () => [...pages.terms.keys()],
  };
}

/** The same after a restart, also of a conversation in which nothing was written yet. */
const epochOf = ({ secret, forgotten }: History, name: string): string =>
  createHmac("sha256", secret).update(`epoch ${forgotten} ${name}`).digest("base64url").slice(0, 12);

async function append(pages: Pages, appends: readonly Append[], write: Write): Promise<Appended[]> {
  const { terms, writing, listeners } = pages;
  const valid = appends.filter(({ conversation, term }) => terms.get(conversation)?.term === term);
  const written = write(valid.map((one) => rowsOf(one, terms.get(one.conversation)?.epoch ?? "")));
  const settled = written.catch(() => {});
  for (const { conversation } of valid) writing.set(conversation, settled);
  const outcomes = await written.finally(() => {
    for (const { conversation } of valid) writing.delete(conversation);
  });
  valid.forEach(({ conversation, entries }, index) => {
    if (outcomes[index] === "durable") for (const tell of listeners.get(conversation) ?? []) tell(entries);
  });
  return appends.map((one) => outcomes[valid.indexOf(one)] ?? "stale");
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

function rowsOf({ conversation, head, entries }: Append, epoch: string): NewRows {
  return { name: conversation, epoch, head, rows: entries.map(rowOf) };
}

const rowOf = (entry: Entry): NewRow => ({
  offset: entry.offset,
  name: nameOf(entry) ?? null,
  said: entry.type === "message" ? Date.parse(entry.time) : null,
  body: JSON.stringify(entry),
  ends: entry.type === "end" ? entry.run : null,
});
