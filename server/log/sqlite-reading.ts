// What is read from the database. Every row's checksum is looked at: what is damaged is reported, and never served.
import { crc32 } from "node:zlib";
import type { DatabaseSync } from "node:sqlite";

type Row = { conversation: number; offset: number; body: string; checksum: number };
type Known = { id: number; epoch: string; head: number };

export type Stretch = { name: string; offset: number; budget: number };

export const checksumOf = (conversation: number, body: string): number => crc32(body, conversation);

/** Bodies are JSON: the main thread makes entries of them. */
export function createReading(database: DatabaseSync) {
  const conversation = database.prepare("SELECT id, epoch, head FROM conversations WHERE name = ?");
  const rows = "SELECT conversation, offset, body, checksum FROM entries";
  const columns = `${rows} WHERE conversation = $id`;
  const forward = database.prepare(`${columns} AND offset > $offset ORDER BY offset`);
  // the last row is the one that ends at the position, or lies across it
  const backward = database.prepare(
    `${columns} AND offset <= coalesce(
       (SELECT min(offset) FROM entries WHERE conversation = $id AND offset >= $offset), 9e15) ORDER BY offset DESC`,
  );
  const named = database.prepare(
    `${rows} INDEXED BY entries_name WHERE conversation = $id AND name = $name ORDER BY offset LIMIT 1`,
  );

  const idOf = (name: string): number | undefined => (conversation.get(name) as Known | undefined)?.id;

  return {
    conversation: (name: string): { epoch: string; head: number } | undefined => {
      const { epoch, head } = (conversation.get(name) as Known | undefined) ?? {};
      return epoch === undefined || head === undefined ? undefined : { epoch, head };
    },
    forward: ({ name, offset, budget }: Stretch): string[] => {
      const id = idOf(name);
      return id === undefined ? [] : take(forward.iterate({ id, offset }) as Iterable<Row>, budget);
    },
    backward: ({ name, offset, budget }: Stretch): string[] => {
      const id = idOf(name);
      if (id === undefined || offset <= 0) return [];
      return take(backward.iterate({ id, offset }) as Iterable<Row>, budget).reverse();
    },
    find: (name: string, wanted: string): string | undefined => {
      const id = idOf(name);
      const row = id === undefined ? undefined : (named.get({ id, name: wanted }) as Row | undefined);
      return row && whole(row);
    },
  };
}

/** As many rows as the budget allows, and one at least. */
function take(rows: Iterable<Row>, budget: number): string[] {
  const bodies: string[] = [];
  let left = budget;
  for (const row of rows) {
    bodies.push(whole(row));
    left -= row.body.length;
    if (left <= 0) break;
  }
  return bodies;
}

function whole({ conversation, offset, body, checksum }: Row): string {
  if (checksumOf(conversation, body) !== checksum) throw new Error(`the entry at ${offset} is damaged`);
  return body;
}
