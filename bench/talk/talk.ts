// How a client of the load talks to a server: one way for each kind of server, and each as light as it can be.

/** What a client hears. */
export type Ear = {
  words(text: string): void;
  /** The answer is over. */
  end(): void;
};

export type Talker = {
  say(text: string): void;
  /** Stops the answer that is under way. */
  cancel(): void;
  close(): void;
};

/** Opens a client. Without a room it is alone. */
export type Talk = (address: string, ear: Ear, room?: string) => Promise<Talker>;
