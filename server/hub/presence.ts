// Who is here: the members of a conversation, each once however many connections it has.
import type { Member } from "../../shared/protocol.ts";

/**
 * How long news of who is here is gathered: every news is a list of all, sent to all, so a crowd at the door must not
 * shout. 50 ms among few, two seconds among a thousand.
 */
const gatherMs = (members: number): number => 50 + members ** 2 / 500;

/** Those who are here, and are told of it. */
export interface Audience {
  readonly members: Member[];
  presence(members: Member[]): void;
}

export class Presence {
  readonly #audience: Audience;
  #timer: NodeJS.Timeout | undefined;

  constructor(audience: Audience) {
    this.#audience = audience;
  }

  /** Somebody came or went. */
  changed(): void {
    this.#timer ??= setTimeout(() => this.#tell(), gatherMs(this.#audience.members.length));
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #tell(): void {
    this.#timer = undefined;
    this.#audience.presence(this.#audience.members);
  }
}
