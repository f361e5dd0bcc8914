// What one asks the assistant to do in the document, and what it does there: writes, until somebody stops it; and can be taken back.
import { useMemo, useState, type SubmitEvent } from "react";
import type { Target } from "../../index.ts";
import type { TalkInReact } from "../../react.ts";
import type { DocumentState } from "./document.ts";
import type { Editor } from "./editor.ts";
import { behind, passageOf, selected } from "./passage.ts";
import { Work } from "./work.tsx";
import { writtenOf } from "./writer.ts";

type Props = {
  talk: TalkInReact;
  room: string;
  state: DocumentState;
  /** Undefined until there is something to write in. */
  editor: Editor | undefined;
  hasSelection: boolean;
  /** Something will be said in the talk. */
  onTalk: () => void;
};

export function Bar({ talk, room, state, editor, hasSelection, onTalk }: Props) {
  const isReady = editor !== undefined && state.link === "open" && talk.state.connection.name !== "closed";
  const { items } = talk.transcript;
  const answer = useMemo(() => writtenOf(items, room), [items, room]);
  const isWriting = answer !== undefined && !answer.reason;
  const ask = (text: string, place: Place): void => {
    const target = passageOf(room, place);
    void talk.say(text, { target });
    if (target.mode === "read") onTalk();
    else editor?.awaitWords();
  };
  const done = (): void => (matchMedia("(hover: hover)").matches ? editor?.focus() : undefined);
  const act = (deed: Deed): void => {
    if (editor) ask(...asked(deed, editor));
    done();
  };
  return (
    <div className="bar" role="group" aria-label="The assistant in the document">
      <Instruction
        isReady={isReady}
        hasSelection={hasSelection}
        onAsk={(text) => editor && ask(text, hasSelection ? selectionIn(editor) : caretIn(editor))}
      />
      <div className="deeds-here">
        {!isWriting && <Deeds isReady={isReady} hasSelection={hasSelection} onDeed={act} />}
        {answer && <Work talk={talk} answer={answer} onDone={done} />}
      </div>
    </div>
  );
}

type Deed = "continue" | "rewrite" | "summarise";

const deeds: readonly { deed: Deed; name: string; title: string; needsSelection: boolean }[] = [
  { deed: "continue", name: "Continue", title: "Writes on at the caret", needsSelection: false },
  { deed: "rewrite", name: "Rewrite", title: "Rewrites what is selected", needsSelection: true },
  {
    deed: "summarise",
    name: "Summarise",
    title: "The document, or what is selected: in the talk",
    needsSelection: false,
  },
];

type DeedsProps = { isReady: boolean; hasSelection: boolean; onDeed: (deed: Deed) => void };

const Deeds = ({ isReady, hasSelection, onDeed }: DeedsProps) =>
  deeds.map(({ name, deed, needsSelection, title }) => (
    <button
      key={deed}
      type="button"
      disabled={!isReady || (needsSelection && !hasSelection)}
      title={title}
      onClick={() => onDeed(deed)}
    >
      {name}
    </button>
  ));

type Place = Parameters<typeof passageOf>[1];

function asked(deed: Deed, editor: Editor): [string, Place] {
  switch (deed) {
    case "continue":
      return ["Continue the text.", caretIn(editor)];
    case "rewrite":
      return ["Rewrite what is selected.", selectionIn(editor)];
    case "summarise":
      return isEmpty(editor)
        ? ["Summarise the document.", "read"]
        : ["Summarise what is selected.", { ...selectionIn(editor), mode: "read" }];
  }
}

const isEmpty = (editor: Editor): boolean => {
  const span = editor.span();
  return !span || span.from === span.to;
};

function selectionIn(editor: Editor): { mode: Target["mode"] } & Pick<Target, "from" | "to"> {
  const span = editor.span() ?? { from: 0, to: 0 };
  return { mode: "replace", ...selected(editor.text, span) };
}

function caretIn(editor: Editor): Place {
  const span = editor.span();
  return span && editor.text.length > 0 ? behind(editor.text, span.to) : "append";
}

type InstructionProps = { isReady: boolean; hasSelection: boolean; onAsk: (text: string) => void };

function Instruction({ isReady, hasSelection, onAsk }: InstructionProps) {
  const [text, setText] = useState("");
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!isReady || !text.trim()) return;
    onAsk(text.trim());
    setText("");
  };
  return (
    <form onSubmit={submit}>
      <input
        aria-label="Ask the assistant to write"
        placeholder={hasSelection ? "What to make of the selection…" : "Ask the assistant to write…"}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="primary" disabled={!isReady || !text.trim()}>
        {hasSelection ? "Change" : "Write"}
      </button>
    </form>
  );
}
