// The line at the bottom where a person types. It steps aside for what is written above it, and is not seen while
// an answer is being made; what is typed meanwhile is there afterwards.
//
//   aside ◀── show, hide ──▶ shown        closed is final
import { Writable } from "node:stream";
import { clearScreenDown, createInterface, cursorTo, moveCursor, type Interface } from "node:readline";
import type { Terminal } from "./terminal.ts";

type State = "aside" | "shown" | "closed";

export type PromptParts = {
  terminal: Pick<Terminal, "stdin" | "stdout">;
  /** A whole input; `wasShown` when it stands on the screen already. Lines that are pasted together come together. */
  onInput: (text: string, wasShown: boolean) => void;
  /** Ctrl-C. */
  onInterrupt: () => void;
  /** Ctrl-D, or nobody is there any more. */
  onLeave: () => void;
};

export type Prompt = {
  /** Goes on where the last words ended. */
  words: (text: string) => void;
  /** On a line of its own. */
  line: (text: string) => void;
  /** What was written last has no end of a line yet. */
  isInLine: () => boolean;
  show: () => void;
  hide: () => void;
  /** Takes back what is typed so far. False when there is nothing. */
  discard: () => boolean;
  close: () => void;
};

/** https://invisible-island.net/xterm/ctlseqs/ctlseqs.html#h2-Bracketed-Paste-Mode */
const bracketedPaste = { on: "\x1b[?2004h", off: "\x1b[?2004l" };

/** Node's line editor; `prevRows` is not in its types. */
type Editor = Interface & { prevRows?: number };

type Line = {
  readonly stdout: Terminal["stdout"];
  readonly editor: Editor;
  state: State;
  /** See `isInLine`. */
  isBegun: boolean;
};

export function openPrompt(parts: PromptParts): Prompt {
  const { stdin, stdout } = parts.terminal;
  const face = createFace(stdout, () => line.state === "shown");
  const editor: Editor = createInterface({ input: stdin, output: face, terminal: true, prompt: "> " });
  const line: Line = { stdout, editor, state: "aside", isBegun: false };
  const pasted = gatherPastes(stdin);
  editor.on("line", (text) => enter(line, pasted.with(text), parts.onInput));
  editor.on("SIGINT", parts.onInterrupt);
  editor.on("close", () => {
    close(line);
    parts.onLeave();
  });
  stdout.write(bracketedPaste.on);
  return {
    show: () => show(line),
    hide: () => hide(line),
    words: (text) => above(line, () => put(line, text)),
    line: (text) =>
      above(line, () => {
        beginLine(line);
        put(line, `${text}\n`);
      }),
    isInLine: () => line.isBegun,
    discard: () => [pasted.discard(), erase(editor)].includes(true),
    close: () => close(line),
  };
}

/** What is entered stands above from now on, and a new line is not drawn yet. */
function enter(line: Line, text: string | undefined, onInput: PromptParts["onInput"]): void {
  if (text === undefined) return;
  const wasShown = line.state === "shown";
  if (wasShown) line.state = "aside";
  onInput(text, wasShown);
}

function put(line: Line, text: string): void {
  if (text === "" || line.state === "closed") return;
  line.stdout.write(text);
  line.isBegun = !text.endsWith("\n");
}

const beginLine = (line: Line): void => put(line, line.isBegun ? "\n" : "");

function hide(line: Line): void {
  if (line.state !== "shown") return;
  line.state = "aside";
  moveCursor(line.stdout, 0, -line.editor.getCursorPos().rows);
  cursorTo(line.stdout, 0);
  clearScreenDown(line.stdout);
}

function show(line: Line): void {
  if (line.state !== "aside") return;
  beginLine(line);
  line.editor.prevRows = 0; // else it would go up by the rows that it drew last, which are elsewhere by now
  line.state = "shown";
  line.editor.prompt(true);
}

/** Writes above the line, and brings it back where it was. */
function above(line: Line, write: () => void): void {
  const wasShown = line.state === "shown";
  hide(line);
  write();
  if (wasShown) show(line);
}

function close(line: Line): void {
  if (line.state === "closed") return;
  if (line.state === "shown") line.isBegun = true;
  beginLine(line);
  line.state = "closed";
  line.stdout.write(bracketedPaste.off);
  line.editor.close();
}

/** What the editor draws on: the screen while it is shown, nothing else. */
function createFace(stdout: Terminal["stdout"], isShown: () => boolean): Writable {
  const face = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (isShown()) stdout.write(chunk);
      done();
    },
  });
  stdout.on("resize", () => face.emit("resize"));
  return Object.defineProperty(face, "columns", { get: () => stdout.columns });
}

function erase(editor: Interface): boolean {
  const isAnything = editor.line !== "";
  editor.write(null, { ctrl: true, name: "e" });
  editor.write(null, { ctrl: true, name: "u" });
  return isAnything;
}

/** Lines of a paste are parts of one input, which the person's own Enter ends. */
function gatherPastes(stdin: Terminal["stdin"]) {
  const lines: string[] = [];
  let isPasting = false;
  stdin.on("keypress", (_text: string | undefined, key: { name?: string } | undefined) => {
    if (key?.name === "paste-start") isPasting = true;
    if (key?.name === "paste-end") isPasting = false;
  });
  return {
    /** The input that this line completes. */
    with: (line: string): string | undefined => {
      lines.push(line);
      return isPasting ? undefined : lines.splice(0).join("\n");
    },
    discard: (): boolean => lines.splice(0).length > 0,
  };
}
