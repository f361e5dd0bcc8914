// What is said about a shared document: its answer is written there, or here.
import { createContext } from "react";
import type { SaidMessage } from "../index.ts";

/** The answer goes into the document. What only reads there is answered here. */
export const isForDocument = ({ target }: SaidMessage): boolean =>
  target !== undefined && target.mode !== "read";

/** Whether the document stands beside the talk: then its words need not be shown twice. */
export const BesideContext = createContext(false);

export const wordsIn = (text: string): string => {
  const count = text.match(/\S+/g)?.length ?? 0;
  return count === 1 ? "one word" : `${count} words`;
};
