// What the assistant can be asked at the touch of a button: to write on, to rewrite what is selected, to summarise.
import type { Target } from "../../index.ts";
import type { Editor, Extent } from "./editor.ts";
import { behind, selected, type Place } from "./passage.ts";

type Deed = "continue" | "rewrite" | "summarise";

/** What is said in the talk, and the place in the document that it is about. */
export type Asked = readonly [text: string, place: Target["mode"] | Place];

type Props = { isReady: boolean; extent: Extent; onDeed: (deed: Deed) => void };

/** Why more than a run takes is not replaced. */
export const tooMuch = "So much cannot be rewritten at once: select less";

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

export const Deeds = ({ isReady, extent, onDeed }: Props) =>
  deeds.map(({ name, deed, needsSelection, title }) => (
    <button
      key={deed}
      type="button"
      disabled={!isReady || (needsSelection && extent !== "some")}
      title={needsSelection && extent === "tooMuch" ? tooMuch : title}
      onClick={() => onDeed(deed)}
    >
      {name}
    </button>
  ));

export function asked(deed: Deed, editor: Editor): Asked {
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

export function selectionIn(editor: Editor): Place {
  const span = editor.span() ?? { from: 0, to: 0 };
  return { mode: "replace", ...selected(editor.text, span) };
}

export function caretIn(editor: Editor): Asked[1] {
  const span = editor.span();
  return span && editor.text.length > 0 ? behind(editor.text, span.to) : "append";
}
