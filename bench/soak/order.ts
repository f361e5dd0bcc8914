// What a question of the soak asks for: it says itself how long the answer is to be, how fast it comes and where it
// breaks off. So the upstream needs no memory, and whoever reads an answer knows what must stand in it.

export type Order = {
  readonly words: number;
  /** Characters of a word, its space included; 8 at least. */
  readonly chars: number;
  /** Words a second; 0 = as fast as they are read. */
  readonly pace: number;
  /** The upstream hangs up after so many words; absent = it finishes. */
  readonly breaksAt?: number;
};

export const spelt = ({ words, chars, pace, breaksAt }: Order): string =>
  `Count: <${words}x${chars}@${pace}${breaksAt === undefined ? "" : `!${breaksAt}`}>`;

const pattern = /<(\d+)x(\d+)@(\d+)(?:!(\d+))?>/g;

/** The last one that is spelt in this text: the prompt has those of earlier questions before it. */
export function orderIn(text: string): Order | undefined {
  const [, words, chars, pace, breaksAt] = [...text.matchAll(pattern)].at(-1) ?? [];
  if (words === undefined) return undefined;
  const order = { words: Number(words), chars: Number(chars), pace: Number(pace) };
  return breaksAt === undefined ? order : { ...order, breaksAt: Number(breaksAt) };
}

/** Words are numbered, so that one which is lost, doubled, or of another answer, is seen. */
export const wordAt = (index: number, { chars }: Order): string =>
  `${String(index)
    .padStart(7, "0")
    .padEnd(chars - 1, "abcdefg ")} `;

/** Whether this is how the answer to that order begins. */
export function isBeginning(text: string, order: Order): boolean {
  for (let at = 0, index = 0; at < text.length; at += order.chars, index++) {
    const word = wordAt(index, order);
    if (!word.startsWith(text.slice(at, at + order.chars)) || index >= order.words) return false;
  }
  return true;
}
