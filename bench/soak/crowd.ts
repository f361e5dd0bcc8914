// Everybody who talks to the server. Each goes from one scene to the next, until all are told to leave.
import { setTimeout as wait } from "node:timers/promises";
import { createDice, type Dice } from "../../test/faults/dice.ts";

export type Deed =
  | "joins"
  | "resumes"
  | "leaves"
  | "cuts"
  | "runs"
  | "cancels"
  | "rewinds"
  | "slow readers"
  | "dead peers"
  | "walked away"
  | "bad frames"
  | "histories"
  | "document runs"
  | "editors"
  | "strangers"
  | "conversations"
  | "frames";

export type Crowd = {
  readonly port: number;
  /** A name that nobody had. */
  name(): string;
  count(deed: Deed): void;
  fail(error: unknown): void;
  /** Lets time pass; less of it when everybody is to leave. */
  rest(ms: number): Promise<void>;
};

export type Scene = (crowd: Crowd, dice: Dice) => Promise<void>;

/** What is played, and by how many at the same time. */
export type Cast = readonly (readonly [scene: Scene, players: number])[];

export type Played = {
  /** Rejects with the first fault. */
  readonly failed: Promise<never>;
  /** Each plays his scene to its end, and nobody begins another one. */
  leave(): Promise<void>;
};

export type Tally = Map<Deed, number>;

type Options = { readonly port: number; readonly seed: number; readonly tally: Tally };

let named = 0;

export function play(cast: Cast, { port, seed, tally }: Options): Played {
  const fault = Promise.withResolvers<never>();
  fault.promise.catch(() => {}); // whoever races with it is told
  const over = new AbortController();
  const crowd: Crowd = {
    port,
    name: () => `soak-${seed}-${++named}`,
    count: (deed) => void tally.set(deed, (tally.get(deed) ?? 0) + 1),
    fail: fault.reject,
    rest: (ms) => wait(ms, undefined, { signal: over.signal }).catch(() => {}),
  };
  const perform = async (scene: Scene, dice: Dice): Promise<void> => {
    while (!over.signal.aborted) {
      await scene(crowd, dice);
      await crowd.rest(dice.between(50, 500));
    }
  };
  const players = cast.flatMap(([scene, count]) => Array.from({ length: count }, () => scene));
  const performed = players.map((scene, index) =>
    perform(scene, createDice(seed * 1_000 + index)).catch(fault.reject),
  );
  return {
    failed: fault.promise,
    leave: async () => {
      over.abort();
      await Promise.race([Promise.all(performed), fault.promise]);
    },
  };
}
