// Commits of documents, one at a time: what comes meanwhile, from any of them, goes together into the next one.
import type { DocumentStore, DocumentUpdate } from "../log/document-store.ts";

/** Resolves when it is durable. @throws what the store throws; then nothing was added */
export type Commit = (update: DocumentUpdate) => Promise<void>;

type Waiting = PromiseWithResolvers<void> & { readonly update: DocumentUpdate };

export function createCommits(store: Pick<DocumentStore, "append">): Commit {
  const waiting: Waiting[] = [];
  let isCommitting = false;

  async function run(): Promise<void> {
    isCommitting = true;
    while (waiting.length > 0) await settle(waiting.splice(0));
    isCommitting = false;
  }

  async function settle(batch: readonly Waiting[]): Promise<void> {
    try {
      await store.append(batch.map(({ update }) => update));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return (update) => {
    const one = { ...Promise.withResolvers<void>(), update };
    waiting.push(one);
    if (!isCommitting) void run();
    return one.promise;
  };
}
