// A person at an editor: an unmodified provider, a text, an undo stack of their own, and a hand that chance moves.
import * as Y from "yjs";
import type { Person } from "../support/document-servers.ts";
import type { Dice } from "./dice.ts";
import type { Book } from "./coauthor-book.ts";
import { rootIn, textsIn, visibleIn, wordsIn, type Shape } from "./coauthor-text.ts";

export type Spot = { readonly text: Y.Text; readonly index: number };

export type Deed = "type" | "erase" | "undo" | "redo" | "format";

export type Editor = {
  readonly name: string;
  readonly person: Person;
  readonly doc: Y.Doc;
  /** How often each was done, and did something. */
  readonly deeds: Map<Deed, number>;
  do(deed: Deed): void;
  /** A place in or near the words of a run, or anywhere. */
  spot(): Spot | undefined;
  /** Deletes all that can be seen of the words of this writer, and a little around. */
  wipe(client: number): void;
  /** Deletes the block that a writer's words are in, or any. The undo stack knows nothing of it. */
  raze(client: number): void;
  /** The first words of the document. */
  found(): void;
};

type Parts = {
  readonly name: string;
  readonly person: Person;
  readonly shape: Shape;
  readonly dice: Dice;
  readonly book: Book;
  /** The writers' numbers of the runs. */
  readonly runs: ReadonlySet<number>;
};

const vocabulary =
  "the of and to in is was that for it with as his on be at by word Zwölf naïve 😀 👩‍👩‍👧 🇩🇪 𝒳𝒴 日本 \n é".split(
    " ",
  );

export const phrase = (dice: Dice, most: number): string =>
  Array.from({ length: dice.between(1, most) }, () => dice.pick(vocabulary)).join(dice.pick([" ", " ", ""]));

export function createEditor({ name, person, shape, dice, book, runs }: Parts): Editor {
  const { doc } = person;
  const root = rootIn(doc, shape);
  const origin = `editor of ${name}`;
  const deeds = new Map<Deed, number>();
  const captureTimeout = dice.pick([0, 0, 500]);
  const stack = new Y.UndoManager(root, { trackedOrigins: new Set([origin]), captureTimeout });
  book.watch(doc);
  const texts = (): Y.Text[] => textsIn(root);
  const edit = (change: () => void): void => doc.transact(change, origin);
  const spot = (): Spot | undefined => {
    const own = texts().flatMap((text) => nearRuns(text, runs));
    if (own.length > 0 && dice.chance(0.65)) return beside(dice.pick(own));
    const all = texts();
    if (all.length === 0) return undefined;
    const text = dice.pick(all);
    return beside({ text, index: dice.between(0, text.length) });
  };
  const stepBack = (deed: "undo" | "redo"): boolean => {
    const before = seenOf(texts(), runs);
    const done = stack[deed]();
    const after = seenOf(texts(), runs);
    if (before !== after) book.faults.push(`J5: the ${deed} of ${name} took the assistant's words`);
    return done !== null;
  };
  const acts: Record<Deed, () => boolean> = {
    type: () => {
      const at = spot();
      if (at) edit(() => at.text.insert(at.index, phrase(dice, 3)));
      return at !== undefined;
    },
    erase: () => {
      const at = spot();
      if (!at) return false;
      const end = beside({ ...at, index: Math.min(at.text.length, at.index + dice.between(1, 14)) });
      if (end.index > at.index) edit(() => at.text.delete(at.index, end.index - at.index));
      return end.index > at.index;
    },
    format: () => {
      const at = spot();
      if (!at || at.index === at.text.length) return false;
      const length = beside({ ...at, index: Math.min(at.text.length, at.index + 5) }).index - at.index;
      const bold = dice.chance(0.7) ? true : null;
      if (length > 0) edit(() => at.text.format(at.index, length, { bold }));
      return length > 0;
    },
    undo: () => stepBack("undo"),
    redo: () => stepBack("redo"),
  };
  return {
    name,
    person,
    doc,
    deeds,
    spot,
    do: (deed) => {
      if (acts[deed]()) deeds.set(deed, (deeds.get(deed) ?? 0) + 1);
    },
    wipe: (client) => {
      const around = dice.between(0, 3);
      edit(() => texts().forEach((text) => wipeIn(text, client, around)));
    },
    raze: (client) => {
      if (!(root instanceof Y.XmlFragment) || root.length === 0) return;
      const at = root.toArray().findIndex((block) => seenOf(textsIn(block), new Set([client])) > 0);
      doc.transact(() => root.delete(at < 0 ? dice.between(0, root.length - 1) : at, 1), "raze");
    },
    found: () => {
      const words = (): string => `${phrase(dice, 12)} here`;
      if (root instanceof Y.Text && shape === "text") return void root.insert(0, words());
      const blocks = Array.from({ length: dice.between(1, 3) }, () => {
        const block = new Y.XmlElement("paragraph");
        block.insert(0, [new Y.XmlText(words())]);
        return block;
      });
      (root as Y.XmlFragment).insert(0, blocks);
    },
  };
}

const seenOf = (texts: readonly Y.Text[], runs: ReadonlySet<number>): number =>
  texts.flatMap(visibleIn).filter(({ client }) => runs.has(client)).length;

/** Every place beside a character of a run. */
const nearRuns = (text: Y.Text, runs: ReadonlySet<number>): Spot[] =>
  visibleIn(text).flatMap(({ client }, index) =>
    runs.has(client)
      ? [
          { text, index },
          { text, index: index + 1 },
        ]
      : [],
  );

/** No editor puts a caret between the halves of a character. */
function beside({ text, index }: Spot): Spot {
  const isWithin = /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(
    wordsIn(visibleIn(text)).slice(index - 1, index + 1),
  );
  return { text, index: index > 0 && isWithin ? index + 1 : index };
}

function wipeIn(text: Y.Text, client: number, around: number): void {
  const own = visibleIn(text).flatMap((one, index) => (one.client === client ? [index] : []));
  const [first, last] = [own[0], own.at(-1)];
  if (first === undefined || last === undefined) return;
  const from = beside({ text, index: Math.max(0, first - around) }).index;
  const to = beside({ text, index: Math.min(text.length, last + 1 + around) }).index;
  text.delete(Math.min(from, first), to - Math.min(from, first));
}
