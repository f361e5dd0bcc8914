// The head of the page: where one is, who else is here, and whether there is a connection.
import type { ReactNode } from "react";
import type { TalkInReact } from "../react.ts";
import type { ConnectionState, Member } from "../index.ts";
import { Face } from "./face.tsx";
import { Invite } from "./invite.tsx";

type Props = {
  talk: TalkInReact;
  /** A link to where else this conversation is. */
  elsewhere: ReactNode;
  isAboutOpen: boolean;
  onAbout: () => void;
};

export function Header({ talk, elsewhere, isAboutOpen, onAbout }: Props) {
  const { connection, conversation, members, me } = talk.state;
  return (
    <header>
      <h1>Parlor</h1>
      <p role="status" className={`connection ${connection.name}`}>
        <span>{inWords(connection)}</span>
      </p>
      <Members members={members} me={me?.id} />
      {elsewhere}
      <Invite isKnown={conversation !== undefined} />
      <button type="button" aria-expanded={isAboutOpen} aria-controls="about" onClick={onAbout}>
        About
      </button>
    </header>
  );
}

function inWords(connection: ConnectionState): string {
  switch (connection.name) {
    case "connecting":
      return "Connecting…";
    case "open":
      return "Connected";
    case "waiting":
      return connection.hasOpened ? "Connection lost" : "No connection";
    case "closed":
      return "Disconnected";
  }
}

/** There is no room for more, and all of them are in the drawer. */
const mostMembers = { wide: 5, narrow: 3 };

function Members({ members, me }: { members: readonly Member[]; me: string | undefined }) {
  return (
    <ul id="members" aria-label="Who is here">
      {members.slice(0, mostMembers.wide).map((member) => (
        <li key={member.id} title={member.id === me ? `${member.name} (you)` : member.name}>
          <Face member={member} />
          <span className="name">{member.name}</span>
        </li>
      ))}
      {(["wide", "narrow"] as const).map((width) => (
        <More key={width} members={members.slice(mostMembers[width])} width={width} />
      ))}
    </ul>
  );
}

function More({ members, width }: { members: readonly Member[]; width: string }) {
  if (members.length === 0) return null;
  return (
    <li className={`more ${width}`} title={members.map(({ name }) => name).join(", ")}>
      +{members.length}
    </li>
  );
}
