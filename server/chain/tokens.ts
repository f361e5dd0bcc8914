// How many tokens a text is: exactly where a bound is kept by it, roughly where providers did not say.
import { crc32 } from "node:zlib";
import type { ChatMessage } from "../models/model.ts";

/** About four bytes of UTF-8 to a token: right for English within a fifth, on the safe side for most others. */
export const estimateTokens = (bytes: number): number => Math.ceil(bytes / 4);

/** What a message costs besides its text: its role, and the marks around it. */
const perMessage = 4;

/** The estimate for what a model is shown. */
export const estimatePrompt = (messages: readonly ChatMessage[]): number =>
  messages.reduce((sum, { content }) => sum + estimateTokens(Buffer.byteLength(content)) + perMessage, 0);

/** Tokens of a text, counted no further than a bit over `enough`. */
export type TokenCounter = (text: string, enough?: number) => number;

/** Long runs without a space cost a tokenizer the square of their length, so it is shown no more than this at once. */
const sliceChars = 512;

let opening: Promise<TokenCounter> | undefined;

/**
 * Counts as OpenAI's present models do (o200k_base); other providers' counts are close. Its table is loaded when it is
 * first needed: 30 MB, a tenth of a second.
 */
export const openTokenCounter = (): Promise<TokenCounter> => (opening ??= loadTokenCounter());

/** Each question of a conversation counts what was said before it once more. So many texts are remembered. */
const knownTexts = 32_768;

async function loadTokenCounter(): Promise<TokenCounter> {
  const { countTokens } = await import("gpt-tokenizer/encoding/o200k_base");
  const plain = { disallowedSpecial: new Set<string>() }; // what looks like a control token is only text here
  const known = createKnown();
  return (text, enough = Infinity) => {
    const place = known.placeOf(text);
    let tokens = known.at(place);
    if (tokens > 0) return tokens;
    let start = 0;
    for (; start < text.length && tokens <= enough; start += sliceChars)
      tokens += countTokens(text.slice(start, start + sliceChars), plain);
    if (start >= text.length) known.remember(place, tokens);
    return tokens;
  };
}

/**
 * Counts by their texts' checksums and lengths, each in the one place that there is for it: a table that is never cleared
 * and never grows. Two texts that are taken for one make a prompt too long or too short, and that is all: it happens one
 * time in four thousand million, or to somebody who wants it to.
 */
function createKnown() {
  const table = new Uint32Array(3 * knownTexts);
  const placeOf = (text: string) => {
    const checksum = crc32(text);
    return { index: 3 * ((checksum ^ text.length) & (knownTexts - 1)), checksum, length: text.length };
  };
  type Place = ReturnType<typeof placeOf>;
  return {
    placeOf,
    at: ({ index, checksum, length }: Place): number =>
      table[index] === checksum && table[index + 1] === length ? (table[index + 2] ?? 0) : 0,
    remember: ({ index, checksum, length }: Place, tokens: number): void =>
      table.set([checksum, length, tokens], index),
  };
}

/**
 * Says of one message after the other whether it still fits. While even a token for each byte would fit, nothing is
 * counted, and the table is not loaded.
 */
export function createTokenBudget(limit: number): (message: ChatMessage) => Promise<boolean> {
  const uncounted: string[] = [];
  let most = 0;
  let counted = 0;
  if (limit <= 0) return () => Promise.resolve(false);
  return async ({ content }) => {
    uncounted.push(content);
    most += Buffer.byteLength(content) + perMessage;
    if (most <= limit) return true;
    const count = await openTokenCounter();
    for (const text of uncounted.splice(0)) counted += count(text, limit - counted) + perMessage;
    return counted <= limit;
  };
}
