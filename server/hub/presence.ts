// Who is here: the members of a conversation, each once however many connections it has.
import type { Member } from "../../shared/protocol.ts";

/**
 * How long news of who is here is gathered: every news is a list of all, sent to all, so a crowd at the door must not
 * shout. 50 ms among few, two seconds among a thousand.
 */
const gatherMs = (members: number): number => 50 + members ** 2 / 500;

export interface Presence {
  readonly members: Member[];
  /** Adds a connection of a member. Returns the way to take it away again. */
  enter(member: Member): () => void;
  close(): void;
}

export function createPresence(announce: (members: Member[]) => void): Presence {
  const here = new Map<string, Member[]>();
  let timer: NodeJS.Timeout | undefined;

  /** A member is shown by the name of its newest connection. */
  const members = (): Member[] => [...here.values()].map((connections) => connections.at(-1) as Member);

  function changed(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      announce(members());
    }, gatherMs(here.size));
  }

  function leave(member: Member): void {
    const left = here.get(member.id)?.filter((one) => one !== member) ?? [];
    if (left.length > 0) here.set(member.id, left);
    else here.delete(member.id);
    changed();
  }

  return {
    get members() {
      return members();
    },
    enter(member) {
      here.set(member.id, [...(here.get(member.id) ?? []), member]);
      changed();
      return () => leave(member);
    },
    close: () => clearTimeout(timer),
  };
}
