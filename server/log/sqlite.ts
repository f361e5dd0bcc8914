// The store on disk: a SQLite file in WAL mode, written by one thread and read by another.
import { extname } from "node:path";
import type { Entry } from "../../shared/protocol.ts";
import { startOf } from "./entry.ts";
import type { DocumentUpdate } from "./document-store.ts";
import { createBooks } from "./sqlite-books.ts";
import { createDocumentBooks } from "./sqlite-documents.ts";
import type { Durability } from "./sqlite-file.ts";
import type { ReadingMethods, ThreadData, WritingMethods } from "./sqlite-thread.ts";
import { StorageError, type Page, type Store } from "./store.ts";
import { openThread, type Thread } from "./thread.ts";

export type SqliteOptions = {
  path: string;
  /** Default `os`: what is stored survives the death of the process. `fsync`: a power cut too. */
  durability?: Durability;
  /** What was said longer ago is forgotten; 0 = never. Default 30. */
  keepDays?: number;
  /** A thread of the store has died: nothing can be stored or read any more. Default: nothing is told. */
  onDeath?: (error: Error) => void;
};

const dayMs = 86_400_000;
const trimEveryMs = 3_600_000;

/** @throws StorageError with one clear sentence: in use, read-only, damaged, newer, full */
export async function openSqliteStore({
  path,
  durability = "os",
  keepDays = 30,
  onDeath = () => {},
}: SqliteOptions): Promise<Store> {
  const file = new URL(`./sqlite-thread${extname(import.meta.filename)}`, import.meta.url); // .ts, or .js when built
  const dataFor = (role: ThreadData["role"]) => ({
    data: { path, durability, role } satisfies ThreadData,
    onDeath,
  });
  const writer = openThread<WritingMethods>(file, dataFor("writes"));
  const history = await writer.call("open").catch(async (error: unknown) => {
    await writer.close();
    throw error;
  });
  const reader = openThread<ReadingMethods>(file, dataFor("reads"));
  const books = createBooks(history);
  const documents = createDocumentBooks(documentCalls(reader, writer));
  const trim = async (): Promise<void> => {
    const before = Date.now() - keepDays * dayMs;
    await documents.trim(before);
    history.forgotten = await writer.call("trim", before, books.inUse());
  };
  const stopTrimming = keepDays > 0 ? repeat(trim) : () => {};
  return {
    ...reading(reader),
    claim: (name) => books.claim(name, () => reader.call("conversation", name)),
    append: (appends) => books.append(appends, (rows) => writer.call("append", rows)),
    follow: (name, listener) => books.follow(name, listener),
    secret: () => Promise.resolve(history.secret),
    documents: documents.store,
    close: async () => {
      stopTrimming();
      await reader.close();
      await writer.call("close");
      await writer.close();
    },
  };
}

/** Now, and then from time to time. What cannot be forgotten now is forgotten later. Returns the way to stop. */
function repeat(work: () => Promise<void>): () => void {
  const timer = setInterval(() => void work().catch(() => {}), trimEveryMs).unref();
  void work().catch(() => {});
  return () => clearInterval(timer);
}

function documentCalls(reader: Thread<ReadingMethods>, writer: Thread<WritingMethods>) {
  return {
    read: (name: string) => reader.call("document", name),
    append: (updates: readonly DocumentUpdate[]) => writer.call("appendUpdates", updates),
    replace: (whole: DocumentUpdate) => writer.call("replaceUpdates", whole),
    trim: (before: number, inUse: readonly string[]) => writer.call("trimDocuments", before, inUse),
  };
}

function reading(reader: Thread<ReadingMethods>): Pick<Store, "forward" | "backward" | "find"> {
  const stretch = ({ conversation, offset, budget }: Page) => ({ name: conversation, offset, budget });
  return {
    forward: async (page) => entriesOf(await reader.call("forward", stretch(page))),
    backward: async (page) => entriesOf(await reader.call("backward", stretch(page))),
    find: async (name, id) => {
      const body = await reader.call("find", name, id);
      return body === undefined ? undefined : (JSON.parse(body) as Entry);
    },
  };
}

/** Rows must join: a hole in the middle is damage, and is not read over. */
function entriesOf(bodies: string): Entry[] {
  const entries = JSON.parse(bodies) as Entry[];
  entries.forEach((entry, index) => {
    const before = entries[index - 1];
    if (before && startOf(entry) !== before.offset)
      throw new StorageError(`entries are missing at ${before.offset}`);
  });
  return entries;
}
