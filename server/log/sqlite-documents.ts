// Shared documents in the database: a row for each update, with a checksum, as entries have it.
import { crc32 } from "node:zlib";
import type { DatabaseSync } from "node:sqlite";
import type { DocumentStore, DocumentUpdate } from "./document-store.ts";

/** The table's part of the schema. `changed`: when something was added last, in milliseconds since 1970. */
export const documentTables = `
  CREATE TABLE documents (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, changed INTEGER NOT NULL);
  -- number: grows with each update of any document, and is never used again
  CREATE TABLE document_updates (
    number INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL
  );
  CREATE INDEX document_updates_document ON document_updates (document, number);
`;

type Row = { document: number; body: Uint8Array; checksum: number };

/** An update under another document's name is as wrong as one whose bytes have changed. */
const checksumOf = (document: number, body: Uint8Array): number => crc32(body, document);

export function createDocumentReading(database: DatabaseSync) {
  const rows = database.prepare(
    `SELECT document, body, checksum FROM document_updates
     WHERE document = (SELECT id FROM documents WHERE name = ?) ORDER BY number`,
  );
  return {
    document: (name: string): Uint8Array[] => (rows.all(name) as Row[]).map((row) => whole(row, name)),
  };
}

function whole({ document, body, checksum }: Row, name: string): Uint8Array {
  if (checksumOf(document, body) !== checksum) throw new Error(`the document ${name} is damaged`);
  return body;
}

/** Each of these wants a transaction around it. */
export function createDocumentWriting(database: DatabaseSync) {
  const find = database.prepare("SELECT id FROM documents WHERE name = ?");
  const touch = database.prepare(
    `INSERT INTO documents (name, changed) VALUES (?, ?)
     ON CONFLICT (name) DO UPDATE SET changed = excluded.changed RETURNING id`,
  );
  const insert = database.prepare("INSERT INTO document_updates (document, body, checksum) VALUES (?, ?, ?)");
  const empty = database.prepare("DELETE FROM document_updates WHERE document = ?");
  const old = database.prepare(
    "SELECT id FROM documents WHERE changed < ? AND name NOT IN (SELECT value FROM json_each(?))",
  );
  const forget = database.prepare("DELETE FROM documents WHERE id = ?");

  const add = (id: number, update: Uint8Array): void => void insert.run(id, update, checksumOf(id, update));
  const touched = (name: string): number => (touch.get(name, Date.now()) as { id: number }).id;

  return {
    append: (updates: readonly DocumentUpdate[]): void => {
      for (const { document, update } of updates) add(touched(document), update);
    },
    /** The document is as old as before. */
    replace: ({ document, update }: DocumentUpdate): void => {
      const { id } = (find.get(document) as { id: number } | undefined) ?? { id: touched(document) };
      empty.run(id);
      add(id, update);
    },
    /** Forgets documents that nobody has changed since, nor has open. */
    trim: (before: number, inUse: readonly string[]): void => {
      for (const { id } of old.all(before, JSON.stringify(inUse)) as { id: number }[]) {
        empty.run(id);
        forget.run(id);
      }
    },
  };
}

type Calls = {
  read(name: string): Promise<Uint8Array[]>;
  append(updates: readonly DocumentUpdate[]): Promise<void>;
  replace(whole: DocumentUpdate): Promise<void>;
  trim(before: number, inUse: readonly string[]): Promise<void>;
};

/** The main thread's side, which knows what is in use. */
export function createDocumentBooks(calls: Calls) {
  const inUse = new Map<string, number>();
  let trimmed: Promise<unknown> = Promise.resolve();
  const release = (name: string): void => {
    const left = (inUse.get(name) ?? 0) - 1;
    if (left > 0) inUse.set(name, left);
    else inUse.delete(name);
  };
  const open: DocumentStore["open"] = async (name) => {
    inUse.set(name, (inUse.get(name) ?? 0) + 1);
    try {
      await trimmed; // one that began before we said that we use it may still take it away
      return { updates: await calls.read(name), close: () => release(name) };
    } catch (error) {
      release(name);
      throw error;
    }
  };
  return {
    store: {
      open,
      append: (updates) => calls.append(updates),
      replace: (whole) => calls.replace(whole),
    } satisfies DocumentStore,
    trim: (before: number): Promise<void> => {
      const trimming = calls.trim(before, [...inUse.keys()]);
      trimmed = trimming.catch(() => {});
      return trimming;
    },
  };
}
