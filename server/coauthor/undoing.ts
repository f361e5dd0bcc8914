// Taking back what a run wrote: its words go, what they took the place of comes back, and what people wrote there stays.
import * as Y from "yjs";
import type { Delta, Target } from "../../shared/target.ts";
import { DocumentError, openMs, type DocumentServer } from "./document.ts";
import { rootOf } from "./shared-text.ts";
import { firstOf, indexOf, wordsOf, writerOf } from "./writer.ts";

export type Undoing = { readonly target: Target; readonly run: string; readonly replaced: Delta };

/** Resolves when the server has it. A second time changes nothing. @throws DocumentError */
export async function undoWriting(server: DocumentServer, { target, run, replaced }: Undoing): Promise<void> {
  const { signal } = new AbortController(); // nobody stops it: the server has its time to open a document, and no more
  const client = writerOf(`undo ${run}`);
  const document = await server.open(target.document, { token: target.token, client, signal });
  try {
    const { doc } = document;
    rootOf(doc, target); // Yjs learns by it what the document is made of
    // who has brought the text back before us, and then could not say so any more, was a writer of the same number
    const isBack = doc.store.clients.has(client);
    doc.transact((transaction) => {
      for (const item of wordsOf(doc, writerOf(run))) item.delete(transaction);
      if (replaced.length > 0 && !isBack) bringBack(doc, writerOf(run), replaced);
    }, Symbol("undo"));
    await within(openMs, document.settled());
  } finally {
    document.close();
  }
}

/** Where the words began. Words that were never written have taken no place. */
function bringBack(doc: Y.Doc, writer: number, replaced: Delta): void {
  if (!doc.store.clients.has(writer)) return;
  const first = firstOf(doc, writer);
  if (!first || first.text._item?.deleted) throw new DocumentError("document_place_gone");
  first.text.applyDelta([{ retain: indexOf(first.item) }, ...replaced]);
}

async function within(ms: number, promise: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new DocumentError("document_timeout")), ms);
  await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
