// The editor: CodeMirror on the shared text, without anything that is for programmers.
import { standardKeymap } from "@codemirror/commands";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, keymap, placeholder } from "@codemirror/view";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import { UndoManager, type Text } from "yjs";
import { limits } from "../../../shared/limits.ts";
import { carets } from "./carets.ts";
import type { Awareness } from "./document.ts";
import { awaitAt, following } from "./following.ts";
import { isOwnEdit, leading } from "./leading.ts";
import { look } from "./look.ts";
import type { Span } from "./passage.ts";

/** How much is selected: nothing, or more than can be rewritten. */
export type Extent = "none" | "some" | "tooMuch";

export type Editor = {
  readonly text: Text;
  /** What is selected, or where the caret is; undefined before anybody was here to place it. */
  readonly span: () => Span | undefined;
  readonly focus: () => void;
  /** Brings the place into sight where the assistant is about to write. */
  readonly awaitWords: () => void;
  /** Lets people write, or not. */
  readonly unlock: () => void;
  /** Calls the listener when somebody has written something here. Returns what ends that. */
  readonly onEdit: (listener: () => void) => () => void;
  readonly close: () => void;
};

type Parts = {
  readonly text: Text;
  readonly awareness: Awareness;
  readonly onSelection: (extent: Extent) => void;
  /** Says whether there was something to stop. */
  readonly onEscape: () => boolean;
};

/** In a shadow root, where CodeMirror's styles come as objects: as elements the page's policy would refuse them. */
export function createEditor(host: HTMLElement, parts: Parts): Editor {
  const { text } = parts;
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const lock = new Compartment();
  const listeners = new Set<() => void>();
  let wasHere = false;
  const watching = EditorView.updateListener.of(({ view, state, selectionSet, docChanged, transactions }) => {
    wasHere ||= view.hasFocus;
    host.classList.toggle("visited", wasHere);
    if (selectionSet || docChanged) parts.onSelection(extentOf(state.selection.main));
    if (transactions.some(isOwnEdit)) for (const listener of listeners) listener();
  });
  const state = EditorState.create({
    doc: text.toJSON(),
    extensions: [lock.of(locked), ...manners(parts.onEscape), ...sharing(parts), watching],
  });
  const view = new EditorView({ state, parent: root, root });
  return {
    text,
    span: () => (wasHere ? view.state.selection.main : undefined),
    focus: () => view.focus(),
    awaitWords: () => awaitAt(view, wasHere ? view.state.selection.main.to : text.length),
    unlock: () =>
      view.dispatch({
        effects: lock.reconfigure(placeholder("Write here, or ask the assistant to begin.")),
        selection: { anchor: view.state.doc.length },
      }),
    onEdit: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => view.destroy(),
  };
}

function extentOf({ from, to }: Span): Extent {
  if (from === to) return "none";
  return to - from > limits.selectionChars ? "tooMuch" : "some";
}

/** Before what stands in the document has come, what one writes would stand beside it. */
const locked: Extension = [EditorState.readOnly.of(true), EditorView.editable.of(false)];

/** Kept free above the caret, for the name at it, and below it. */
const marginsPx = { top: 32, bottom: 48 };

function manners(onEscape: () => boolean): Extension[] {
  return [
    // Else a line end of other systems, in somebody else's words, would be shorter here than it is in the shared text.
    EditorState.lineSeparator.of("\n"),
    EditorView.clipboardInputFilter.of((pasted) => pasted.replace(/\r\n?/g, "\n")),
    keymap.of([{ key: "Escape", run: onEscape }, ...yUndoManagerKeymap, ...standardKeymap]),
    EditorView.lineWrapping,
    EditorView.scrollMargins.of(() => marginsPx),
    EditorView.contentAttributes.of({
      "aria-label": "Text of the document",
      spellcheck: "true",
      autocorrect: "on",
      autocapitalize: "sentences",
    }),
    drawSelection(),
    look,
  ];
}

/** Only what was typed here is undone here: neither the words of others nor those of the assistant. */
function sharing({ text, awareness }: Parts): Extension[] {
  const undoManager = new UndoManager(text, { trackedOrigins: new Set() });
  return [yCollab(text, null, { undoManager }), carets(text, awareness), following(text, awareness), leading];
}
