// What a scenario of the comparison is: a load, on a stage of its own, and the numbers that come of it.
import type { ContestantName } from "../contestants.ts";
import type { Talk } from "../talk/talk.ts";
import type { Stage, StageOptions } from "../stage.ts";

/** A number with its meaning; `NaN` where it does not apply. */
export type Figures = Readonly<Record<string, number>>;

export type Round = {
  readonly stage: Stage;
  readonly talk: Talk;
  /** The short form, for a first look. */
  readonly isQuick: boolean;
};

export type Scenario = {
  readonly title: string;
  /** The names of its figures, with what they are of. */
  readonly figures: Readonly<Record<string, string>>;
  readonly contestants: readonly ContestantName[];
  /** Arguments of the upstream. */
  readonly words: readonly (number | string)[];
  readonly server?: Pick<StageOptions, "settings" | "flags">;
  /** Fills the server's folder before it starts. */
  readonly prepare?: (folder: string) => Promise<void>;
  readonly play: (round: Round) => Promise<Figures>;
};

export const everyone: readonly ContestantName[] = [
  "bare",
  "socket.io",
  "ai-sdk",
  "langchain",
  "langgraph",
  "memory",
  "sqlite",
];
export const sockets: readonly ContestantName[] = ["bare", "socket.io", "memory", "sqlite"];
export const ours: readonly ContestantName[] = ["memory", "sqlite"];

/** The machine's monotonic clock, which all its processes share. Milliseconds. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;
