// The store on disk: a SQLite file in WAL mode, written by one thread and read by another.
import { extname } from "node:path";
import type { Entry } from "../../shared/protocol.ts";
import { startOf } from "./entry.ts";
import type { DocumentUpdate } from "./document-store.ts";
import { createBooks } from "./sqlite-books.ts";
import { createDocumentBooks } from "./sqlite-documents.ts";
import type { Durability } from "./sqlite-file.ts";
import { createSettling } from "./sqlite-settling.ts";
import type { ReadingMethods, ThreadData, WritingMethods } from "./sqlite-thread.ts";
import { StorageError, type Page, type Store } from "./store.ts";
import { openThread, type Thread } from "./thread.ts";
import { readBackward, readForward, Unsettled } from "./unsettled.ts";

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
export async function openSqliteStore({ keepDays = 30, ...options }: SqliteOptions): Promise<Store> {
  const { writer, reader, history } = await openThreads(options);
  const unsettled = new Unsettled();
  const books = createBooks(history, unsettled);
  const settling = createSettling(unsettled, writer);
  const documents = createDocumentBooks(documentCalls(reader, writer));
  const trim = async (): Promise<void> => {
    const before = Date.now() - keepDays * dayMs;
    await documents.trim(before);
    await settling.all();
    await books.trim(async (inUse) => void (history.forgotten = await writer.call("trim", before, inUse)));
  };
  const stopTrimming = keepDays > 0 ? repeat(trim) : () => {};
  return {
    ...reading(reader, unsettled),
    claim: (name) => books.claim(name, () => reader.call("conversation", name)),
    append: (appends) => books.append(appends, settling.write),
    follow: (name, listener) => books.follow(name, listener),
    secret: () => Promise.resolve(history.secret),
    documents: documents.store,
    close: async () => {
      stopTrimming();
      settling.close();
      await settling.all().catch(() => {}); // what the journal holds is as safe
      await reader.close();
      await writer.call("close");
      await writer.close();
    },
  };
}

async function openThreads({ path, durability = "os", onDeath = () => {} }: Omit<SqliteOptions, "keepDays">) {
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
  return { writer, history, reader: openThread<ReadingMethods>(file, dataFor("reads")) };
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

function reading(
  reader: Thread<ReadingMethods>,
  unsettled: Unsettled,
): Pick<Store, "forward" | "backward" | "find"> {
  const held = ({ conversation }: Page) => unsettled.get(conversation)?.entries ?? [];
  const rows = async (method: "forward" | "backward", { conversation, offset, budget }: Page) =>
    entriesOf(await reader.call(method, { name: conversation, offset, budget }));
  return {
    forward: (page) => readForward(held(page), page, () => rows("forward", page)),
    backward: (page) => readBackward(held(page), page, () => rows("backward", page)),
    find: async (name, id) => {
      const body = unsettled.find(name, id) ?? (await reader.call("find", name, id));
      return typeof body === "string" ? (JSON.parse(body) as Entry) : body;
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
