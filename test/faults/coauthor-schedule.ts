// One schedule: what people, the assistant and its model do in one document, by chance, and what the judge says of it. The steps
// come from the seed; where a step falls on the page is as the network has it.
import type { Client } from "../support/client.ts";
import { createDice } from "./dice.ts";
import { begin, endOf, isUndone, logOf, textOf, writersOf, type Errand } from "./coauthor-errand.ts";
import { breath, edit, inStep, patienceMs, setUp, tearDown, until, type Play } from "./coauthor-play.ts";
import type { Kind, Stage } from "./coauthor-stage.ts";
import { stateOf, tallyOf, type Tally } from "./coauthor-tally.ts";
import { hasAllOf } from "./coauthor-text.ts";
import { refusals, verdict } from "./coauthor-verdict.ts";

export type Played = { readonly violations: string[]; readonly tally: Tally };

export async function playSchedule(stage: Stage, kind: Kind, seed: number): Promise<Played> {
  const play = await setUp(stage, kind, createDice(seed));
  try {
    return await Promise.race([playIt(play), hang()]);
  } catch (error) {
    if (process.env["SCHEDULE"]) console.log(stateOf(play)); // it is looked into
    const faults = [...play.book.faults, error instanceof Error ? error.message : String(error)];
    return { violations: faults, tally: tallyOf(play) };
  } finally {
    tearDown(play);
  }
}

async function playIt(play: Play): Promise<Played> {
  await inStep(play);
  await perform(play);
  await calm(play);
  return { violations: await verdict(play), tally: tallyOf(play) };
}

/** What is waited for without an eye on the clock hangs too. */
const hang = (): Promise<never> =>
  new Promise((_, reject) => setTimeout(() => reject(new Error("it hangs")), 2 * patienceMs).unref());

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
