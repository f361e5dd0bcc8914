// A thread of the SQLite store: the one that writes, or the one that reads. A slow disk stops a thread, and not the server.
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import type { DocumentUpdate } from "./document-store.ts";
import { createDocumentReading } from "./sqlite-documents.ts";
import { openFile, openForReading, type Durability, type OpenedFile } from "./sqlite-file.ts";
import { createReading } from "./sqlite-reading.ts";
import type { NewRows } from "./sqlite-writing.ts";
import { serveThread } from "./thread.ts";

export type ThreadData = { role: "writes" | "reads"; path: string; durability: Durability };

export type WritingMethods = ReturnType<typeof writingMethods>;
export type ReadingMethods = ReturnType<typeof readingMethods>;

function readingMethods({ path }: ThreadData) {
  const database = openForReading(path);
  return { ...createReading(database), ...createDocumentReading(database) };
}

function writingMethods({ path, durability }: ThreadData) {
  let file: ReturnType<typeof openFile> | undefined;
  const opened = (): OpenedFile["writing"] => {
    if (!file) throw new Error("the store is closed");
    return file.writing;
  };
  return {
    open: () => {
      file = openFile({ path, durability });
      return { secret: file.secret, generation: file.generation, forgotten: file.writing.forgotten() };
    },
    append: (appends: string) => opened().append(appends),
    settle: (batch: readonly NewRows[]) => opened().settle(batch),
    emptyJournal: (upTo: number) => opened().emptyJournal(upTo),
    trim: (before: number, inUse: readonly string[]) => opened().trim(before, inUse),
    appendUpdates: (updates: readonly DocumentUpdate[]) => opened().appendUpdates(updates),
    replaceUpdates: (whole: DocumentUpdate) => opened().replaceUpdates(whole),
    trimDocuments: (before: number, inUse: readonly string[]) => opened().trimDocuments(before, inUse),
    close: () => {
      file?.close();
      file = undefined;
    },
  };
}

const data = workerData as ThreadData;
serveThread(parentPort as MessagePort, data.role === "writes" ? writingMethods(data) : readingMethods(data));
