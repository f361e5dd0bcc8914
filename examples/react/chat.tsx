// A chat: who is here, what was said and by whom, an answer as it grows, and a way to stop it.
import { memo, useState, type SyntheticEvent } from "react";
import type { ConnectionState, Item } from "parlor/client";
import { useTalk, type TalkInReact } from "parlor/react";

export function Chat({ room }: { room: string }) {
  const talk = useTalk({ room });
  const { transcript, state } = talk;
  return (
    <>
      <Header talk={talk} room={room} />
      <main>
        <ol>
          {transcript.items.map((item) => (
            <Line key={item.type === "answer" ? item.run : item.id} item={item} />
          ))}
          {state.unsent.map(({ id, text }) => (
            <li key={id} className="unsent">
              <b>not sent yet</b>
              <p>{text}</p>
            </li>
          ))}
        </ol>
      </main>
      {state.refusal && <p role="alert">{state.refusal.message}</p>}
      <Composer talk={talk} />
    </>
  );
}

function Header({ talk, room }: { talk: TalkInReact; room: string }) {
  const { connection, members, me, typing } = talk.state;
  const isAway = connection.name === "waiting" || connection.name === "closed";
  return (
    <header>
      <h1>{room}</h1>
      <p className="members">{members.map(({ name }) => name).join(", ")}</p>
      <input
        key={me?.name}
        defaultValue={me?.name}
        aria-label="Your name"
        onBlur={({ target }) => target.value && target.value !== me?.name && talk.rename(target.value)}
      />
      <p role="status">
        {inWords(connection)} {isAway && <button onClick={talk.reconnect}>Try now</button>}
      </p>
      <p className="typing">{typing.map(({ name }) => `${name} is typing… `)}</p>
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
      return connection.hasOpened ? "Connection lost, trying again…" : "No connection, trying again…";
    case "closed":
      return `The server closed it (${connection.code}).`;
  }
}

/** An item that has not changed is the same value as before: only the answer that grows is drawn anew. */
const Line = memo(function Line({ item }: { item: Item }) {
  if (item.type === "message")
    return (
      <li>
        <b>{item.author.name}</b>
        <p>{item.text}</p>
      </li>
    );
  const isThinking = item.reasoning !== "" && item.text === "";
  return (
    <li className="answer" aria-busy={!item.reason}>
      <b>{item.model}</b>
      <p>{isThinking ? "thinking…" : item.text}</p>
      {item.reason && item.reason !== "stop" && (
        <small>
          {item.error?.message ?? (item.reason === "cancelled" ? "stopped" : item.reason)}
          {item.by && ` by ${item.by.name}`}
        </small>
      )}
    </li>
  );
});

function Composer({ talk }: { talk: TalkInReact }) {
  const [text, setText] = useState("");
  const isBusy = talk.transcript.items.some((item) => item.type === "answer" && !item.reason);
  const send = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!text.trim()) return;
    talk.say(text);
    setText("");
  };
  return (
    <form onSubmit={send}>
      <input
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          talk.typing(target.value !== "");
        }}
        aria-label="Your message"
        placeholder="Say something"
        autoComplete="off"
        autoFocus
      />
      <button>Send</button>
      <button type="button" disabled={!isBusy} onClick={() => talk.cancel()}>
        Stop
      </button>
    </form>
  );
}
