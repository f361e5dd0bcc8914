// The drawer at the side: how fast it is, where one is, how it looks.
import { useContext, useState, type ReactNode, type SubmitEvent } from "react";
import { isRoom } from "../address.ts";
import type { TalkInReact } from "../react.ts";
import { Face } from "./face.tsx";
import { useBorrowedFocus } from "./focus.ts";
import { NoName } from "./no-room.tsx";
import { BesideContext } from "./passage.ts";
import type { Pace } from "./pace.ts";
import { useTheme } from "./theme.ts";

type Props = {
  talk: TalkInReact;
  pace: Pace | undefined;
  /** A link to where else this conversation is. */
  elsewhere: ReactNode;
  onClose: () => void;
};

export function About({ talk, pace, elsewhere, onClose }: Props) {
  const heading = useBorrowedFocus<HTMLHeadingElement>();
  return (
    <aside
      id="about"
      aria-labelledby="about-heading"
      onKeyDown={(event) => (event.key === "Escape" ? (event.preventDefault(), onClose()) : undefined)}
    >
      <div className="head">
        <h2 id="about-heading" ref={heading} tabIndex={-1}>
          About
        </h2>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
      <Speed talk={talk} pace={pace} />
      <Place talk={talk} elsewhere={elsewhere} />
      <People talk={talk} />
      <Rooms />
      <Theme />
      <Forget talk={talk} />
    </aside>
  );
}

function Speed({ talk, pace }: { talk: TalkInReact; pace: Pace | undefined }) {
  const about = pace?.isEstimated ? "about " : "";
  return (
    <section>
      <h3>Speed</h3>
      <dl>
        <Fact
          name="Tokens per second"
          value={pace?.tokensPerSecond && about + shortened(pace.tokensPerSecond)}
        />
        <Fact name="Tokens of the answer" value={pace && about + String(pace.tokens)} />
        <Fact name="Time to the first word" value={inMs(pace?.firstTokenMs)} />
        <Fact name="Round trip" value={inMs(talk.state.roundTripMs)} />
      </dl>
    </section>
  );
}

function Place({ talk, elsewhere }: Pick<Props, "talk" | "elsewhere">) {
  const { model, conversation } = talk.state;
  return (
    <section>
      <h3>This conversation</h3>
      <dl>
        <Fact name="Model" value={model} />
        <Fact name="Name" value={conversation && <code>{conversation}</code>} />
        <Fact name="Position in its log" value={String(talk.transcript.offset)} />
      </dl>
      <p>{elsewhere}</p>
    </section>
  );
}

const Fact = ({ name, value }: { name: string; value: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value ?? "not known yet"}</dd>
  </div>
);

const shortened = (value: number): string => (value < 10 ? value.toFixed(1) : Math.round(value).toString());

const inMs = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : `${Math.round(value)} ms`;

function People({ talk }: { talk: TalkInReact }) {
  const { members, me } = talk.state;
  return (
    <section>
      <h3>Who is here</h3>
      <ul className="people">
        {members.map((member) => (
          <li key={member.id}>
            <Face member={member} /> {member.name}
            {member.id === me?.id && " (you)"}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Rooms() {
  const [room, setRoom] = useState("");
  const go = (event: SubmitEvent): void => {
    event.preventDefault();
    if (isRoom(room)) location.assign(`/#${room}`);
  };
  return (
    <section>
      <h3>Rooms</h3>
      <form onSubmit={go}>
        <label>
          Go to the room{" "}
          <input
            value={room}
            onChange={(event) => setRoom(event.target.value)}
            placeholder="kitchen"
            maxLength={128}
          />
        </label>{" "}
        <button type="submit" disabled={!isRoom(room)}>
          Go
        </button>
      </form>
      {room !== "" && !isRoom(room) && <NoName name={room} />}
      <p>
        <a href="/" target="_blank" rel="noreferrer">
          Open a new conversation (new tab)
        </a>
      </p>
    </section>
  );
}

const looks = { system: "System", light: "Light", dark: "Dark" };

function Theme() {
  const [theme, setTheme] = useTheme();
  return (
    <fieldset>
      <legend>Look</legend>
      {(["system", "light", "dark"] as const).map((one) => (
        <label key={one}>
          <input type="radio" name="theme" checked={theme === one} onChange={() => setTheme(one)} />{" "}
          {looks[one]}
        </label>
      ))}
    </fieldset>
  );
}

function Forget({ talk }: { talk: TalkInReact }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <section>
      <h3>Forget</h3>
      <button type="button" aria-expanded={isAsking} onClick={() => setAsking(!isAsking)}>
        Forget everything…
      </button>
      {isAsking && <Question onForget={() => setAsking(!talk.forget())} onKeep={() => setAsking(false)} />}
    </section>
  );
}

function Question({ onForget, onKeep }: { onForget: () => void; onKeep: () => void }) {
  const harmless = useBorrowedFocus<HTMLButtonElement>();
  return (
    <p>
      All that was said here leaves the conversation, for everyone.{" "}
      {useContext(BesideContext) && "The document stays; what was written there can no longer be undone. "}
      <button type="button" className="bad" onClick={onForget}>
        Forget for everyone
      </button>{" "}
      <button type="button" ref={harmless} onClick={onKeep}>
        Keep it
      </button>
    </p>
  );
}
