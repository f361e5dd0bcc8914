// One schedule: what people, the assistant and its model do in one document, by chance, and what the judge says of it. The steps
// come from the seed; where a step falls on the page is as the network has it.
import { snapshot, type Doc } from "yjs";
import type { Client } from "../support/client.ts";
import { createBook, type Book } from "./coauthor-book.ts";
import { createDice, type Dice } from "./dice.ts";
import { createEditor, type Deed, type Editor } from "./coauthor-editor.ts";
import {
  begin,
  endOf,
  isUndone,
  logOf,
  replacedBy,
  textOf,
  writersOf,
  type Errand,
} from "./coauthor-errand.ts";
import { judge } from "./coauthor-judge.ts";
import type { Kind, Stage } from "./coauthor-stage.ts";
import { areEqual, hasAllOf, nameOf, type Shape } from "./coauthor-text.ts";

/** A schedule that takes longer hangs. Milliseconds. */
const patienceMs = 20_000;

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

export type Played = { readonly violations: string[]; readonly tally: Tally };

type Play = {
  readonly stage: Stage;
  readonly kind: Kind;
  readonly name: string;
  readonly shape: Shape;
  readonly dice: Dice;
  readonly book: Book;
  readonly editors: readonly Editor[];
  /** The numbers of the runs that write. */
  readonly runs: Set<number>;
  readonly rooms: (readonly Client[])[];
  readonly errands: Errand[];
  readonly server: { doc(): Doc; leave(): void };
  /** Those in which the assistant is: a run that was stopped may write after its end what the log has. */
  readonly open: Set<Doc>;
  /** What happens in the very moment in which the assistant opens the document or changes it. */
  readonly ambushes: (() => void)[];
  readonly tally: Tally;
  readonly deadline: number;
  isHeld: boolean;
};

export async function playSchedule(stage: Stage, kind: Kind, seed: number): Promise<Played> {
  const play = await setUp(stage, kind, createDice(seed));
  try {
    return await Promise.race([playIt(play), hang()]);
  } catch (error) {
    if (process.env["SCHEDULE"]) console.log(stateOf(play)); // it is looked into
    const faults = [...play.book.faults, error instanceof Error ? error.message : String(error)];
    return { violations: faults, tally: tallyOf(play) };
  } finally {
    play.isHeld = false;
    play.server.leave();
    for (const { person } of play.editors) {
      person.doc.clientID = person.awareness.clientID; // the provider says goodbye by it
      person.leave();
    }
  }
}

async function playIt(play: Play): Promise<Played> {
  await perform(play);
  await calm(play);
  return { violations: await verdict(play), tally: tallyOf(play) };
}

function stateOf({ editors, server, errands }: Play): string {
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

/** What is waited for without an eye on the clock hangs too. */
const hang = (): Promise<never> =>
  new Promise((_, reject) => setTimeout(() => reject(new Error("it hangs")), 2 * patienceMs).unref());

let played = 0;

async function setUp(stage: Stage, kind: Kind, dice: Dice): Promise<Play> {
  const name = `schedule-${(played += 1)}`;
  const shape = dice.pick<Shape>(["text", "text", "fragment"]);
  const book = createBook(shape);
  const runs = new Set<number>();
  const editors: Editor[] = [];
  for (const who of ["Ada", "Bob"]) {
    const person = await stage.join(kind, name);
    person.doc.clientID = dice.between(2, 2 ** 31); // by the seed, because Yjs orders by it what comes at the same time
    editors.push(createEditor({ name: who, person, shape, dice, book, runs }));
  }
  const server = await stage.copy(kind, name);
  const deadline = Date.now() + patienceMs;
  const lists = { rooms: [], errands: [], open: new Set<Doc>(), ambushes: [] };
  const rest = { ...lists, tally: emptyTally(), deadline, isHeld: false };
  const play: Play = { stage, kind, name, shape, dice, book, editors, runs, server, ...rest };
  stage.look(name, {
    onOpen: (doc) => {
      play.open.add(doc);
      book.watch(doc, () => ambush(play));
      ambush(play);
    },
    onClose: (doc) => void play.open.delete(doc),
    isHeld: () => play.isHeld,
  });
  editors[0]?.found();
  await inStep(play);
  return play;
}

function ambush(play: Play): void {
  for (const strike of play.ambushes.splice(0)) {
    play.tally["at once"] += 1;
    strike();
  }
}

async function until(play: Play, what: string, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    if (Date.now() > play.deadline) throw new Error(`it hangs: ${what}`);
    await breath(2);
  }
}

