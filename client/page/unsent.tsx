// What has been said here and is not with the server yet.
import type { TalkInReact } from "../react.ts";

export function Unsent({ talk }: { talk: TalkInReact }) {
  const { unsent, connection } = talk.state;
  if (unsent.length === 0) return null;
  return (
    <ul id="unsent" aria-label="Not sent yet">
      {unsent.map(({ id, text }) => (
        <li key={id} className="message mine">
          <p className="text">{text}</p>
          <p className="outcome">
            {connection.name === "open" ? "Sending…" : "Not sent yet."}{" "}
            <button type="button" onClick={() => talk.cancel({ message: id })}>
              Take back
            </button>
          </p>
        </li>
      ))}
    </ul>
  );
}
