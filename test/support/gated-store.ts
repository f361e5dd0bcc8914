// A store whose appends wait until the test lets them through, or fail when it says so.
import { createMemoryStore } from "../../server/log/memory.ts";
import type { Append, Store } from "../../server/log/store.ts";

export type GatedStore = Store & {
  /** Appends that were asked for, oldest first. */
  readonly asked: readonly (readonly Append[])[];
  /** The next append that was not taken yet; waits for it. It is held until `let` or `fail`. */
  next(): Promise<{ appends: readonly Append[]; let: () => void; fail: (error: Error) => void }>;
  /** From now on everything passes at once. */
  open(): void;
};

type Held = { appends: readonly Append[]; let: () => void; fail: (error: Error) => void };

export function createGatedStore(store: Store = createMemoryStore()): GatedStore {
  const asked: (readonly Append[])[] = [];
  const held: Held[] = [];
  const waiting: ((held: Held) => void)[] = [];
  let isOpen = false;
  return {
    ...store,
    asked,
    next: () => {
      const one = held.shift();
      return one ? Promise.resolve(one) : new Promise((resolve) => waiting.push(resolve));
    },
    open: () => {
      isOpen = true;
      for (const one of held.splice(0)) one.let();
    },
    append: async (appends) => {
      asked.push(appends);
      if (!isOpen) {
        const gate = Promise.withResolvers<void>();
        const one = { appends, let: gate.resolve, fail: gate.reject };
        const taker = waiting.shift();
        if (taker) taker(one);
        else held.push(one);
        await gate.promise;
      }
      return store.append(appends);
    },
  };
}