const breath = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const inStep = (play: Play): Promise<void> =>
  until(play, "not all have the same", () => {
    const [ada, bob] = play.editors.map(({ doc }) => doc);
    return ada !== undefined && bob !== undefined && areEqual(ada, bob) && areEqual(ada, play.server.doc());
  });

const deeds: readonly Deed[] = ["type", "type", "type", "erase", "erase", "undo", "undo", "redo", "format"];

function edit({ dice, editors }: Play): void {
  const hand = dice.pick(editors);
  for (let times = dice.between(1, 3); times > 0; times--) hand.do(dice.pick(deeds));
}

async function perform(play: Play): Promise<void> {
  const { dice } = play;
  let left = dice.between(1, 3);
  for (let round = dice.between(15, 45); round > 0; round--) {
    const speaking = play.errands.filter((errand) => errand.call && !endOf(errand) && !errand.isDoomed);
    const throwOf = dice.next();
    if (left > 0 && (throwOf < 0.12 || play.errands.length === 0)) {
      left -= 1;
      await ask(play);
    } else if (throwOf < 0.4 || speaking.length === 0) edit(play);
    else if (throwOf < 0.85) await speak(play, dice.pick(speaking));
    else if (throwOf < 0.89) demolish(play, dice.pick(play.errands));
    else if (throwOf < 0.93) play.isHeld = !play.isHeld;
    else if (throwOf < 0.97) await inStep(play);
    else await breath(1);
  }
  for (; left > 0; left--) await ask(play);
}

async function ask(play: Play): Promise<void> {
  const { stage, kind, name, shape, dice, editors, rooms, errands } = play;
  const question = `${name} ${errands.length}`;
  const room = `${name}-${errands.length}`;
  const members = [await stage.enter(room, "Ada"), await stage.enter(room, "Bob")];
  rooms.push(members);
  const asker = dice.pick(editors);
  await until(play, "the server lacks what a person wrote", () => hasAllOf(play.server.doc(), asker.doc));
  if (dice.chance(0.3)) play.ambushes.push(() => edit(play)); // while the document is opened
  const errand = begin({ question, server: kind, document: name, shape, dice, members, asker });
  errands.push(errand);
  void stage.call(question).then((call) => (errand.call = call));
  await until(play, `${question} does not start`, () => startOf(errand) !== undefined);
  errand.run = startOf(errand) ?? "";
  play.runs.add(writersOf(errand).run);
  if (errand.fateAt === 0 && errand.fate !== "finish" && dice.chance(0.3)) return strike(play, errand); // before the model is asked
  await until(play, `${question} is not asked`, () => (errand.call ?? endOf(errand)) !== undefined);
}

function startOf(errand: Errand): string | undefined {
  const start = logOf(errand).find(({ type }) => type === "start");
  return start?.type === "start" ? start.run : undefined;
}

/** Says a few words, and lets chance decide what happens while they come. */
async function speak(play: Play, errand: Errand): Promise<void> {
  const { dice, ambushes } = play;
  const { tokens, fate, fateAt, call } = errand;
  const upTo = Math.min(
    tokens.length,
    errand.said + dice.between(1, 4),
    errand.said < fateAt ? fateAt : 1_000,
  );
  const isTime = upTo >= fateAt && (fate !== "finish" || upTo === tokens.length);
  if (dice.chance(0.4)) ambushes.push(() => edit(play));
  if (isTime && dice.chance(0.25)) ambushes.push(() => strike(play, errand));
  if (dice.chance(0.1)) call?.chunk({ text: "", reasoning: "hm " });
  call?.say(...tokens.slice(errand.said, upTo));
  errand.said = upTo;
  const wanted = tokens.slice(0, upTo).join("").length - 1; // half a character waits for the other half
  if (dice.chance(0.5) && !play.isHeld)
    await until(play, "the words do not come", () => hasCome(play, errand, wanted));
  else if (dice.chance(0.5)) await until(play, "the log lacks words", () => isLogged(errand, wanted));
  if (isTime && (fate !== "finish" || dice.chance(0.5))) strike(play, errand);
}

const hasCome = (play: Play, errand: Errand, chars: number): boolean =>
  endOf(errand) !== undefined || play.book.page(writersOf(errand).run).written.length >= chars;

