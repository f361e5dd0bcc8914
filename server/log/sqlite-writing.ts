// What is written to the database: one transaction for all conversations that have something.
import type { DatabaseSync } from "node:sqlite";
import type { Entry, TokenEntry } from "../../shared/protocol.ts";
import type { DocumentUpdate } from "./document-store.ts";
import { tokenChars } from "./entry.ts";
import { createDocumentWriting } from "./sqlite-documents.ts";
import { checksumOf } from "./sqlite-reading.ts";
import { inTransaction, inTransactionUnsynced } from "./sqlite-transaction.ts";
import type { Appended } from "./store.ts";

export type NewRow = {
  offset: number;
  /** The id of a message or a run. */
  name: string | null;
  /** When a message was said. Milliseconds since 1970. */
  said: number | null;
  body: string;
  /** The run that ends here: its words are to become as few rows as they fit into. */
  ends: string | null;
};

export type NewRows = { name: string; epoch: string; head: number; rows: NewRow[] };

type Statements = ReturnType<typeof prepare>;

export function createWriting(database: DatabaseSync) {
  const statements = prepare(database);
  const documents = createDocumentWriting(database);
  const finished: Run[] = [];

  return {
    append: (batch: readonly NewRows[]): Appended[] =>
      inTransaction(database, () => batch.map((rows) => appendRows(statements, rows, finished))),
    /** Tidies up after some runs that have ended: their words become few rows. False when there are none. */
    tidy: (): boolean => {
      if (finished.length === 0) return false;
      inTransactionUnsynced(database, () => compactSome(statements, finished));
      return true;
    },
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
    find: database.prepare("SELECT id FROM conversations WHERE name = ?"),
    begin: database.prepare("INSERT INTO conversations (name, epoch, head) VALUES (?, ?, 0) RETURNING id"),
    move: database.prepare("UPDATE conversations SET head = ? WHERE id = ? AND head = ?"),
    insert: database.prepare(
      "INSERT INTO entries (conversation, offset, name, said, body, checksum) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    startOf: database.prepare(
      "SELECT offset FROM entries INDEXED BY entries_name WHERE conversation = ? AND name = ? ORDER BY offset LIMIT 1",
    ),
    between: database.prepare(
      "SELECT body FROM entries WHERE conversation = ? AND offset > ? AND offset <= ? ORDER BY offset",
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

/** A run, the conversation that it is in, and the offset of its end there. */
type Run = { readonly id: number; readonly run: string; readonly endsAt: number };

function appendRows(statements: Statements, { name, epoch, head, rows }: NewRows, finished: Run[]): Appended {
  const known = statements.find.get(name) as { id: number } | undefined;
  const last = rows.at(-1);
  if ((!known && head !== 0) || !last) return last ? "stale" : "durable";
  const { id } = known ?? (statements.begin.get(name, epoch) as { id: number });
  if (Number(statements.move.run(last.offset, id, head).changes) === 0) return "stale";
  for (const row of rows) {
    statements.insert.run(id, row.offset, row.name, row.said, row.body, checksumOf(id, row.body));
    if (row.ends !== null) finished.push({ id, run: row.ends, endsAt: row.offset });
  }
  return "durable";
}

/** As much as may keep others waiting. Rows. */
const tidiedAtOnce = 512;

function compactSome(statements: Statements, runs: Run[]): void {
  for (let rows = 0; rows < tidiedAtOnce;) {
    const run = runs.shift();
    if (!run) return;
    rows += 1 + compact(statements, run);
  }
}

/** Neighbouring rows of words become one. Every offset inside still leads to the rest. Returns how many rows it looked at. */
function compact(statements: Statements, { id, run, endsAt }: Run): number {
  const start = statements.startOf.get(id, run) as { offset: number } | undefined;
  if (!start) return 0;
  let group: TokenEntry[] = [];
  let chars = 0;
  const rows = statements.between.all(id, start.offset, endsAt) as { body: string }[];
  for (const { body } of rows) {
    const entry = JSON.parse(body) as Entry;
    const words = entry.type === "token" && entry.run === run ? entry : undefined;
    if (
      words &&
      group[0]?.kind === words.kind &&
      group.length > 0 &&
      chars + words.text.length <= tokenChars
    ) {
      group.push(words);
      chars += words.text.length;
      continue;
    }
    replace(statements, id, group);
    group = words ? [words] : [];
    chars = words?.text.length ?? 0;
  }
  replace(statements, id, group);
  return rows.length;
}

function replace(statements: Statements, id: number, group: readonly TokenEntry[]): void {
  const [first, last] = [group[0], group.at(-1)];
  if (!first || !last || first === last) return;
  const body = JSON.stringify({ ...last, text: group.map(({ text }) => text).join("") });
  statements.remove.run(id, first.offset - first.text.length, last.offset);
  statements.insert.run(id, last.offset, null, null, body, checksumOf(id, body));
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
