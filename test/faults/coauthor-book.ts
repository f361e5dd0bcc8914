// Who wrote which character and who deleted it, from the transactions of everybody in a document, each looked at where it was
// made. So it is known what must be in the document at the end, whatever the network did on the way.
import * as Y from "yjs";
import {
  itemsOf,
  nameOf,
  rootIn,
  textsIn,
  unitsOfItem,
  wordsIn,
  type Shape,
  type Unit,
} from "./coauthor-text.ts";

export type Written = Unit & {
  /** The blocks that it is in, by their names. */
  readonly under: readonly string[];
};

/** What one peer has done in a document. */
export type Page = { readonly written: Written[]; readonly deleted: Set<string>; readonly removed: string[] };

export type Book = {
  /** By Yjs's number for the peer. */
  readonly pages: ReadonlyMap<number, Page>;
  /** What was wrong at the very moment. */
  readonly faults: string[];
  /** Everything that this peer does is noted from now on. `onChange` is told of it at once: it is for who writes batches. */
  watch(doc: Y.Doc, onChange?: (client: number) => void): void;
  page(client: number): Page;
};

export function createBook(shape: Shape): Book {
  const pages = new Map<number, Page>();
  const faults: string[] = [];
  const page = (client: number): Page => {
    const found = pages.get(client) ?? { written: [], deleted: new Set(), removed: [] };
    pages.set(client, found);
    return found;
  };
  return {
    pages,
    faults,
    page,
    watch: (doc, onChange) => {
      const known = Y.decodeStateVector(Y.encodeStateVector(doc));
      doc.on("afterTransaction", (transaction: Y.Transaction) => {
        if (!transaction.local) return;
        const own = page(doc.clientID);
        const { length } = own.written;
        const fresh = newItems(transaction);
        const last = own.written.at(-1);
        if (onChange && last) faults.push(...astray(fresh, last));
        own.written.push(
          ...fresh.flatMap((item) => unitsOfItem(item).map((one) => ({ ...one, under: above(item) }))),
        );
        const removed = noteDeleted(own, transaction, textsIn(rootIn(doc, shape)));
        if (onChange) faults.push(...tooMuch(removed, known));
        if (removed.length > 0) own.removed.push(wordsIn(removed));
        if (own.written.length > length || removed.length > 0) onChange?.(doc.clientID);
      });
    },
  };
}

/** The assistant takes nothing away that came after it had opened the document. */
function tooMuch(removed: readonly Unit[], known: ReadonlyMap<number, number>): string[] {
  const late = removed.filter(({ client, clock }) => clock >= (known.get(client) ?? 0));
  return late.length > 0 ? [`J3: ${JSON.stringify(wordsIn(late))} was taken, and had come later`] : [];
}

function newItems({ doc, beforeState }: Y.Transaction): Y.Item[] {
  const from = beforeState.get(doc.clientID) ?? 0;
  const structs = doc.store.clients.get(doc.clientID) ?? [];
  return structs.filter((struct): struct is Y.Item => struct instanceof Y.Item && struct.id.clock >= from);
}

/** The names of what an item lies in. */
function above({ parent }: Y.Item): string[] {
  const item = parent instanceof Y.AbstractType ? parent._item : null;
  return item ? [nameOf(item.id.client, item.id.clock), ...above(item)] : [];
}

/** Returns the words among it, as they stood there. */
function noteDeleted(page: Page, { deleteSet }: Y.Transaction, texts: readonly Y.Text[]): Unit[] {
  for (const [client, ranges] of deleteSet.clients)
    for (const { clock, len } of ranges)
      for (let at = 0; at < len; at++) page.deleted.add(nameOf(client, clock + at));
  const isDeleted = ({ id }: Y.Item): boolean => Y.isDeleted(deleteSet, id);
  return texts.flatMap((text) => [...itemsOf(text)].filter(isDeleted).flatMap(unitsOfItem));
}

/** Words go right behind the last ones: nothing that can be seen may stand between. */
function astray(fresh: readonly Y.Item[], last: Unit): string[] {
  const [first, end] = [fresh.find(isText), fresh.findLast(isText)];
  if (!first || !end) return [];
  return reaches(first.left, "left", last) || reaches(end.right, "right", last)
    ? []
    : [`place: words of ${last.client} at ${first.id.clock} do not stand behind its last ones`];
}

const isText = ({ content }: Y.Item): boolean => content instanceof Y.ContentString;

function reaches(from: Y.Item | null, side: "left" | "right", { client, clock }: Unit): boolean {
  for (let item = from; item; item = item[side]) {
    const isIt = item.id.client === client && item.id.clock <= clock && item.lastId.clock >= clock;
    if (isIt) return side === "left" || item.deleted;
    if (!item.deleted && item.countable) return false;
  }
  return false;
}
