// What is written, or read, as a whole. Runs in the store's threads.
import type { DatabaseSync } from "node:sqlite";

/** All that it writes, or nothing. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** The same, where a power cut may undo it: nobody who writes next waits for the disk because of it. */
export function inTransactionUnsynced(database: DatabaseSync, work: () => void): void {
  const { synchronous } = database.prepare("PRAGMA synchronous").get() as { synchronous: number };
  database.exec("PRAGMA synchronous = NORMAL");
  try {
    inTransaction(database, work);
  } finally {
    database.exec(`PRAGMA synchronous = ${synchronous}`);
  }
}

/** What it reads is of one moment: in the next one, several rows may have become one. */
export function inSnapshot<T>(database: DatabaseSync, read: () => T): T {
  database.exec("BEGIN");
  try {
    return read();
  } finally {
    database.exec("COMMIT");
  }
}
