// An answer of the assistant: its reasoning folded away, its words, how it ended, and what one can do with it.
import { memo, useContext, type KeyboardEvent } from "react";
import { outcomes } from "../../shared/transcript.ts";
import type { Answer, SaidMessage } from "../index.ts";
import { Copy } from "./copy.tsx";
import { useDrawing } from "./drawing.ts";
import { MarkdownView } from "./markdown.tsx";
import { BesideContext, isForDocument, wordsIn } from "./passage.ts";
import { ReadAloud } from "./read-aloud.tsx";
import { quoted } from "./said.ts";
import { Time } from "./time.tsx";

type Props = {
  answer: Answer;
  isLast: boolean;
  /** Its question does not stand directly above it. */
  isApart: boolean;
  find: (message: string) => SaidMessage | undefined;
  regenerate: (run?: string) => boolean;
  undo: (run: string) => boolean;
};

export const AnswerView = memo(function AnswerView({ answer: whole, isApart, find, ...rest }: Props) {
  const answer = useDrawing(whole);
  const isQuiet = isWordless(answer);
  const question = find(answer.message);
  if (isQuiet) return <Quiet answer={answer} question={question} />;
  const isWritten = question !== undefined && isForDocument(question);
  const { text, reasoning, reason, model, time, error } = answer;
  const outcome = outcomeOf(answer);
  return (
    <li className={`answer${reason ? "" : " active"}`} aria-busy={!reason}>
      <span className="face assistant" aria-hidden="true">
        ✦
      </span>
      <p className="who">
        <b>{model}</b> <Time at={time} />
      </p>
      {isApart && question && (
        <p className="question">
          ↳ {question.author.name}: {quoted(question)}
        </p>
      )}
      {reasoning !== "" && <Reasoning text={reasoning} isDone={text !== "" || reason !== undefined} />}
      {isWritten ? <Written answer={answer} /> : <Words answer={answer} />}
      {outcome !== "" && <p className={`outcome${error ? " bad" : ""}`}>{outcome}</p>}
      <Deeds answer={answer} isWritten={isWritten} {...rest} />
    </li>
  );
});

const Words = ({ answer: { text, reason } }: { answer: Answer }) => (
  <div className="text">
    <MarkdownView text={text} isDone={reason !== undefined} />
  </div>
);

/** Where the document is seen, what was written there is folded away. */
function Written({ answer }: { answer: Answer }) {
  const isBeside = useContext(BesideContext);
  const { text, reason } = answer;
  if (reason && text === "")
    return reason === "stop" && <p className="outcome">Wrote nothing into the document.</p>;
  return (
    <details className="written" open={!isBeside}>
      <summary>{reason ? `Wrote ${wordsIn(text)} into the document` : "Writing into the document…"}</summary>
      <Words answer={answer} />
    </details>
  );
}

type DeedsProps = Pick<Props, "answer" | "isLast" | "regenerate" | "undo"> & { isWritten: boolean };

function Deeds({ answer, isLast, isWritten, regenerate, undo }: DeedsProps) {
  const { text, reason, run, undone } = answer;
  return (
    <p className="deeds">
      {reason && text !== "" && <Copy text={text} />}
      {text !== "" && <ReadAloud answer={answer} />}
      {isWritten && reason && text !== "" && !undone && (
        <button
          type="button"
          onClick={() => undo(run)}
          title="Take back what it wrote into the document; what people wrote in it stays"
        >
          Undo
        </button>
      )}
      {!isWritten && reason && isLast && (
        <button type="button" onClick={() => regenerate(run)}>
          Answer again
        </button>
      )}
    </p>
  );
}

/** Somebody stopped it before its first word, or took its question out of the queue. */
export const isWordless = ({ text, reasoning, reason, by }: Answer): boolean =>
  reason === "cancelled" && by !== undefined && text === "" && reasoning === "";

function Quiet({ answer: { by }, question }: { answer: Answer; question: SaidMessage | undefined }) {
  const what = question ? quoted(question) : "A question";
  return (
    <li className="answer quiet">
      <p className="outcome">
        {by?.id === question?.author.id
          ? `${what} was taken back by ${by?.name}.`
          : `${what} was stopped by ${by?.name} before its first word.`}
      </p>
    </li>
  );
}

/** How an answer ended, where that is worth a word. */
export function outcomeOf(answer: Answer): string {
  const end = endOf(answer);
  const { undone } = answer;
  return undone ? `${end} Taken back by ${undone.name}.`.trimStart() : end;
}

function endOf({ reason, by, error }: Answer): string {
  if (!reason || reason === "stop") return "";
  if (reason === "cancelled") return by ? `Stopped by ${by.name}.` : "Stopped, because nobody was watching.";
  return error ? `${outcomes[reason]} ${error.message}` : outcomes[reason];
}

function Reasoning({ text, isDone }: { text: string; isDone: boolean }) {
  return (
    <details className="reasoning" onKeyDown={fold}>
      <summary>{isDone ? "Reasoning" : "Thinking…"}</summary>
      <p>{text}</p>
    </details>
  );
}

/** Escape closes it, and does nothing else then. */
function fold(event: KeyboardEvent<HTMLDetailsElement>): void {
  if (event.key !== "Escape" || !event.currentTarget.open) return;
  event.preventDefault();
  event.currentTarget.open = false;
}
