// The journal: what every commit writes is one row, however many conversations are in it. Their own rows are written by and
// by, many words at once, and then the journal is emptied. After a crash, what it holds is settled first. Runs in the
// store's thread.
import type { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import type { Entry } from "../../shared/protocol.ts";
import { Unsettled } from "./unsettled.ts";

/** The table's part of the schema. `appends`: JSON, a list of `Journalled`. */
export const journalTable = `
  CREATE TABLE journal (id INTEGER PRIMARY KEY, appends TEXT NOT NULL, checksum INTEGER NOT NULL);
`;

/** What was appended to one conversation. */
export type Journalled = {
  readonly name: string;
  readonly epoch: string;
  readonly entries: readonly Entry[];
};

/** The file cannot be trusted as a whole; the message says where. */
export class DamagedError extends Error {}

type Row = { id: number; appends: string; checksum: number };

/** Each of these wants a transaction around it, where it writes. */
export function createJournal(database: DatabaseSync) {
  const insert = database.prepare("INSERT INTO journal (id, appends, checksum) VALUES (?, ?, ?)");
  const all = database.prepare("SELECT id, appends, checksum FROM journal ORDER BY id");
  const empty = database.prepare("DELETE FROM journal WHERE id <= ?");
  let last = 0; // what an earlier process has left is settled before anything is written
  return {
    /** Returns its number in the journal. None is given twice: up to a number that somebody remembers, it may be emptied. */
    append: (appends: string): number => {
      insert.run(last + 1, appends, crc32(appends));
      return (last += 1);
    },
    /** Forgets what has this number or an older one. */
    empty: (upTo: number): void => void empty.run(upTo),
    /** All that it holds. @throws DamagedError: nobody could tell what is missing where */
    read(): Unsettled {
      const unsettled = new Unsettled();
      for (const row of all.iterate() as Iterable<Row>)
        for (const { name, epoch, entries } of appendsOf(row)) unsettled.add(name, epoch, entries);
      return unsettled;
    },
  };
}

function appendsOf({ id, appends, checksum }: Row): Journalled[] {
  if (crc32(appends) !== checksum) throw new DamagedError(`row ${id} of the journal`);
  return JSON.parse(appends) as Journalled[];
}
