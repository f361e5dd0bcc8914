// What one asks the assistant to do in the document, and what it does there: writes, until somebody stops it; and can be taken back.
import { useEffect, useRef, useState, type SubmitEvent } from "react";
import type { TalkInReact } from "../../react.ts";
import { Deeds, asked, caretIn, selectionIn, tooMuch, type Asked } from "./deeds.tsx";
import type { DocumentState, SharedDocument } from "./document.ts";
import type { Editor, Extent } from "./editor.ts";
import { passageOf } from "./passage.ts";
import { Status, StopsHere, Undo, Waiting } from "./work.tsx";
import { useWork } from "./writer.ts";

type Props = {
  talk: TalkInReact;
  room: string;
  document: SharedDocument | undefined;
  state: DocumentState;
  /** Undefined until there is something to write in. */
  editor: Editor | undefined;
  extent: Extent;
  /** Something will be said in the talk. */
  onTalk: () => void;
};

export function Bar({ talk, room, document, state, editor, extent, onTalk }: Props) {
  const { connection } = talk.state;
  const isReady = editor !== undefined && state.link === "open" && connection.name !== "closed";
  const { answer, isWriting, isStanding, waiting } = useWork(talk, room, document);
  const { isSeen, see } = useSeen(answer && `${answer.run} ${answer.undone?.id ?? ""}`, isWriting, editor);
  const ask = (...[text, place]: Asked): void => {
    const target = passageOf(room, place);
    see();
    void talk.say(text, { target });
    if (target.mode === "read") onTalk();
    else editor?.awaitWords();
  };
  const done = (): void => (matchMedia("(hover: hover)").matches ? editor?.focus() : undefined);
  const work = { talk, onDone: done };
  return (
    <div className="bar" role="group" aria-label="The assistant in the document">
      <Status isKnown={connection.name === "open"} answer={isSeen ? undefined : answer} />
      {waiting && <Waiting {...work} message={waiting} />}
      <Instruction
        isReady={isReady}
        extent={extent}
        onAsk={(text) => editor && ask(text, extent === "none" ? caretIn(editor) : selectionIn(editor))}
      />
      <div className="deeds-here">
        {answer && isWriting ? (
          <StopsHere {...work} run={answer.run} isKnown={connection.name === "open"} />
        ) : (
          <Deeds
            isReady={isReady}
            extent={extent}
            onDeed={(deed) => (editor && ask(...asked(deed, editor)), done())}
          />
        )}
        {answer && isStanding && <Undo {...work} answer={answer} />}
      </div>
    </div>
  );
}

/** How it ended is told until one goes on writing, or asks for something else. */
function useSeen(
  outcome: string | undefined,
  isWriting: boolean,
  editor: Editor | undefined,
): { isSeen: boolean; see: () => void } {
  const [seen, setSeen] = useState<string>();
  const now = useRef<string>(undefined);
  now.current = isWriting ? undefined : outcome;
  const [see] = useState(() => () => setSeen((before) => now.current ?? before));
  useEffect(() => editor?.onEdit(see), [editor, see]);
  return { isSeen: !isWriting && outcome === seen, see };
}

type InstructionProps = { isReady: boolean; extent: Extent; onAsk: (text: string) => void };

const hints: Readonly<Record<Extent, string>> = {
  none: "Ask the assistant to write…",
  some: "What to make of the selection…",
  tooMuch,
};

function Instruction({ isReady, extent, onAsk }: InstructionProps) {
  const [text, setText] = useState("");
  const isPossible = isReady && extent !== "tooMuch";
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!isPossible || !text.trim()) return;
    onAsk(text.trim());
    setText("");
  };
  return (
    <form onSubmit={submit}>
      <input
        aria-label="Ask the assistant to write"
        placeholder={hints[extent]}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button
        type="submit"
        className="primary"
        disabled={!isPossible || !text.trim()}
        title={extent === "tooMuch" ? tooMuch : undefined}
      >
        {extent === "none" ? "Write" : "Change"}
      </button>
    </form>
  );
}
