// Where one writes: the text, as whom, and whether an answer is wanted.
import { useState, type RefObject } from "react";
import type { SaidMessage } from "../index.ts";
import type { TalkInReact } from "../react.ts";
import { Name } from "./name.tsx";
import { Refused } from "./refused.tsx";
import { Writing, type Desk } from "./writing.tsx";

type Props = {
  talk: TalkInReact;
  queue: readonly string[];
  name: string;
  onName: (name: string) => void;
  onEdit: (message: SaidMessage) => void;
  desk: RefObject<Desk | null>;
};

export function Composer({ talk, name, onName, ...writing }: Props) {
  const [isUnanswered, setUnanswered] = useState(false);
  const { typing, me } = talk.state;
  return (
    <footer className="composer">
      <p className="typing">{inWords(typing.map((member) => member.name))}</p>
      <Refused talk={talk} />
      <Writing talk={talk} isUnanswered={isUnanswered} {...writing} />
      <div className="manner">
        <Name name={name} given={me?.name} onName={onName} />
        <label title="The assistant reads it, but only answers the next question">
          <input
            type="checkbox"
            checked={isUnanswered}
            onChange={(event) => setUnanswered(event.target.checked)}
          />{" "}
          No answer
        </label>
        <span id="keys">Enter sends · Shift+Enter new line · Esc stops · ↑ edits</span>
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
