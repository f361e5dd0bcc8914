// What a person said. It is text, and nothing in it is markup.
import { memo, useState, type KeyboardEvent } from "react";
import type { SaidMessage } from "../index.ts";
import type { TalkInReact } from "../react.ts";
import { Face } from "./face.tsx";
import { useBorrowedFocus } from "./focus.ts";
import { Time } from "./time.tsx";

type Props = {
  message: SaidMessage;
  /** Only for its functions, which stay the same. */
  talk: Pick<TalkInReact, "cancel" | "edit">;
  isMine: boolean;
  /** In the queue, from 0; less = it waits for nothing. */
  place: number;
  isEdited: boolean;
  onEdit: (message: string | undefined) => void;
};

export const MessageView = memo(
  function MessageView({ message, talk, isMine, place, isEdited, onEdit }: Props) {
    const { id, author, text, time, reply } = message;
    const save = (next: string): void => {
      if (next.trim() && next !== text && !talk.edit(id, next)) return;
      onEdit(undefined);
    };
    return (
      <li className={`message${isMine ? " mine" : ""}`}>
        <Face member={author} />
        <p className="who">
          <b>{author.name}</b> <Time at={time} /> {!reply && <span>only for the people</span>}
        </p>
        {isEdited ? (
          <Editor text={text} onSave={save} onCancel={() => onEdit(undefined)} />
        ) : (
          <p className="text">{text}</p>
        )}
        {place >= 0 && (
          <p className="outcome">
            {place === 0 ? "Waits for its turn." : `Waits for its turn, with ${place} before it.`}{" "}
            <button type="button" onClick={() => talk.cancel({ message: id })}>
              Take back
            </button>
          </p>
        )}
        {isMine && !isEdited && (
          <p className="deeds">
            <button
              type="button"
              onClick={() => onEdit(id)}
              title="Say something else here; what came after leaves the conversation"
            >
              Edit
            </button>
          </p>
        )}
      </li>
    );
  },
  (before, after) =>
    before.message === after.message &&
    before.isMine === after.isMine &&
    before.place === after.place &&
    before.isEdited === after.isEdited &&
    before.talk.edit === after.talk.edit,
);

type EditorProps = { text: string; onSave: (text: string) => void; onCancel: () => void };

function Editor({ text, onSave, onCancel }: EditorProps) {
  const [changed, setChanged] = useState(text);
  const box = useBorrowedFocus<HTMLTextAreaElement>();
  const press = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") onCancel();
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    onSave(changed);
  };
  return (
    <div className="editor">
      <textarea
        aria-label="Say this instead"
        rows={Math.min(12, changed.split("\n").length + 1)}
        value={changed}
        ref={box}
        onChange={(event) => setChanged(event.target.value)}
        onKeyDown={press}
      />
      <p>
        <button type="button" className="primary" onClick={() => onSave(changed)}>
          Say this instead
        </button>{" "}
        <button type="button" onClick={onCancel}>
          Leave it
        </button>{" "}
        <span>What came after leaves the conversation.</span>
      </p>
    </div>
  );
}
