// How a short piece of text is to be read, and how far its reading is.
import type { Token } from "./token.ts";

export type Manner = {
  /** The character before the text, "" when there is none. */
  readonly before: string;
  /** The text still grows: what is unfinished at its end is shown as what it probably becomes. */
  readonly isOpen: boolean;
  /** The text was cut where an address may go on: half an address is no link. */
  readonly isTorn: boolean;
};

/** A bracket that waits for its other half: where it stands in the source, and which token it is. */
export type Bracket = { readonly at: number; readonly index: number; readonly isImage: boolean };

/** A reading under way. */
export type Scan = Manner & {
  readonly text: string;
  at: number;
  readonly tokens: Token[];
  readonly brackets: Bracket[];
  /** From here on more text may change the meaning. */
  limit: number;
  isGuess: boolean;
};
