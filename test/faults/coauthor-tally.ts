// How much was done in a schedule, and where it stood.
import { snapshot } from "yjs";
import type { Deed } from "./coauthor-editor.ts";
import { endOf, isUndone, replacedBy, writersOf } from "./coauthor-errand.ts";
import type { Play } from "./coauthor-play.ts";
import { nameOf } from "./coauthor-text.ts";

export type Tally = Record<
  | "runs"
  | "characters"
  | "edits"
  | "steps back"
  | "cancels"
  | "undone"
  | "replaced"
  | "gone"
  | "at once"
  | "deleted",
  number
>;

export const emptyTally = (): Tally => ({
  runs: 0,
  characters: 0,
  edits: 0,
  "steps back": 0,
  cancels: 0,
  undone: 0,
  replaced: 0,
  gone: 0,
  "at once": 0,
  deleted: 0,
});

export function tallyOf({ tally, errands, editors, book }: Play): Tally {
  const done = (...which: Deed[]): number =>
    editors
      .flatMap(({ deeds }) => which.map((deed) => deeds.get(deed) ?? 0))
      .reduce((sum, one) => sum + one, 0);
  const deleted = new Set(editors.flatMap(({ doc }) => [...book.page(doc.clientID).deleted]));
  const written = errands.flatMap((errand) => book.page(writersOf(errand).run).written);
  return {
    ...tally,
    runs: errands.length,
    characters: written.length,
    edits: done("type", "erase", "format"),
    "steps back": done("undo", "redo"),
    undone: errands.filter(isUndone).length,
    replaced: errands.filter((errand) => replacedBy(errand) !== undefined).length,
    gone: errands.filter((errand) => endOf(errand)?.error?.code === "document_place_gone").length,
    deleted: written.filter(({ client, clock }) => deleted.has(nameOf(client, clock))).length,
  };
}

/** For whoever looks into one that hangs. */
export function stateOf({ editors, server, errands }: Play): string {
  const docs = [
    ...editors.map(({ name, doc }) => [name, doc] as const),
    ["the server", server.doc()] as const,
  ];
  const of = docs.map(([name, doc]) => {
    const { sv, ds } = snapshot(doc);
    const waits = [...(doc.store.pendingStructs?.missing ?? [])];
    return `${name} ${JSON.stringify([[...sv].sort(), [...ds.clients].sort(), waits])}`;
  });
  const runs = errands.map((errand) =>
    JSON.stringify([writersOf(errand), errand.mode, endOf(errand), isUndone(errand)]),
  );
  return [...of, ...runs].join("\n");
}
