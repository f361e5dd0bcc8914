// The database file: opened by one process at a time, of a schema that we know, and whole. Runs in the store's threads.
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { documentTables } from "./sqlite-documents.ts";
import { DamagedError, journalTable } from "./sqlite-journal.ts";
import { createWriting } from "./sqlite-writing.ts";

/** `os`: survives the death of the process. `fsync`: survives a power cut. */
export type Durability = "os" | "fsync";

/** The schema that this version writes. Each step leads from the version of its index to the next. */
const migrations: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE conversations (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL, head INTEGER NOT NULL
  );
  -- offset: the position after the entry; name: the id of a message or a run; said: when, of a message
  CREATE TABLE entries (
    conversation INTEGER NOT NULL, offset INTEGER NOT NULL, name TEXT, said INTEGER, body TEXT NOT NULL,
    checksum INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX entries_place ON entries (conversation, offset);
  CREATE INDEX entries_name ON entries (conversation, name, offset) WHERE name IS NOT NULL;
  CREATE INDEX entries_said ON entries (said, conversation) WHERE said IS NOT NULL;
  `,
  documentTables,
  journalTable,
];

/** A file that is larger than this is not read as a whole after a crash; each entry has its own checksum. Bytes. */
const quickCheckBytes = 268_435_456;

/** A reader that finds the index of the WAL half written takes the writer's lock for a moment. Milliseconds. */
const busyMs = 5_000;

/** The pages that are written with each commit are the same ones for long: 32 MB of WAL before they go into the file. */
const checkpointPages = 8_000;

export type OpenedFile = {
  writing: ReturnType<typeof createWriting>;
  secret: string;
  /** Grows when the end of what was written may have been lost. */
  generation: number;
  close(): void;
};

type FileOptions = { path: string; durability: Durability };

/** @throws Error with one clear sentence */
export function openFile({ path, durability }: FileOptions): OpenedFile {
  const lock = inWords(path, () => lockFile(path));
  try {
    return inWords(path, () => openLocked({ path, durability }, lock));
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** A database of its own whose lock this process holds as long as it lives: the system takes it back when it dies. */
function lockFile(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true });
  const lock = new DatabaseSync(`${path}-lock`);
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;");
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

function openLocked({ path, durability }: FileOptions, lock: DatabaseSync): OpenedFile {
  const database = new DatabaseSync(path, { timeout: busyMs });
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = ${checkpointPages}; PRAGMA synchronous = FULL;`,
  );
  migrate(database);
  const meta = createMeta(database);
  const isClean = meta.read("clean") !== "0";
  if (!isClean && statSync(path).size <= quickCheckBytes) expectWhole(database);
  const boot = bootId();
  // what the system had not written to the disk yet is lost when the machine went down, and only then
  const isLost = !isClean && meta.read("durability") === "os" && meta.read("boot") !== boot;
  const generation = Number(meta.read("generation") ?? 0) + (isLost ? 1 : 0);
  const secret = meta.read("secret") ?? randomBytes(32).toString("base64url");
  meta.write({ clean: "0", boot, durability, generation: String(generation), secret });
  database.exec(`PRAGMA synchronous = ${durability === "fsync" ? "FULL" : "NORMAL"};`);
  const writing = createWriting(database);
  writing.recover();
  return {
    writing,
    secret,
    generation,
    close: () => {
      database.exec("PRAGMA synchronous = FULL;");
      meta.write({ clean: "1" });
      database.close();
      lock.close();
    },
  };
}

/** The same file for reading, beside the one that writes. */
export function openForReading(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyMs });
  database.exec("PRAGMA query_only = ON;");
  return database;
}

function migrate(database: DatabaseSync): void {
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version > migrations.length) throw new NewerSchemaError(version);
  for (const [index, step] of migrations.entries())
    if (index >= version) database.exec(`BEGIN; ${step} PRAGMA user_version = ${index + 1}; COMMIT;`);
}

class NewerSchemaError extends Error {
  readonly version: number;
  constructor(version: number) {
    super("newer schema");
    this.version = version;
  }
}

function expectWhole(database: DatabaseSync): void {
  const { quick_check: verdict } = database.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
  if (verdict !== "ok") throw new DamagedError(verdict);
}

function createMeta(database: DatabaseSync) {
  const select = database.prepare("SELECT value FROM meta WHERE key = ?");
  const replace = database.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)");
  return {
    read: (key: string) => (select.get(key) as { value: string } | undefined)?.value,
    write: (values: Readonly<Record<string, string>>) => {
      database.exec("BEGIN IMMEDIATE");
      for (const [key, value] of Object.entries(values)) replace.run(key, value);
      database.exec("COMMIT");
    },
  };
}

/** Names the time since this machine was started; elsewhere than on Linux each start of ours counts as one. */
function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return randomBytes(9).toString("base64url");
  }
}

/** SQLite's result codes that people can do something about. https://www.sqlite.org/rescode.html */
const sentences: Readonly<Record<number, string>> = {
  5: "is in use by another process; is another Parlor running here? Two of them need a STORE and a PORT each",
  8: "cannot be written: it, or its folder, is read-only",
  11: "is damaged; restore it from a copy, or move it away to begin anew",
  13: "cannot be written: the disk is full",
  14: "cannot be opened: its folder cannot be written, or is none",
  26: "is no SQLite database; move it away, or name another file",
};

function inWords<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`The store ${path} ${sentenceFor(error)}.`, { cause: error });
  }
}

function sentenceFor(error: unknown): string {
  if (error instanceof NewerSchemaError)
    return `was written by a newer version of Parlor (schema ${error.version}, and this one knows ${migrations.length})`;
  if (error instanceof DamagedError)
    return `is damaged (${error.message}); restore it from a copy, or move it away`;
  const { errcode, code } = error as { errcode?: number; code?: string };
  if (errcode !== undefined) return sentences[errcode & 0xff] ?? `cannot be opened (SQLite says ${errcode})`;
  return `cannot be opened: its folder cannot be made (${code ?? "unknown reason"})`;
}
