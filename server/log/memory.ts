// The store that ends with the process: for tests and throw-away demos. Its epoch is new with each store.
import { randomBytes } from "node:crypto";
import type { Entry } from "../../shared/protocol.ts";
import { indexAfter, joins, nameOf, within, withinBefore } from "./entry.ts";
import { createMemoryDocuments } from "./memory-documents.ts";
import type { Append, Appended, Page, Store } from "./store.ts";

type Listener = (entries: readonly Entry[]) => void;

type Kept = {
  term: number;
  readonly entries: Entry[];
  named: Map<string, Entry> | undefined;
  listeners: readonly Listener[];
};

export function createMemoryStore(): Store {
  const epoch = randomBytes(9).toString("base64url");
  const secret = randomBytes(32).toString("base64url");
  const conversations = new Map<string, Kept>();

  const kept = (conversation: string): Kept => {
    const found = conversations.get(conversation) ?? begin();
    conversations.set(conversation, found);
    return found;
  };

  return {
    claim: (conversation) => {
      const log = kept(conversation);
      log.term += 1;
      return Promise.resolve({ term: log.term, epoch, head: headOf(log) });
    },
    append: (appends) => Promise.resolve(appends.map((one) => add(kept(one.conversation), one))),
    forward: (page) => Promise.resolve(forward(kept(page.conversation).entries, page)),
    backward: ({ conversation, offset, budget }) =>
      Promise.resolve(withinBefore(kept(conversation).entries, offset, budget)),
    find: (conversation, id) => Promise.resolve(conversations.get(conversation)?.named?.get(id)),
    follow: (conversation, listener) => follow(kept(conversation), listener),
    secret: () => Promise.resolve(secret),
    documents: createMemoryDocuments(),
    close: () => Promise.resolve(),
  };
}

const begin = (): Kept => ({ term: 0, entries: [], named: undefined, listeners: [] });

function follow(log: Kept, listener: Listener): () => void {
  log.listeners = log.listeners.concat(listener);
  return () => {
    log.listeners = log.listeners.filter((one) => one !== listener);
  };
}

const headOf = (log: Kept): number => log.entries.at(-1)?.offset ?? 0;

function add(log: Kept, { term, head, entries }: Append): Appended {
  if (term !== log.term || head !== headOf(log)) return "stale";
  for (const entry of entries) keep(log, entry);
  for (const listener of log.listeners) listener(entries);
  return "durable";
}

/** Tokens of one run become one entry as they come, so that an answer is not a row per word for ever. */
function keep(log: Kept, entry: Entry): void {
  const last = log.entries.at(-1);
  if (last?.type === "token" && entry.type === "token" && joins(last, entry))
    log.entries[log.entries.length - 1] = { ...last, text: last.text + entry.text, offset: entry.offset };
  else log.entries.push(entry);
  const name = nameOf(entry);
  if (name !== undefined) (log.named ??= new Map<string, Entry>()).set(name, entry);
}

function forward(entries: readonly Entry[], { offset, budget }: Page): Entry[] {
  return within(entries, indexAfter(entries, offset), budget);
}
