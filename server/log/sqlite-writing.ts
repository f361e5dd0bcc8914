// What is written to the database: for each commit a row of the journal, and by and by the rows of each conversation.
import type { DatabaseSync } from "node:sqlite";
import type { Entry } from "../../shared/protocol.ts";
import type { DocumentUpdate } from "./document-store.ts";
import { indexAfter, merge, nameOf, startOf } from "./entry.ts";
import { createDocumentWriting } from "./sqlite-documents.ts";
import { createJournal, DamagedError } from "./sqlite-journal.ts";
import { checksumOf } from "./sqlite-reading.ts";
import { inTransaction, inTransactionUnsynced } from "./sqlite-transaction.ts";
import type { Held } from "./unsettled.ts";

type NewRow = {
  offset: number;
  /** The id of a message or a run. */
  name: string | null;
  /** When a message was said. Milliseconds since 1970. */
  said: number | null;
  body: string;
};

/** What is to be added to the rows of a conversation. */
export type NewRows = { name: string; epoch: string; head: number; rows: NewRow[] };

type Statements = ReturnType<typeof prepare>;

export function createWriting(database: DatabaseSync) {
  const statements = prepare(database);
  const documents = createDocumentWriting(database);
  const journal = createJournal(database);

  return {
    /** Makes a commit durable. Returns its number in the journal. */
    append: (appends: string): number => inTransaction(database, () => journal.append(appends)),
    /** Adds rows, whose entries the journal holds. */
    settle: (batch: readonly NewRows[]): void =>
      inTransactionUnsynced(database, () => {
        for (const rows of batch) addRows(statements, rows);
      }),
    /** All up to this number of the journal is settled. */
    emptyJournal: (upTo: number): void => inTransactionUnsynced(database, () => journal.empty(upTo)),
    /** After a crash: settles what the journal holds. */
    recover: (): void => inTransaction(database, () => recover(statements, journal)),
    /** How many conversations were ever forgotten as a whole. */
    forgotten: (): number => forgottenOf(statements),
    /** Forgets what was said before a time, and conversations in which nothing was said since; not those in use. */
    trim: (before: number, inUse: readonly string[]): number => {
      for (const { id } of statements.old.all({ before, inUse: JSON.stringify(inUse) }) as { id: number }[])
        inTransaction(database, () => trimConversation(statements, id, before));
      return forgottenOf(statements);
    },
    appendUpdates: (updates: readonly DocumentUpdate[]) =>
      inTransaction(database, () => documents.append(updates)),
    replaceUpdates: (whole: DocumentUpdate) => inTransaction(database, () => documents.replace(whole)),
    trimDocuments: (before: number, inUse: readonly string[]) =>
      inTransaction(database, () => documents.trim(before, inUse)),
  };
}

function prepare(database: DatabaseSync) {
  return {
    head: database.prepare("SELECT head FROM conversations WHERE name = ?"),
    find: database.prepare("SELECT id FROM conversations WHERE name = ?"),
    begin: database.prepare("INSERT INTO conversations (name, epoch, head) VALUES (?, ?, 0) RETURNING id"),
    move: database.prepare("UPDATE conversations SET head = ? WHERE id = ? AND head = ?"),
    insert: database.prepare(
      "INSERT INTO entries (conversation, offset, name, said, body, checksum) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    remove: database.prepare("DELETE FROM entries WHERE conversation = ? AND offset > ? AND offset <= ?"),
    old: database.prepare(
      `SELECT DISTINCT conversation AS id FROM entries INDEXED BY entries_said WHERE said < $before AND conversation NOT IN
         (SELECT id FROM conversations WHERE name IN (SELECT value FROM json_each($inUse)))`,
    ),
    firstKept: database.prepare(
      "SELECT min(offset) AS offset FROM entries WHERE conversation = ? AND said >= ?",
    ),
    forget: database.prepare("DELETE FROM conversations WHERE id = ?"),
    forgotten: database.prepare("SELECT value FROM meta WHERE key = 'forgotten'"),
    countForgotten: database.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('forgotten', ?)"),
  };
}

/** Entries as rows; neighbouring words of a run are one. */
export function rowsOf(name: string, { epoch, entries }: Held): NewRows {
  const [first] = entries;
  return { name, epoch, head: first ? startOf(first) : 0, rows: merge(entries).map(rowOf) };
}

const rowOf = (entry: Entry): NewRow => ({
  offset: entry.offset,
  name: nameOf(entry) ?? null,
  said: entry.type === "message" ? Date.parse(entry.time) : null,
  body: JSON.stringify(entry),
});

function addRows(statements: Statements, { name, epoch, head, rows }: NewRows): void {
  const last = rows.at(-1);
  if (!last) return;
  const { id } = (statements.find.get(name) ?? statements.begin.get(name, epoch)) as { id: number };
  if (Number(statements.move.run(last.offset, id, head).changes) === 0)
    throw new DamagedError(`the rows of a conversation do not end at ${head}`);
  for (const row of rows)
    statements.insert.run(id, row.offset, row.name, row.said, row.body, checksumOf(id, row.body));
}

/** What was settled before the crash may still be in the journal. */
function recover(statements: Statements, journal: ReturnType<typeof createJournal>): void {
  const unsettled = journal.read();
  for (const name of unsettled.conversations()) {
    const { head = 0 } = (statements.head.get(name) as { head: number } | undefined) ?? {};
    const { epoch, entries } = unsettled.get(name) as Held;
    addRows(statements, rowsOf(name, { epoch, entries: entries.slice(indexAfter(entries, head)) }));
  }
  journal.empty(Number.MAX_SAFE_INTEGER);
}

const forgottenOf = ({ forgotten }: Statements): number =>
  Number((forgotten.get() as { value: string } | undefined)?.value ?? 0);

/** Up to the first message that is kept; without any, the whole conversation, whose name then begins anew. */
function trimConversation(statements: Statements, id: number, before: number): void {
  const { offset } = statements.firstKept.get(id, before) as { offset: number | null };
  statements.remove.run(id, -1, offset === null ? Number.MAX_SAFE_INTEGER : offset - 1);
  if (offset !== null) return;
  statements.forget.run(id);
  statements.countForgotten.run(String(forgottenOf(statements) + 1));
}
