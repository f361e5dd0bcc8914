// What is read from the database. Every row's checksum is looked at: what is damaged is reported, and never served.
import { crc32 } from "node:zlib";
import { inSnapshot } from "./sqlite-transaction.ts";
import type { DatabaseSync, StatementSync } from "node:sqlite";

type Row = [offset: number, body: string, checksum: number];
type Known = { id: number; epoch: string; head: number };

export type Stretch = { name: string; offset: number; budget: number };

/** Rows are read several at once, as one by one they cost three times as much; twice as many each time, as one may be all that is wanted. */
const mostRowsAtOnce = 64;

export const checksumOf = (conversation: number, body: string): number => crc32(body, conversation);

function prepare(database: DatabaseSync) {
  const rows = "SELECT offset, body, checksum FROM entries";
  const statements = {
    after: database.prepare(`${rows} WHERE conversation = ? AND offset > ? ORDER BY offset LIMIT ?`),
    before: database.prepare(`${rows} WHERE conversation = ? AND offset < ? ORDER BY offset DESC LIMIT ?`),
    named: database.prepare(
      `${rows} INDEXED BY entries_name WHERE conversation = ? AND name = ? ORDER BY offset LIMIT 1`,
    ),
  };
  for (const statement of Object.values(statements)) statement.setReturnArrays(true);
  return statements;
}

/** Bodies are JSON: the main thread makes entries of them. */
export function createReading(database: DatabaseSync) {
  const { after, before, named } = prepare(database);
  const conversation = database.prepare("SELECT id, epoch, head FROM conversations WHERE name = ?");
  // the entry that ends at a position, or lies across it
  const lastOf = database.prepare(
    "SELECT min(offset) AS offset FROM entries WHERE conversation = ? AND offset >= ?",
  );

  const idOf = (name: string): number | undefined => (conversation.get(name) as Known | undefined)?.id;

  return {
    conversation: (name: string): { epoch: string; head: number } | undefined => {
      const { epoch, head } = (conversation.get(name) as Known | undefined) ?? {};
      return epoch === undefined || head === undefined ? undefined : { epoch, head };
    },
    forward: ({ name, offset, budget }: Stretch): string =>
      inSnapshot(database, () => {
        const id = idOf(name);
        return id === undefined ? "[]" : listOf(take(after, { id, offset, budget }));
      }),
    backward: ({ name, offset, budget }: Stretch): string =>
      inSnapshot(database, () => {
        const id = idOf(name);
        if (id === undefined || offset <= 0) return "[]";
        const last = (lastOf.get(id, offset) as { offset: number | null }).offset;
        const end = last === null ? Number.MAX_SAFE_INTEGER : last + 1;
        return listOf(take(before, { id, offset: end, budget }).reverse());
      }),
    find: (name: string, wanted: string): string | undefined => {
      const id = idOf(name);
      if (id === undefined) return undefined;
      const row = named.get(id, wanted) as unknown as Row | undefined;
      return row && whole(id, row);
    },
  };
}

/** One text is passed between threads at a fraction of what hundreds cost. */
const listOf = (bodies: readonly string[]): string => `[${bodies.join(",")}]`;

type Begin = { id: number; offset: number; budget: number };

/** As many rows as the budget allows, and one at least, in the statement's order. */
function take(statement: StatementSync, { id, offset, budget }: Begin): string[] {
  const bodies: string[] = [];
  for (let [left, from, most] = [budget, offset, 1]; left > 0; most = Math.min(2 * most, mostRowsAtOnce)) {
    const rows = statement.all(id, from, most) as unknown as Row[];
    for (const row of rows) {
      if (left <= 0) return bodies;
      const body = whole(id, row);
      bodies.push(body);
      left -= body.length;
      from = row[0];
    }
    if (rows.length < most) return bodies;
  }
  return bodies;
}

function whole(conversation: number, [offset, body, checksum]: Row): string {
  if (checksumOf(conversation, body) !== checksum) throw new Error(`the entry at ${offset} is damaged`);
  return body;
}
