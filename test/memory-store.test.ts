// The memory store keeps the store contract.
import { expect, test } from "@jest/globals";
import { createMemoryStore } from "../server/log/memory.ts";
import { storeContract } from "./contract/store.ts";

storeContract("memory", () => {
  const store = createMemoryStore();
  return Promise.resolve({ store, close: () => store.close() });
});

test("[P4] a memory store that began anew has another epoch", async () => {
  const [one, two] = [await createMemoryStore().claim("a"), await createMemoryStore().claim("a")];
  expect(one.epoch).not.toBe(two.epoch);
});
