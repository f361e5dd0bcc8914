// What the assistant is doing in the document, or did last: with a way to stop it, and one to take it back.
import type { Answer, SaidMessage } from "../../index.ts";
import type { TalkInReact } from "../../react.ts";
import { outcomeOf } from "../answer.tsx";
import { wordsIn } from "../passage.ts";
import { quoted } from "../said.ts";

type Props = { talk: TalkInReact; onDone: () => void };

type StatusProps = {
  /** Undefined where there is nothing to tell. */
  answer: Answer | undefined;
  /** Without a connection nobody knows whether it goes on. */
  isKnown: boolean;
};

export function Status({ answer, isKnown }: StatusProps) {
  const isWriting = answer !== undefined && !answer.reason;
  const look = isWriting && isKnown ? " active" : answer?.error && !answer.undone ? " bad" : "";
  return (
    <p role="status" className={`work${look}`}>
      {answer && (isWriting ? inProgress(isKnown) : inEnd(answer))}
    </p>
  );
}

const inProgress = (isKnown: boolean): string =>
  isKnown
    ? "✦ The assistant is writing…"
    : "Connection lost: whether the assistant is still writing is not known.";

function inEnd(answer: Answer): string {
  const { text, reason, undone } = answer;
  if (reason === "stop" && text === "") return "Wrote nothing.";
  return [text && !undone && `Wrote ${wordsIn(text)}.`, outcomeOf(answer)].filter(Boolean).join(" ");
}

export function StopsHere({ talk, run, isKnown, onDone }: Props & { run: string; isKnown: boolean }) {
  const stop = (keep: boolean): void => {
    talk.cancel({ run, keep });
    onDone();
  };
  return (
    <>
      <button type="button" className="stop" title="Escape" disabled={!isKnown} onClick={() => stop(true)}>
        Stop writing
      </button>
      <button type="button" className="small" disabled={!isKnown} onClick={() => stop(false)}>
        Stop and take back
      </button>
    </>
  );
}

export function Undo({ talk, answer, onDone }: Props & { answer: Answer }) {
  const { run, text, reason, undone } = answer;
  const undo = (): void => {
    talk.undo(run);
    onDone();
  };
  if (!reason || text === "" || undone) return null;
  return (
    <button type="button" className="undo" onClick={undo}>
      Undo
    </button>
  );
}

/** What one has asked for oneself, while something else is being answered. */
export function Waiting({ talk, message, onDone }: Props & { message: SaidMessage }) {
  const takeBack = (): void => {
    talk.cancel({ message: message.id });
    onDone();
  };
  return (
    <p className="work waiting">
      <span className="text">{quoted(message)}</span>
      <span className="turn">Waits for its turn.</span>
      <button type="button" onClick={takeBack}>
        Take back
      </button>
    </p>
  );
}
