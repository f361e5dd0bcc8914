// Documents that end with the process.
import type { DocumentStore } from "./document-store.ts";

export function createMemoryDocuments(): DocumentStore {
  const documents = new Map<string, Uint8Array[]>();
  return {
    open: (document) => Promise.resolve({ updates: [...(documents.get(document) ?? [])], close: () => {} }),
    append: (updates) => {
      for (const { document, update } of updates)
        documents.set(document, [...(documents.get(document) ?? []), update]);
      return Promise.resolve();
    },
    replace: ({ document, update }) => {
      documents.set(document, [update]);
      return Promise.resolve();
    },
  };
}
