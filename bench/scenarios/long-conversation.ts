// Conversations that are long already when the server starts: written into its store, as it would have done.
import { openSqliteStore } from "../../server/log/sqlite.ts";
import { place } from "../../server/log/entry.ts";
import type { Store } from "../../server/log/store.ts";
import type { Draft, Entry } from "../../shared/protocol.ts";

/** Entries that are written together. */
const atOnce = 1_000;

/** So many exchanges: a question of this many characters, and its short answer. */
export type Length = { readonly exchanges: number; readonly chars: number };

/** Writes conversations by their names. */
export async function writeLong(path: string, lengths: Readonly<Record<string, Length>>): Promise<void> {
  const store = await openSqliteStore({ path, keepDays: 0 });
  for (const [name, length] of Object.entries(lengths)) await write(store, name, length);
  await store.close();
}

async function write(store: Store, name: string, { exchanges, chars }: Length): Promise<void> {
  const { term, ...claim } = await store.claim(name);
  let { head } = claim;
  for (let from = 0; from < exchanges; from += atOnce) {
    const count = Math.min(atOnce, exchanges - from);
    const drafts = Array.from({ length: count }, (_, index) => exchange(name, from + index, chars)).flat();
    const entries = place(drafts, head);
    const [outcome] = await store.append([{ conversation: name, term, head, entries }]);
    if (outcome !== "durable") throw new Error(`the store says ${outcome}`);
    head = (entries.at(-1) as Entry).offset;
  }
}

/** Four entries. */
function exchange(name: string, index: number, chars: number): Draft[] {
  const [author, time] = [{ id: "somebody", name: "Somebody" }, new Date().toISOString()];
  const [message, run] = [`message-${name}-${index}`, `run-${name}-${index}`];
  const text = "And a question. ".repeat(Math.ceil(chars / 16)).slice(0, chars);
  return [
    { type: "message", id: message, author, text, time, reply: true },
    { type: "start", run, message, model: "none", time },
    { type: "token", run, text: "Its answer, in a few words." },
    { type: "end", run, reason: "stop", time },
  ];
}
