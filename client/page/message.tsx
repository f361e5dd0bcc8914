// What a person said. It is text, and nothing in it is markup.
import { memo } from "react";
import type { SaidMessage } from "../index.ts";
import type { TalkInReact } from "../react.ts";
import { Editor } from "./editor.tsx";
import { Face } from "./face.tsx";
import { isForDocument } from "./passage.ts";
import { Time } from "./time.tsx";

type Props = {
  message: SaidMessage;
  /** Only for its functions, which stay the same. */
  talk: Pick<TalkInReact, "cancel">;
  isMine: boolean;
  /** In the queue, from 0; less = it waits for nothing. */
  place: number;
  isEdited: boolean;
  onEdit: (message: SaidMessage) => void;
};

export const MessageView = memo(
  function MessageView({ message, talk, isMine, place, isEdited, onEdit }: Props) {
    const { id, author, text, time, reply } = message;
    return (
      <li className={`message${isMine ? " mine" : ""}`}>
        <Face member={author} />
        <p className="who">
          <b>{author.name}</b> <Time at={time} /> {!reply && <span>no answer wanted</span>}
          {isForDocument(message) && <span>for the document</span>}
        </p>
        {isEdited ? <Editor /> : <p className="text">{text}</p>}
        {place >= 0 && (
          <p className="outcome">
            {place === 0 ? "Waits for its turn." : `Waits for its turn, with ${place} before it.`}{" "}
            <button type="button" onClick={() => talk.cancel({ message: id })}>
              {isMine ? "Take back" : "Cancel"}
            </button>
          </p>
        )}
        {isMine && !isEdited && !isForDocument(message) && (
          <p className="deeds">
            <button
              type="button"
              onClick={() => onEdit(message)}
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
    before.talk.cancel === after.talk.cancel,
);
