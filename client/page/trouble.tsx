// What is wrong, in words, and what can be done about it.
import { meaningOfClose } from "../../shared/limits.ts";
import type { TalkInReact } from "../react.ts";
import type { ConnectionState } from "../index.ts";

export function Trouble({ talk }: { talk: TalkInReact }) {
  const { connection, isLost } = talk.state;
  const words = troubleWith(connection);
  if (words !== undefined)
    return (
      <p className="trouble" role="alert">
        <span>{words}</span>
        <button type="button" onClick={talk.reconnect}>
          {connection.name === "closed" ? "Connect again" : "Try now"}
        </button>
      </p>
    );
  if (isLost)
    return (
      <p className="trouble" role="alert">
        The server has begun anew: what was said here before is gone.
      </p>
    );
  return null;
}

function troubleWith(connection: ConnectionState): string | undefined {
  switch (connection.name) {
    case "connecting":
    case "open":
      return undefined;
    case "waiting":
      return connection.hasOpened
        ? "Connection lost, trying again… What you write is kept, and sent when it is back."
        : "The server is away, or does not let this page in. Trying again…";
    case "closed":
      return meaningOfClose(connection.code);
  }
}
