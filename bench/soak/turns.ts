// What one person does in one turn of a talk, from the question to the end of its answer.
import type { Dice } from "../../test/faults/dice.ts";
import type { Crowd } from "./crowd.ts";
import { spelt, type Order } from "./order.ts";
import type { Reader } from "./reader.ts";
import { checkHistory } from "./rules.ts";

export type Turn = (reader: Reader, dice: Dice, crowd: Crowd) => Promise<void>;

export const anyOrder = (dice: Dice): Order => ({
  words: dice.between(10, 150),
  chars: dice.between(8, 20),
  pace: dice.pick([25, 50, 100]),
});

/** Not long after the first words. */
const someChars = (dice: Dice): number => dice.between(1, 600);

const whole: Turn = async (reader, dice) => reader.ended(reader.say(anyOrder(dice)));

const cancelled: Turn = async (reader, dice, crowd) => {
  const message = reader.say(anyOrder(dice));
  if (dice.chance(0.8)) await reader.words(message, someChars(dice));
  reader.send({ type: "cancel" });
  crowd.count("cancels");
  await reader.ended(message);
};

const cut: Turn = async (reader, dice, crowd) => {
  const message = reader.say(anyOrder(dice));
  await reader.words(message, someChars(dice));
  reader.cut();
  await crowd.rest(dice.between(0, 2_000));
  await reader.join();
  await reader.ended(message);
};

const queued: Turn = async (reader, dice, crowd) => {
  const messages = [1, 2, 3].map(() => reader.say(anyOrder(dice)));
  reader.send({ type: "cancel", message: dice.pick(messages) });
  crowd.count("cancels");
  for (const message of messages) await reader.ended(message);
};

const interrupted: Turn = async (reader, dice, crowd) => {
  const first = reader.say(anyOrder(dice));
  await reader.words(first, someChars(dice));
  const second = reader.say(anyOrder(dice), { whenBusy: "interrupt" });
  crowd.count("cancels");
  await reader.ended(first);
  await reader.ended(second);
};

const broken: Turn = async (reader, dice) => {
  const order = anyOrder(dice);
  await reader.ended(reader.say({ ...order, breaksAt: dice.between(1, order.words) }));
};

/** Waits for one more end than there is now. */
const oneMore = (reader: Reader): Promise<void> => {
  const { ends } = reader.rules;
  return reader.until(() => reader.rules.ends > ends);
};

const regenerated: Turn = async (reader, dice, crowd) => {
  await whole(reader, dice, crowd);
  reader.send({ type: "regenerate" });
  crowd.count("rewinds");
  await oneMore(reader);
};

const edited: Turn = async (reader, dice, crowd) => {
  const message = reader.say(anyOrder(dice));
  await reader.ended(message);
  reader.send({ type: "edit", message, text: spelt(anyOrder(dice)) });
  crowd.count("rewinds");
  await oneMore(reader);
};

const forgotten: Turn = async (reader, _, crowd) => {
  reader.send({ type: "forget" });
  crowd.count("rewinds");
  await reader.until(() => reader.known.items.length === 0);
};

const wrong: Turn = async (reader, dice, crowd) => {
  const frames = ["{", "[]", '{"type":"sing"}', '{"type":"say","text":" "}', '{"type":"cancel","all":true}'];
  await reader.ask(dice.pick(frames), "error");
  crowd.count("bad frames");
};

const paged: Turn = async (reader, dice, crowd) => {
  const before = dice.between(0, reader.known.offset);
  const command = { type: "history", before, limit: dice.between(1, 100) };
  checkHistory(await reader.ask(JSON.stringify(command), "history"));
  crowd.count("histories");
};

const pinged: Turn = async (reader) => {
  reader.send({ type: "typing", typing: true });
  reader.send({ type: "typing", typing: false });
  await reader.ask('{"type":"ping"}', "pong");
};

/** As often as they stand here. */
export const turns: readonly Turn[] = [
  ...[whole, whole, whole, cancelled, cancelled, cancelled, cut, cut, cut],
  ...[queued, interrupted, broken, regenerated, edited, forgotten, wrong, paged, paged, pinged],
];
