// The box in which a message is edited.
import { useContext, useEffect, useState, type KeyboardEvent } from "react";
import { EditingContext, type Editing } from "./editing.ts";
import { useBorrowedFocus } from "./focus.ts";

export function Editor() {
  const editing = useContext(EditingContext);
  return editing && <Box editing={editing} />;
}

function Box({ editing }: { editing: Editing }) {
  const { isSaving, save, begin } = editing;
  const [text, setText] = useState(editing.typed);
  const box = useBorrowedFocus<HTMLTextAreaElement>();
  useEffect(() => box.current?.closest("li")?.scrollIntoView({ block: "nearest" }), [box]);
  const change = (next: string): void => {
    setText(next);
    editing.write(next);
  };
  const keys: Readonly<Record<string, () => void>> = { Escape: begin, Enter: save };
  const press = (event: KeyboardEvent): void => {
    const act = event.nativeEvent.isComposing || event.shiftKey ? undefined : keys[event.key];
    if (!act) return;
    event.preventDefault(); // the document hears Escape as well
    if (!isSaving) act();
  };
  return (
    <div className="editor">
      <textarea
        aria-label="Say this instead"
        rows={Math.min(12, text.split("\n").length + 1)}
        value={text}
        ref={box}
        readOnly={isSaving}
        onChange={(event) => change(event.target.value)}
        onKeyDown={press}
      />
      <p>
        <button type="button" className="primary" disabled={isSaving || !text.trim()} onClick={save}>
          {isSaving ? "Saving…" : "Say this instead"}
        </button>{" "}
        <button type="button" disabled={isSaving} onClick={() => begin()}>
          Cancel
        </button>{" "}
        <span>{editing.isOpen ? "What came after leaves the conversation." : "There is no connection."}</span>
      </p>
    </div>
  );
}
