// What must be true of a document when all is quiet, of the log beside it, and of everything that anybody did to it. The numbers
// are those of README.md.
import type { Doc } from "yjs";
import { faultsIn } from "../support/checker.ts";
import type { Book, Written } from "./coauthor-book.ts";
import { endOf, isUndone, logOf, replacedBy, textOf, writersOf, type Errand } from "./coauthor-errand.ts";
import {
  nameOf,
  rootIn,
  shownIn,
  textsIn,
  visibleIn,
  wordsIn,
  type Shape,
  type Unit,
} from "./coauthor-text.ts";

export type Scene = {
  readonly shape: Shape;
  readonly book: Book;
  readonly errands: readonly Errand[];
  /** The people's numbers. */
  readonly people: ReadonlySet<number>;
  /** The copies that must be the same, by whose they are. */
  readonly copies: ReadonlyMap<string, Doc>;
};

type Case = Scene & { readonly visible: readonly Unit[]; readonly seen: ReadonlyMap<string, string> };

export function judge(scene: Scene): string[] {
  const [doc] = scene.copies.values();
  if (!doc) return ["there is nothing to judge"];
  const visible = textsIn(rootIn(doc, scene.shape)).flatMap(visibleIn);
  const seen = new Map(visible.map(({ client, clock, unit }) => [nameOf(client, clock), unit]));
  const it: Case = { ...scene, visible, seen };
  return [
    ...scene.book.faults,
    ...apart(it),
    ...halves(it),
    ...lost(it),
    ...scene.errands.flatMap((errand) =>
      [
        ...ended(errand),
        ...complete(it, errand),
        ...ordered(it, errand),
        ...replaced(it, errand),
        ...undone(it, errand),
      ].map((fault) => `${fault} (${errand.question}, ${errand.mode}, ${endOf(errand)?.reason})`),
    ),
  ];
}

/** J1 */
function apart({ copies, shape }: Case): string[] {
  const [[first = "", doc] = [], ...others] = copies;
  if (!doc) return [];
  const right = shownIn(doc, shape);
  return others.flatMap(([name, other]) => {
    const shown = shownIn(other, shape);
    return shown === right ? [] : [`J1: ${name} has ${shown}, and ${first} has ${right}`];
  });
}

/** J6 */
function halves({ copies, shape }: Case): string[] {
  return [...copies].flatMap(([name, doc]) =>
    textsIn(rootIn(doc, shape))
      .map((text) => wordsIn(visibleIn(text)))
      .flatMap((text) =>
        text.isWellFormed() && !text.includes("\uFFFD") ? [] : [`J6: half a character at ${name}`],
      ),
  );
}

/** J3: what is not there any more was deleted by somebody who may. What is there is what was written. */
function lost({ book, errands, people, seen }: Case): string[] {
  const runs = new Map(errands.map((errand) => [writersOf(errand).run, errand]));
  const undos = new Map(errands.map((errand) => [writersOf(errand).undo, errand]));
  const mayDelete = (who: number, whose: number): boolean => {
    const undo = undos.get(who);
    if (undo) return writersOf(undo).run === whose && isUndone(undo);
    const run = runs.get(who);
    return people.has(who) || (run !== undefined && replacedBy(run) !== undefined);
  };
  const isExcused = ({ client, clock, under }: Written): boolean =>
    [...book.pages].some(
      ([who, { deleted }]) =>
        mayDelete(who, client) && [nameOf(client, clock), ...under].some((name) => deleted.has(name)),
    );
  return [...book.pages].flatMap(([client, { written }]) =>
    written.flatMap((unit) => {
      const shown = seen.get(nameOf(client, unit.clock));
      if (shown === unit.unit || (shown === undefined && isExcused(unit))) return [];
      const whose = people.has(client) ? "a person" : undos.has(client) ? "who brought text back" : "a run";
      return [
        `J3: ${JSON.stringify(unit.unit)} of ${whose} (${nameOf(client, unit.clock)}) is ${shown ?? "lost"}`,
      ];
    }),
  );
}

