// How many tokens a text is, roughly: providers differ, and a bound needs no more.
import type { ChatMessage } from "../models/model.ts";

/** About four bytes of UTF-8 to a token: right for English within a fifth, on the safe side for most others. */
export const estimateTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);

/** The same for what a model is shown; each message costs a few tokens around its text. */
export const estimatePrompt = (messages: readonly ChatMessage[]): number =>
  messages.reduce((sum, { content }) => sum + estimateTokens(content) + 4, 0);