const isLogged = (errand: Errand, chars: number): boolean =>
  endOf(errand) !== undefined || textOf(errand).length >= chars;

/** What is to become of it becomes of it. */
function strike(play: Play, errand: Errand): void {
  if (errand.isDoomed) return;
  errand.isDoomed = true;
  const member = play.dice.pick(errand.members);
  const { run = "" } = errand;
  if (errand.fate === "finish") return finish(errand);
  play.tally.cancels += 1;
  if (errand.fate === "keep") return member.send({ type: "cancel", run });
  errand.undos += 1;
  member.send(errand.fate === "drop" ? { type: "cancel", run, keep: false } : { type: "undo", run });
}

function finish({ call, tokens, said }: Errand): void {
  call?.say(...tokens.slice(said));
  call?.finish();
}

/** Somebody deletes the place of a run. */
function demolish({ dice, editors, shape }: Play, errand: Errand): void {
  const hand = dice.pick(editors);
  const { run } = writersOf(errand);
  if (shape === "fragment" && dice.chance(0.4)) hand.raze(run);
  else hand.wipe(run);
}

/** Everything comes to its end; then some of it is taken back. */
async function calm(play: Play): Promise<void> {
  const { dice, errands, ambushes } = play;
  play.isHeld = false;
  for (const errand of errands) strikeAtEnd(play, errand);
  for (const errand of errands) {
    if (dice.chance(0.5)) edit(play);
    await until(play, `${errand.question} does not end`, () => errand.members.every((one) => hasEnd(one)));
  }
  for (const errand of errands.filter(() => dice.chance(0.45))) {
    for (let times = dice.pick([1, 1, 2]); times > 0; times--) {
      dice.pick(errand.members).send({ type: "undo", run: errand.run ?? "" });
      errand.undos += 1;
    }
    if (dice.chance(0.6)) ambushes.push(() => edit(play));
    if (dice.chance(0.6)) edit(play);
  }
  for (const errand of errands)
    await until(play, `an undo of ${errand.question} is not answered`, () => answers(errand) >= errand.undos);
  await until(play, "the assistant does not leave the document", () => play.open.size === 0);
  for (let times = dice.between(0, 3); times > 0; times--) edit(play);
  await inStep(play);
}

function strikeAtEnd(play: Play, errand: Errand): void {
  if (errand.isDoomed || endOf(errand)) return;
  if (play.dice.chance(0.5)) errand.call?.say(...errand.tokens.slice(errand.said, (errand.said += 3)));
  strike(play, errand);
}

const hasEnd = ({ entries }: Client): boolean => entries.some(({ type }) => type === "end");

/** Of both members: an entry that all see, or an error for who asked. */
const answers = (errand: Errand): number =>
  (isUndone(errand) ? 1 : 0) + errand.members.flatMap(refusals).length;

const refusals = ({ frames }: Client): string[] =>
  frames.flatMap((frame) => (frame.type === "error" ? [frame.code] : []));

async function verdict(play: Play): Promise<string[]> {
  const { stage, kind, name, shape, book, errands, editors, server } = play;
  const reader = await stage.join(kind, name);
  await until(play, "a new reader has something else", () => areEqual(reader.doc, server.doc()));
  const docs = editors.map(({ doc, name }) => [name, doc] as const);
  const copies = new Map([...docs, ["the server", server.doc()], ["a new reader", reader.doc]]);
  const people = new Set(editors.map(({ doc }) => doc.clientID));
  const faults = judge({ shape, book, errands, people, copies });
  reader.leave();
  await until(play, "its caret stays", () => !hasCaret(play)).catch((error: Error) =>
    faults.push(`J6: ${error.message}`),
  );
  const allowed = ["already_undone", "document_place_gone"];
  const bad = errands
    .flatMap(({ members }) => members.flatMap(refusals))
    .filter((code) => !allowed.includes(code));
  return [...faults, ...bad.map((code) => `a command was refused: ${code}`)];
}

/** Somebody still sees who has written or taken back. */
const hasCaret = ({ editors, errands }: Play): boolean =>
  errands
    .flatMap((errand) => Object.values(writersOf(errand)))
    .some((client: number) => editors.some(({ person }) => person.awareness.getStates().has(client)));

function tallyOf({ tally, errands, editors, book }: Play): Tally {
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
