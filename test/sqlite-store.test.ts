// The SQLite store keeps the store contract, and what only a store on disk can promise.
import { spawnSync } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { place } from "../server/log/entry.ts";
import { createLogs } from "../server/log/log.ts";
import { createJournal, journalTable } from "../server/log/sqlite-journal.ts";
import { openSqliteStore } from "../server/log/sqlite.ts";
import type { Store } from "../server/log/store.ts";
import { openThread } from "../server/log/thread.ts";
import type { Draft, Entry } from "../shared/protocol.ts";
import { storeContract } from "./contract/store.ts";

storeContract("sqlite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "parlor-"));
  const store = await openSqliteStore({ path: join(folder, "parlor.db") });
  return {
    store,
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});

const author = { id: "ada", name: "Ada" };
const now = new Date().toISOString();
const message = (id: string, time = now): Draft => ({
  type: "message",
  id,
  author,
  text: id,
  time,
  reply: true,
});
const token = (text: string, run = "r"): Draft => ({ type: "token", run, text });
const end: Draft = { type: "end", run: "r", reason: "stop", time: now };

test("a thread that dies is told of once, and its calls are rejected, the later ones too", async () => {
  const deaths: Error[] = [];
  const file = new URL("./support/dying-thread.ts", import.meta.url);
  const thread = openThread<{ any: () => void }>(file, { data: {}, onDeath: (error) => deaths.push(error) });
  await expect(thread.call("any")).rejects.toThrow("the thread of the store has ended");
  await expect(thread.call("any")).rejects.toThrow("the thread of the store has ended");
  await thread.close();
  expect(deaths.length).toBe(1);
});

