// Where one writes: the text, as whom, and for whom.
import { useState } from "react";
import type { TalkInReact } from "../react.ts";
import { Name } from "./name.tsx";
import { Writing } from "./writing.tsx";

type Props = {
  talk: TalkInReact;
  name: string;
  onName: (name: string) => void;
  onEdit: (message: string) => void;
};

export function Composer({ talk, name, onName, onEdit }: Props) {
  const [isForPeople, setForPeople] = useState(false);
  const { refusal, typing, me } = talk.state;
  return (
    <footer className="composer">
      <p className="typing">{inWords(typing.map((member) => member.name))}</p>
      {refusal && (
        <p className="trouble" role="alert">
          {refusal.message}
        </p>
      )}
      <Writing talk={talk} isForPeople={isForPeople} onEdit={onEdit} />
      <div className="manner">
        <Name name={name} given={me?.name} onName={onName} />
        <label>
          <input
            type="checkbox"
            checked={isForPeople}
            onChange={(event) => setForPeople(event.target.checked)}
          />{" "}
          Only for the people
        </label>
        <span id="keys">Enter sends, Shift+Enter a new line, Esc stops, ↑ edits</span>
      </div>
    </footer>
  );
}

function inWords(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined) return "";
  if (second === undefined) return `${first} is typing…`;
  return names.length === 2 ? `${first} and ${second} are typing…` : "Several people are typing…";
}
