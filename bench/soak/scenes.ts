// What goes on in conversations: talks of one person, rooms of several, slow readers, and peers that die without a word.
import type { Dice } from "../../test/faults/dice.ts";
import type { Crowd, Scene } from "./crowd.ts";
import { Reader } from "./reader.ts";
import { Violation } from "./rules.ts";
import { anyOrder, turns } from "./turns.ts";

/** [P3] Readers who are at the same position have the same transcript. */
export async function agree(readers: readonly Reader[]): Promise<void> {
  const head = Math.max(...readers.map(({ known }) => known.offset));
  await Promise.all(readers.map((reader) => reader.reach(head)));
  const folded = new Set(readers.map(({ known }) => JSON.stringify(known)));
  if (folded.size > 1) throw new Violation(`P3: several transcripts in ${readers[0]?.room} at ${head}`);
}

/** One person in a conversation of his own. Some go away in the middle of an answer, and look at it later or never. */
export const privateTalk: Scene = async (crowd, dice) => {
  const reader = new Reader(crowd);
  await reader.join();
  crowd.count("conversations");
  for (let left = dice.between(2, 6); left > 0; left--) await dice.pick(turns)(reader, dice, crowd);
  if (dice.chance(0.3)) await walkAway(reader, dice, crowd);
  await reader.leave();
};

async function walkAway(reader: Reader, dice: Dice, crowd: Crowd): Promise<void> {
  const message = reader.say(anyOrder(dice));
  await reader.words(message, dice.between(1, 200));
  await reader.leave();
  crowd.count("walked away");
  if (dice.chance(0.5)) return;
  await crowd.rest(dice.between(0, 8_000)); // the answer goes on meanwhile, or has ended, and nobody has the room in memory
  await reader.join();
  await reader.ended(message);
}

/** Several people: one asks, any may stop it, one is cut off or goes and another one comes. */
export const room: Scene = async (crowd, dice) => {
  const name = crowd.name();
  const members = Array.from({ length: dice.between(3, 5) }, () => new Reader(crowd, name));
  await Promise.all(members.map((member) => member.join()));
  crowd.count("conversations");
  for (let left = dice.between(3, 6); left > 0; left--) await round(members, dice, crowd);
  for (const member of members) await (dice.chance(0.2) ? member.cut() : member.leave());
};

async function round(members: Reader[], dice: Dice, crowd: Crowd): Promise<void> {
  const [asker, other] = [dice.pick(members), dice.pick(members)];
  asker.send({ type: "typing", typing: true });
  const message = asker.say(anyOrder(dice));
  await other.until(() => other.rules.open.size > 0 || other.rules.endsOf(message) > 0);
  await other.words(message, dice.between(1, 400));
  const happening = dice.pick([nothing, stopped, disconnected, replaced, replaced]);
  await happening(members, dice, crowd);
  for (const member of members) await member.ended(message);
  await agree(members);
}

type Happening = (members: Reader[], dice: Dice, crowd: Crowd) => Promise<void>;

const nothing: Happening = async () => {};

const stopped: Happening = (members, dice, crowd) => {
  dice.pick(members).send({ type: "cancel" });
  crowd.count("cancels");
  return Promise.resolve();
};

const disconnected: Happening = async (members, dice, crowd) => {
  const member = dice.pick(members);
  member.cut();
  await crowd.rest(dice.between(0, 3_000));
  await member.join();
};

const replaced: Happening = async (members, dice) => {
  const index = dice.between(0, members.length - 1);
  const gone = members[index] as Reader;
  await gone.leave();
  const newcomer = gone.stranger();
  members[index] = newcomer;
  await newcomer.join();
};

/** More than the system keeps for a socket, so that the server itself has to wait for the reader. */
const flood = { words: 4_000, chars: 2_048, pace: 0 };

/** Somebody who stops reading while an answer pours in. */
export const slowReader: Scene = async (crowd, dice) => {
  const name = crowd.name();
  const [healthy, slow] = [new Reader(crowd, name), new Reader(crowd, name)];
  await Promise.all([healthy.join(), slow.join()]);
  crowd.count("conversations");
  const message = healthy.say(flood);
  await slow.words(message, flood.chars);
  slow.pause();
  crowd.count("slow readers");
  await Promise.all([healthy.ended(message), crowd.rest(dice.between(1_000, 4_000))]);
  if (dice.chance(0.3)) {
    slow.cut();
    await slow.join();
  } else slow.resume();
  await slow.ended(message);
  await agree([healthy, slow]);
  await Promise.all([healthy.leave(), slow.leave()]);
  await crowd.rest(dice.between(8_000, 16_000));
};

/** Longer than a server waits for a sign of life: 25 s and 10 s, each found by a sweep of every 2 s. Milliseconds. */
const deadMs = 45_000;

/** A peer whose network is gone, so that it does not even answer a ping; the server has to find out by itself. */
export const deadPeer: Scene = async (crowd, dice) => {
  const reader = new Reader(crowd, crowd.name());
  await reader.join();
  crowd.count("conversations");
  await reader.ended(reader.say(anyOrder(dice)));
  reader.pause();
  const begun = performance.now();
  await crowd.rest(deadMs);
  reader.resume();
  if (performance.now() - begun >= deadMs) {
    await reader.until(() => reader.isClosed);
    crowd.count("dead peers");
    await reader.join();
  }
  await reader.leave();
};
