// What a schedule plays with: two people with editors, a document, the rooms of the runs, and the gates that it waits at.
import type { Doc } from "yjs";
import type { Client } from "../support/client.ts";
import { createBook, type Book } from "./coauthor-book.ts";
import type { Dice } from "./dice.ts";
import { createEditor, type Deed, type Editor } from "./coauthor-editor.ts";
import type { Errand } from "./coauthor-errand.ts";
import type { Kind, Stage } from "./coauthor-stage.ts";
import { emptyTally, type Tally } from "./coauthor-tally.ts";
import { areEqual, type Shape } from "./coauthor-text.ts";

/** A schedule that takes longer hangs. Milliseconds. */
export const patienceMs = 20_000;

/** Everything that a schedule plays with. */
export type Play = {
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

let played = 0;

/** Two people have a document open, and it says something. */
export async function setUp(stage: Stage, kind: Kind, dice: Dice): Promise<Play> {
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
  return play;
}

function ambush(play: Play): void {
  for (const strike of play.ambushes.splice(0)) {
    play.tally["at once"] += 1;
    strike();
  }
}

export async function until(play: Play, what: string, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    if (Date.now() > play.deadline) throw new Error(`it hangs: ${what}`);
    await breath(2);
  }
}

export const breath = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const inStep = (play: Play): Promise<void> =>
  until(play, "not all have the same", () => {
    const [ada, bob] = play.editors.map(({ doc }) => doc);
    return ada !== undefined && bob !== undefined && areEqual(ada, bob) && areEqual(ada, play.server.doc());
  });

const deeds: readonly Deed[] = ["type", "type", "type", "erase", "erase", "undo", "undo", "redo", "format"];

/** Somebody does something. */
export function edit({ dice, editors }: Play): void {
  const hand = dice.pick(editors);
  for (let times = dice.between(1, 3); times > 0; times--) hand.do(dice.pick(deeds));
}

/** All leave. */
export function tearDown(play: Play): void {
  play.isHeld = false;
  play.server.leave();
  for (const { socket } of play.rooms.flat()) socket.terminate();
  for (const { person } of play.editors) {
    person.doc.clientID = person.awareness.clientID; // the provider says goodbye by it
    person.leave();
  }
}
