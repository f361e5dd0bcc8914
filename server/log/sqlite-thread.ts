// A thread of the SQLite store: the one that writes, or the one that reads. A slow disk stops a thread, and not the server.
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import type { DocumentUpdate } from "./document-store.ts";
import { createDocumentReading } from "./sqlite-documents.ts";
import { openFile, openForReading, type Durability } from "./sqlite-file.ts";
import { createReading } from "./sqlite-reading.ts";
import { createWriting } from "./sqlite-writing.ts";
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
  let writing: ReturnType<typeof createWriting> | undefined;
  const opened = (): ReturnType<typeof createWriting> => {
    if (!writing) throw new Error("the store is closed");
    return writing;
  };
  let isTidying = false;
  /** Between two commits, and not with the one that ends a run: many may end at once, and words of others wait for it. */
  const tidyUp = (): void => {
    isTidying = tidied(writing);
    if (isTidying) setImmediate(tidyUp);
  };
  return {
    open: () => {
      file = openFile({ path, durability });
      writing = createWriting(file.database);
      return { secret: file.secret, generation: file.generation, forgotten: writing.forgotten() };
    },
    append: (...args: Parameters<ReturnType<typeof createWriting>["append"]>) => {
      if (!isTidying) setImmediate(tidyUp);
      isTidying = true;
      return opened().append(...args);
    },
    trim: (...args: Parameters<ReturnType<typeof createWriting>["trim"]>) => opened().trim(...args),
    appendUpdates: (updates: readonly DocumentUpdate[]) => opened().appendUpdates(updates),
    replaceUpdates: (whole: DocumentUpdate) => opened().replaceUpdates(whole),
    trimDocuments: (before: number, inUse: readonly string[]) => opened().trimDocuments(before, inUse),
    close: () => {
      while (tidied(writing));
      writing = undefined;
      file?.close();
    },
  };
}

/** True when there may be more to tidy up. What cannot be now, for a full disk, stays as it is, and is as right. */
function tidied(writing: ReturnType<typeof createWriting> | undefined): boolean {
  try {
    return writing?.tidy() ?? false;
  } catch {
    return true;
  }
}

const data = workerData as ThreadData;
serveThread(parentPort as MessagePort, data.role === "writes" ? writingMethods(data) : readingMethods(data));