describe("a store on disk", () => {
  let folder: string;
  let path: string;
  const opened: Store[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "parlor-"));
    path = join(folder, "parlor.db");
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close().catch(() => {});
    await rm(folder, { recursive: true, force: true });
  });

  async function open(options: Partial<Parameters<typeof openSqliteStore>[0]> = {}): Promise<Store> {
    const store = await openSqliteStore({ path, ...options });
    opened.push(store);
    return store;
  }
  const shut = async (store: Store): Promise<void> => {
    opened.splice(opened.indexOf(store), 1);
    await store.close();
  };

  async function write(store: Store, ...drafts: Draft[]): Promise<void> {
    const { term, head } = await store.claim("a");
    const outcome = await store.append([{ conversation: "a", term, head, entries: place(drafts, head) }]);
    expect(outcome).toEqual(["durable"]);
  }
  const readAll = (store: Store): Promise<Entry[]> =>
    store.forward({ conversation: "a", offset: 0, budget: Infinity });
  const rows = (sql: string): unknown[] => {
    const database = new DatabaseSync(path);
    const found = database.prepare(sql).all();
    database.close();
    return found;
  };

  test("[S1] what was durable is there after the store was opened again, with the same epoch and secret", async () => {
    const first = await open();
    await write(first, message("m"), token("words"));
    const [claim, secret] = [await first.claim("a"), await first.secret()];
    await shut(first);
    const second = await open();
    expect(await readAll(second)).toMatchObject([{ id: "m" }, { text: "words" }]);
    expect(await second.claim("a")).toMatchObject({ epoch: claim.epoch, head: 6 });
    expect(await second.secret()).toBe(secret);
  });

  test("[P4] a conversation in which nothing was written yet has the same epoch after a restart", async () => {
    const first = await open();
    const claim = await first.claim("quiet");
    await shut(first);
    expect(await (await open()).claim("quiet")).toMatchObject({ epoch: claim.epoch, head: 0 });
  });

  test("whoever reads while answers become compact reads all of it, once", async () => {
    const store = await open();
    for (let round = 0; round < 20; round++) {
      await write(store, { type: "start", run: `r${round}`, message: "m", model: "test", time: now });
      for (let index = 0; index < 200; index++) await write(store, token("word ", `r${round}`));
      const ending = write(store, { type: "end", run: `r${round}`, reason: "stop", time: now });
      for (let count = 0; count < 10; count++) {
        const words = (await readAll(store)).filter(({ type }) => type === "token");
        expect(words.map((entry) => ("text" in entry ? entry.text : "")).join("")).toBe(
          "word ".repeat(200 * (round + 1)),
        );
      }
      await ending;
    }
  });

  test("a finished answer is compact on disk, and every old offset leads to the rest", async () => {
    const first = await open();
    await write(first, message("m"), { type: "start", run: "r", message: "m", model: "test", time: now });
    for (let index = 0; index < 50; index++) await write(first, token(`word${index} `));
    await write(first, message("between"));
    for (let index = 0; index < 50; index++) await write(first, token("x".repeat(1_000)));
    await write(first, end);
    await shut(first); // at the latest then it has tidied up
    const store = await open();
    const whole = await readAll(store);
    expect(whole.map(({ type }) => type)).toEqual([
      "message",
      "start",
      "token",
      "message",
      "token",
      "token",
      "end",
    ]);
    const log = await createLogs(store).open("a");
    const text = whole.map((entry) => (entry.type === "token" ? entry.text : "|")).join("");
    for (let after = 0; after < log.head; after += 37) {
      const { entries } = await log.slice(after);
      const read = entries.map((entry) => (entry.type === "token" ? entry.text : "|")).join("");
      expect(text.slice(after).startsWith(read)).toBe(true);
    }
  });

  /** The file as a crash would leave it now. */
  async function crashed(name: string): Promise<string> {
    const copy = join(folder, name);
    for (const end of ["", "-wal"]) await copyFile(`${path}${end}`, `${copy}${end}`);
    return copy;
  }
  const change = (file: string, sql: string): unknown[] => {
    const database = new DatabaseSync(file);
    const found = database.prepare(sql).all();
    database.close();
    return found;
  };
  const openAt = async (file: string): Promise<Store> => {
    const store = await openSqliteStore({ path: file });
    opened.push(store);
    return store;
  };

  test("[S1] what only the journal holds after a crash is there, once, however much of it was settled before", async () => {
    const store = await open();
    await write(store, message("m"), token("some "));
    await write(store, token("words"), end);
    const { epoch } = await store.claim("a");
    const copy = await crashed("copy.db");
    expect(change(copy, "SELECT count(*) AS entries FROM entries")).toEqual([{ entries: 0 }]);
    const journal = change(copy, "SELECT * FROM journal") as { appends: string; checksum: number }[];
    expect(journal.length).toBe(2);
    const whole = [{ id: "m" }, { text: "some words" }, { type: "end" }];
    const first = await openAt(copy);
    expect(await readAll(first)).toMatchObject(whole);
    expect(await first.find("a", "m")).toMatchObject({ id: "m" });
    expect(await first.claim("a")).toMatchObject({ epoch, head: 12 });
    await shut(first);
    for (const { appends, checksum } of journal)
      change(copy, `INSERT INTO journal (appends, checksum) VALUES ('${appends}', ${checksum})`);
    const second = await openAt(copy);
    expect(await readAll(second)).toMatchObject(whole);
    await shut(second);
    expect(change(copy, "SELECT * FROM journal")).toEqual([]);
  });

  test("a journal that was changed on disk is reported, and not served", async () => {
    const store = await open();
    await write(store, message("m"));
    const copy = await crashed("copy.db");
    change(copy, `UPDATE journal SET appends = replace(appends, '"m"', '"n"')`);
    await expect(openSqliteStore({ path: copy })).rejects.toThrow(/is damaged \(row 1 of the journal\)/);
  });

  test("a journal that has grown is settled beside everything else, and whoever reads meanwhile reads all of it", async () => {
    const store = await open();
    const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
    const claims = new Map<string, { term: number; head: number }>();
    for (const name of names) claims.set(name, await store.claim(name));
    for (let round = 0; round < 60; round++) {
      const appends = names.map((conversation) => {
        const { term, head } = claims.get(conversation) as { term: number; head: number };
        claims.set(conversation, { term, head: head + 4_000 });
        return { conversation, term, head, entries: place([token("x".repeat(4_000))], head) };
      });
      expect(new Set(await store.append(appends))).toEqual(new Set(["durable"]));
      const name = names[round % names.length] as string;
      const read = await store.forward({ conversation: name, offset: 0, budget: Infinity });
      const text = read.map((entry) => (entry.type === "token" ? entry.text : "")).join("");
      expect(text.length).toBe((round + 1) * 4_000);
      const [last] = await store.backward({ conversation: name, offset: text.length, budget: 1 });
      expect(last?.offset).toBe(text.length);
    }
    expect(change(path, "SELECT sum(length(appends)) < 6000000 AS isEmptied FROM journal")).toEqual([
      { isEmptied: 1 },
    ]);
    expect(change(path, "SELECT count(*) > 40 AS isSettled FROM entries")).toEqual([{ isSettled: 1 }]);
  });

  test("what the journal holds is settled when nothing is written for a while", async () => {
    const store = await open();
    await write(store, message("m"), token("words"));
    const inJournal = (): number =>
      (change(path, "SELECT count(*) AS count FROM journal") as [{ count: number }])[0].count;
    expect(inJournal()).toBe(1);
    await until(async () => {
      await store.find("b", "none"); // lets time pass
      return inJournal() === 0 ? true : undefined;
    });
    expect(await readAll(store)).toMatchObject([{ id: "m" }, { text: "words" }]);
  });

  test("no number of the journal is given twice, also when it is empty", () => {
    const database = new DatabaseSync(":memory:");
    database.exec(journalTable);
    const journal = createJournal(database);
    expect([journal.append("[]"), journal.append("[]")]).toEqual([1, 2]);
    journal.empty(2);
    expect(journal.append("[]")).toBe(3);
    database.close();
  });

  test("a second process on the same file is refused in words", async () => {
    await open();
    await expect(openSqliteStore({ path })).rejects.toThrow(`The store ${path} is in use by another process`);
  });

  test("a folder that cannot be made, and one that cannot be written, are said in words", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(openSqliteStore({ path: join(folder, "file", "parlor.db") })).rejects.toThrow(
      /folder cannot be made/,
    );
    await expect(openSqliteStore({ path: "/proc/parlor.db" })).rejects.toThrow(
      /^The store \/proc\/parlor.db cannot/,
    );
  });

  test.each([
    ["a full disk", "size=64k", "the disk is full"],
    ["a read-only folder", "ro", "its folder cannot be written"],
  ])("%s is said in words, where one can be mounted", async (_, options, words) => {
    if (spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]).status !== 0)
      return console.warn("left out: nothing can be mounted here");
    try {
      await writeFile(join(folder, "filler"), Buffer.alloc(65_536)).catch(() => {});
      await expect(openSqliteStore({ path })).rejects.toThrow(words);
    } finally {
      spawnSync("umount", ["-l", folder]);
    }
  });

  test("a newer schema is refused in words, and left alone", async () => {
    await shut(await open());
    rows("PRAGMA user_version = 99");
    await expect(openSqliteStore({ path })).rejects.toThrow(
      /newer version of Parlor \(schema 99, and this one knows 3\)/,
    );
    expect(rows("PRAGMA user_version")).toEqual([{ user_version: 99 }]);
  });

  test("a file that is no database is refused in words, and left alone", async () => {
    await writeFile(path, "These are somebody's notes. ".repeat(100));
    await expect(openSqliteStore({ path })).rejects.toThrow(/is no SQLite database/);
  });

  test("a damaged file is found after a crash, and never served as if it were whole", async () => {
    const store = await open();
    for (let index = 0; index < 200; index++) await write(store, message(`m${index} ${"x".repeat(500)}`));
    await shut(store);
    const database = new DatabaseSync(path);
    database.exec("UPDATE meta SET value = '0' WHERE key = 'clean'; PRAGMA wal_checkpoint(TRUNCATE);");
    database.close();
    const { readFile } = await import("node:fs/promises");
    const bytes = await readFile(path);
    bytes.fill(0xff, 5 * 4_096, 8 * 4_096);
    await writeFile(path, bytes);
    await expect(openSqliteStore({ path })).rejects.toThrow(/is damaged/);
  });

  test("an entry that was changed on disk is reported, and not served; others still are", async () => {
    const first = await open();
    await write(first, message("m"), message("n"));
    await shut(first);
    rows(`UPDATE entries SET body = replace(body, '"n"', '"x"') WHERE offset = 2`);
    const second = await open();
    expect(await second.forward({ conversation: "a", offset: 0, budget: 1 })).toMatchObject([{ id: "m" }]);
    await expect(readAll(second)).rejects.toThrow("the entry at 2 is damaged");
  });

  test("entries that are missing in the middle are reported, and not read over", async () => {
    const first = await open();
    await write(first, message("m"), message("n"), message("o"));
    await shut(first);
    rows("DELETE FROM entries WHERE offset = 2");
    await expect(readAll(await open())).rejects.toThrow("entries are missing at 1");
  });

  test("[P4] when the machine went down with unsynced words, every epoch is new; after a mere crash it is not", async () => {
    const epochAfter = async (sql: string, durability: "os" | "fsync" = "os"): Promise<string> => {
      const store = await open({ durability });
      await write(store, message(`m${Math.random()}`));
      await shut(store);
      rows(sql);
      const again = await open({ durability });
      const { epoch } = await again.claim("a");
      await shut(again);
      return epoch;
    };
    const first = await epochAfter("SELECT 1");
    expect(await epochAfter("UPDATE meta SET value = '0' WHERE key = 'clean'")).toBe(first);
    const powerCut =
      "UPDATE meta SET value = CASE key WHEN 'clean' THEN '0' ELSE 'another boot' END WHERE key IN ('clean', 'boot')";
    const second = await epochAfter(powerCut);
    expect(second).not.toBe(first);
    expect(await epochAfter(powerCut, "fsync")).toBe(second);
  });

  test("[P4] what is older than KEEP_DAYS is forgotten, and who was there is sent to begin again", async () => {
    const old = new Date(Date.now() - 40 * 86_400_000).toISOString();
    const first = await open();
    await write(first, message("old", old), message("older", old), message("new"));
    const { term } = await first.claim("b");
    await first.append([{ conversation: "b", term, head: 0, entries: place([message("gone", old)], 0) }]);
    const { epoch } = await first.claim("b");
    await shut(first);
    const second = await open({ keepDays: 30 });
    const trimmed = await until(async () => {
      const [entry] = await second.forward({ conversation: "a", offset: 0, budget: 1 });
      return entry?.type === "message" && entry.id === "new" ? entry : undefined;
    });
    expect(trimmed.offset).toBe(3);
    const log = await createLogs(second).open("a");
    expect(await Promise.all([0, 1, 2, 3].map((offset) => log.exists(offset)))).toEqual([
      false,
      false,
      true,
      true,
    ]);
    await expect(Promise.resolve(log.slice(0))).rejects.toThrow("nothing is kept at 0 any more");
    const begun = await second.claim("b");
    expect(begun.head).toBe(0);
    expect(begun.epoch).not.toBe(epoch);
  });

  test("a conversation that somebody has just written to and left is not forgotten, however old the rest of it is", async () => {
    const old = new Date(Date.now() - 40 * 86_400_000).toISOString();
    const first = await open();
    for (const name of ["a", "b"]) {
      const { term } = await first.claim(name);
      await first.append([{ conversation: name, term, head: 0, entries: place([message("old", old)], 0) }]);
    }
    await shut(first);
    const second = await open({ keepDays: 30 }); // forgets at once, beside what follows
    const leave = second.follow("a", () => {});
    const { term, head } = await second.claim("a");
    const writing = second.append([{ conversation: "a", term, head, entries: place([end], head) }]);
    leave();
    expect(await writing).toEqual(["durable"]);
    await until(async () => ((await second.claim("b")).head === 0 ? true : undefined));
    await shut(second);
    expect((await (await open({ keepDays: 0 })).claim("a")).head).toBe(2);
  });

  describe("documents", () => {
    const update = Uint8Array.of(1, 2, 3);
    const read = async (store: Store, document: string): Promise<number[][]> => {
      const { updates, close } = await store.documents.open(document);
      close();
      return updates.map((one) => [...one]);
    };

    test("[S1] are there after the store was opened again", async () => {
      const first = await open();
      await first.documents.append([{ document: "d", update }]);
      await shut(first);
      expect(await read(await open(), "d")).toEqual([[1, 2, 3]]);
    });

    test("come to a file of the version before, which keeps its conversations", async () => {
      const first = await open();
      await write(first, message("m"));
      await shut(first);
      for (const sql of [
        "DROP TABLE documents",
        "DROP TABLE document_updates",
        "DROP TABLE journal",
        "PRAGMA user_version = 1",
      ])
        rows(sql);
      const second = await open();
      await second.documents.append([{ document: "d", update }]);
      expect(await read(second, "d")).toEqual([[1, 2, 3]]);
      expect(await readAll(second)).toMatchObject([{ id: "m" }]);
    });

    test.each([
      ["an update that was changed on disk", "UPDATE document_updates SET body = x'010204'"],
      ["an update under another document's name", "UPDATE document_updates SET document = 3 - document"],
    ])("%s is reported, and not served", async (_, sql) => {
      const first = await open();
      await first.documents.append(["d", "e"].map((document) => ({ document, update })));
      await shut(first);
      rows(sql);
      await expect((await open()).documents.open("d")).rejects.toThrow("the document d is damaged");
    });

    test("that nobody has changed for KEEP_DAYS are forgotten, but not those that somebody has open", async () => {
      const first = await open();
      await first.documents.append(["old", "open", "new"].map((document) => ({ document, update })));
      await shut(first);
      rows(`UPDATE documents SET changed = ${Date.now() - 40 * 86_400_000} WHERE name <> 'new'`);
      const kept = await open({ keepDays: 0 });
      const inUse = await kept.documents.open("open");
      expect(await read(kept, "old")).toEqual([[1, 2, 3]]); // 0 = never
      inUse.close();
      await shut(kept);
      const second = await open({ keepDays: 30 });
      expect(await read(second, "old")).toEqual([]);
      expect(await read(second, "open")).toEqual([]);
      expect(await read(second, "new")).toEqual([[1, 2, 3]]);
      expect(rows("SELECT count(*) AS updates FROM document_updates")).toEqual([{ updates: 1 }]);
    });

    test("what is put in the place of updates does not make the document younger", async () => {
      const first = await open();
      await first.documents.append([{ document: "d", update }]);
      rows("UPDATE documents SET changed = 5");
      await first.documents.replace({ document: "d", update });
      expect(rows("SELECT changed FROM documents")).toEqual([{ changed: 5 }]);
    });
  });
});

/** Asks until there is an answer: forgetting goes on beside everything else. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
  }
}
