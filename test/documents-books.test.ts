// Which documents may be forgotten: those in use never, also when somebody comes in the middle of it.
import { expect, test } from "@jest/globals";
import { createDocumentBooks } from "../server/log/sqlite-documents.ts";

const update = Uint8Array.of(1);

function createCalls() {
  const trims: { inUse: readonly string[]; done: () => void }[] = [];
  const reads: string[] = [];
  const books = createDocumentBooks({
    read: (name) => {
      reads.push(name);
      return name === "damaged" ? Promise.reject(new Error("damaged")) : Promise.resolve([update]);
    },
    append: () => Promise.resolve(),
    replace: () => Promise.resolve(),
    trim: (_before, inUse) => new Promise((resolve) => trims.push({ inUse, done: resolve })),
  });
  return { books, trims, reads };
}

test("a document is in use from the moment it is asked for until its last reader has closed it", async () => {
  const { books, trims } = createCalls();
  const inUse = (): readonly string[] => {
    void books.trim(0);
    const trim = trims.at(-1);
    trim?.done();
    return trim?.inUse ?? [];
  };
  const opening = books.store.open("d");
  expect(inUse()).toEqual(["d"]);
  const [one, two] = [await opening, await books.store.open("d")];
  one.close();
  expect(inUse()).toEqual(["d"]);
  two.close();
  expect(inUse()).toEqual([]);
  await expect(books.store.open("damaged")).rejects.toThrow("damaged");
  expect(inUse()).toEqual([]);
});

test("a document is not read while old ones are being forgotten, among which it may be", async () => {
  const { books, trims, reads } = createCalls();
  void books.trim(0);
  const opening = books.store.open("d");
  await new Promise(setImmediate);
  expect(reads).toEqual([]);
  trims[0]?.done();
  expect((await opening).updates).toEqual([update]);
});
