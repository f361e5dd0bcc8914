// Who is here, and who is typing.
import type { FrameOf, Member } from "../shared/protocol.ts";

export type People = {
  readonly me: Member | undefined;
  readonly members: readonly Member[];
  /** Others who are typing, and until when that is believed without their saying so again. */
  readonly typists: readonly { readonly member: Member; readonly until: number }[];
  /** When the others were last told that we are typing; 0 = not, or no longer. */
  readonly toldAt: number;
};

export const nobody: People = { me: undefined, members: [], typists: [], toldAt: 0 };

/** They are told again while we type, and forget it when we fall silent without a word. */
const tellAgainMs = 3_000;
const believeMs = 6_000;

export const present = (people: People, members: readonly Member[]): People => ({
  ...people,
  members,
  typists: people.typists.filter(({ member }) => members.some(({ id }) => id === member.id)),
});

export function typed(people: People, { member, typing }: FrameOf<"typing">, now: number): People {
  const others = people.typists.filter((typist) => typist.member.id !== member.id);
  return { ...people, typists: typing ? [...others, { member, until: now + believeMs }] : others };
}

/** Whoever says something has stopped typing. */
export const spoke = (people: People, author: Member): People =>
  people.typists.some(({ member }) => member.id === author.id)
    ? { ...people, typists: people.typists.filter(({ member }) => member.id !== author.id) }
    : people;

export const expired = (people: People, now: number): People =>
  people.typists.some(({ until }) => until <= now)
    ? { ...people, typists: people.typists.filter(({ until }) => until > now) }
    : people;

/** Without a connection nobody is believed any more. */
export const unheard = (people: People): People =>
  people.typists.length > 0 ? { ...people, typists: [] } : people;

/** Whether the others have to be told. */
export const isNews = ({ toldAt }: People, typing: boolean, now: number): boolean =>
  typing ? now - toldAt >= tellAgainMs : toldAt > 0;
