// Turns on one memory: one after the other, in the order in which they were asked for.

const last = new WeakMap<object, Promise<void>>();

export type Turn = {
  /** Resolves when it is this turn's time. */
  readonly begins: Promise<void>;
  /** Lets the next one begin. */
  end(): void;
};

export function takeTurn(of: object): Turn {
  const begins = last.get(of) ?? Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  last.set(
    of,
    begins.then(() => promise),
  );
  return { begins, end: resolve };
}
