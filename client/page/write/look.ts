// How the editor looks: a sheet of paper for people, not for programs. It stands in a shadow root, where page.css has no say.
import { EditorView } from "@codemirror/view";

/** Of whatever colour somebody has chosen the hue, as dark or light as it can be read; as page.css does with faces. */
const shown =
  "light-dark(oklch(from var(--colour) 0.52 min(c, 0.13) h), oklch(from var(--colour) 0.8 min(c, 0.1) h))";

const selection = { backgroundColor: "color-mix(in oklab, var(--accent), transparent 72%)" };

export const look = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": {
    overflow: "hidden auto", // a name at a caret may stand over the edge
    font: `1.125rem/1.75 Charter, "Bitstream Charter", "Iowan Old Style", "Palatino Linotype", Georgia, "Noto Serif", serif`,
  },
  ".cm-content": {
    maxWidth: "44rem",
    margin: "0 auto",
    padding: "clamp(1.6rem, 5vh, 3rem) clamp(1rem, 4vw, 2.5rem) 30vh",
    caretColor: "var(--ink)",
  },
  ".cm-line": { padding: "0" },
  ".cm-placeholder": { color: "var(--soft)", fontStyle: "italic" },
  ".cm-cursor": { borderLeft: "2px solid var(--ink)", marginLeft: "-1px" },
  // while one asks for something, one sees where it will be written
  "&:not(.cm-focused) > .cm-scroller > .cm-cursorLayer .cm-cursor": {
    "--colour": "var(--own)",
    display: "var(--own-caret, none)",
    borderLeft: `2px solid ${shown}`,
  },
  ".cm-selectionBackground": selection,
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": selection,
  ".peer-selection": {
    "--shown": shown,
    backgroundColor: "color-mix(in oklab, var(--shown), transparent 78%)",
  },
  ".peer-words": { "--shown": shown, backgroundColor: "color-mix(in oklab, var(--shown), transparent 90%)" },
  ".peer-caret": {
    "--shown": shown,
    position: "relative",
    margin: "0 -1px",
    borderLeft: "2px solid var(--shown)",
    pointerEvents: "none",
  },
  ".peer-caret::after": {
    content: "attr(data-name)",
    position: "absolute",
    bottom: "calc(100% - 0.25em)",
    left: "-2px",
    padding: "0.15em 0.45em",
    borderRadius: "0.5em 0.5em 0.5em 0",
    backgroundColor: "var(--shown)",
    color: "light-dark(#fff, #141418)",
    font: `600 0.625rem/1.2 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif`,
    whiteSpace: "nowrap",
    zIndex: "1",
  },
  ".peer-caret.assistant": { margin: "0 -1.5px", borderLeftWidth: "3px" },
  ".peer-caret.assistant::after": { fontSize: "0.7rem", left: "-3px" },
});
