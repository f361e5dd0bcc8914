// The head of the page: where one is, who else is here, and whether there is a connection.
import { useState } from "react";
import type { TalkInReact } from "../react.ts";
import type { ConnectionState, Member } from "../index.ts";
import { copy } from "./clipboard.ts";
import { Face } from "./face.tsx";

type Props = { talk: TalkInReact; isAboutOpen: boolean; onAbout: () => void };

export function Header({ talk, isAboutOpen, onAbout }: Props) {
  const { connection, members, me } = talk.state;
  return (
    <header>
      <h1>Parlor</h1>
      <p role="status" className={`connection ${connection.name}`}>
        <span>{inWords(connection)}</span>
      </p>
      <Members members={members} me={me?.id} />
      <Invite />
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

function Members({ members, me }: { members: readonly Member[]; me: string | undefined }) {
  return (
    <ul id="members" aria-label="Who is here">
      {members.map((member) => (
        <li key={member.id} title={member.id === me ? `${member.name} (you)` : member.name}>
          <Face member={member} />
          <span className="name">{member.name}</span>
        </li>
      ))}
    </ul>
  );
}

function Invite() {
  const [isCopied, setCopied] = useState(false);
  const invite = (): void => setCopied(copy(location.href));
  return (
    <button type="button" className="primary" onClick={invite} onBlur={() => setCopied(false)}>
      {isCopied ? "Link copied" : "Invite"}
    </button>
  );
}