/** J6: each run has one end, and all members have the same log. */
function ended(errand: Errand): string[] {
  const log = logOf(errand).filter(({ type }) => type !== "undone");
  const [own, others] = errand.members.map(({ entries }) =>
    JSON.stringify(entries.filter(({ type }) => type !== "token")),
  );
  const known = ["stop", "cancelled", "error"];
  const end = endOf(errand);
  const isKnown =
    end && known.includes(end.reason) && (!end.error || end.error.code === "document_place_gone");
  return [
    ...faultsIn(log).map((fault) => `J6: ${fault}`),
    ...(own === others ? [] : ["J6: the members have different logs"]),
    ...(isKnown ? [] : [`J6: it ended with ${JSON.stringify(end)}`]),
  ];
}

/** J2: what it wrote is what the log says. */
function complete({ book, seen }: Case, errand: Errand): string[] {
  const { run } = writersOf(errand);
  const { written, removed } = book.page(run);
  const [wrote, said] = [wordsIn(written), textOf(errand)];
  if (wrote === said) return [];
  const told = `J2: ${JSON.stringify(wrote)} was written, and ${JSON.stringify(said)} is in the log`;
  if (!said.startsWith(wrote)) return [told];
  const isStopped = endOf(errand)?.reason === "cancelled";
  if (wrote === "" && isStopped && errand.mode === "replace")
    return removed.length > 0 ? [`${told}; the selection is gone`] : [];
  if (endOf(errand)?.reason === "stop") return [told];
  // its place is gone: none of its words can be seen, or none of what it was to stand at
  const left =
    wrote === ""
      ? errand.place.filter((name) => seen.has(name))
      : written.filter(({ clock }) => seen.has(nameOf(run, clock)));
  const isGone = left.length < (wrote === "" ? Math.max(1, errand.place.length) : 1);
  return isGone ? [] : [`${told}; and its place is there`];
}

/** J2 */
function ordered({ visible }: Case, errand: Errand): string[] {
  const { run } = writersOf(errand);
  const clocks = visible.flatMap(({ client, clock }) => (client === run ? [clock] : []));
  return clocks.every((clock, at) => at === 0 || clock > (clocks[at - 1] as number))
    ? []
    : ["J2: its words are out of order"];
}

/** J3: it took nothing away that is not in the log. What people delete while the log is told of it is in the log as well. */
function replaced({ book }: Case, errand: Errand): string[] {
  const { removed } = book.page(writersOf(errand).run);
  const [gone, told] = [removed.join(""), takenBy(book, errand)];
  if (isPartOf(gone, told)) return [];
  return [`J3: it took ${JSON.stringify(gone)} away, and ${JSON.stringify(told)} is in the log`];
}

/** Whether all of it is there, in its order. */
function isPartOf(part: string, whole: string): boolean {
  let at = 0;
  for (const unit of whole.split("")) if (unit === part[at]) at += 1;
  return at === part.length;
}

/** Words that were never written have taken no place: what was selected went while the log was told of it. */
const takenBy = (book: Book, errand: Errand): string =>
  book.page(writersOf(errand).run).written.length > 0 ? (replacedBy(errand) ?? "") : "";

/** J4, and the last part of J3: what was replaced is back once. */
function undone({ book, seen }: Case, errand: Errand): string[] {
  const { run, undo } = writersOf(errand);
  const back = wordsIn(book.page(undo).written);
  if (!isUndone(errand)) return back === "" ? [] : ["J4: text was brought back by no undo"];
  const left = book.page(run).written.filter(({ clock }) => seen.has(nameOf(run, clock)));
  const wanted = takenBy(book, errand);
  return [
    ...(left.length === 0 ? [] : [`J4: ${JSON.stringify(wordsIn(left))} is still there`]),
    ...(back === wanted ? [] : [`J4: ${JSON.stringify(back)} is back for ${JSON.stringify(wanted)}`]),
  ];
}
