// The head of the document: whether it is in step, and who is in it.
import type { CSSProperties } from "react";
import type { DocumentState, Link } from "./document.ts";
import type { Peer } from "./peers.ts";

type Props = { state: DocumentState; onReconnect: () => void };

const words: Readonly<Record<Link, string>> = {
  connecting: "Opening the document…",
  open: "Document connected",
  lost: "Document: connection lost. What you write is sent when it is back.",
  away: "The document cannot be reached. Trying again…",
  closed: "The server has closed the document.",
  foreign: "There is something in this document that this page cannot show.",
};

/** As page.css colours them. */
const looks: Readonly<Record<Link, string>> = {
  connecting: "connecting",
  open: "open",
  lost: "waiting",
  away: "waiting",
  closed: "closed",
  foreign: "closed",
};

export function Head({ state: { link, peers }, onReconnect }: Props) {
  return (
    <div className="head">
      <p role="status" className={`connection ${looks[link]}`}>
        <span>{words[link]}</span>
      </p>
      {link === "closed" && (
        <button type="button" onClick={onReconnect}>
          Connect again
        </button>
      )}
      <ul className="peers" aria-label="Who is in the document">
        {peers.map((peer) => (
          <li key={peer.client} title={peer.name}>
            <PeerFace peer={peer} />
            <span className="name">{peer.name}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function PeerFace({ peer: { name, colour, isAssistant } }: { peer: Peer }) {
  const [letter = "?"] = [...name.replace(/^Guest (?=\S)/, "")];
  return (
    <span className="face peer" style={{ "--colour": colour } as CSSProperties} aria-hidden="true">
      {isAssistant ? "✦" : letter.toUpperCase()}
    </span>
  );
}
