// An answer of the assistant: its reasoning folded away, its words, how it ended, and what one can do with it.
import { memo, type KeyboardEvent } from "react";
import { outcomes } from "../../shared/transcript.ts";
import type { Answer, SaidMessage } from "../index.ts";
import { Copy } from "./copy.tsx";
import { useDrawing } from "./drawing.ts";
import { MarkdownView } from "./markdown.tsx";
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
};

export const AnswerView = memo(function AnswerView({ answer: whole, isApart, find, ...rest }: Props) {
  const answer = useDrawing(whole);
  const isQuiet = isWordless(answer);
  const question = isQuiet || isApart ? find(answer.message) : undefined;
  if (isQuiet) return <Quiet answer={answer} question={question} />;
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
      {question && (
        <p className="question">
          ↳ {question.author.name}: {quoted(question)}
        </p>
      )}
      {reasoning !== "" && <Reasoning text={reasoning} isDone={text !== "" || reason !== undefined} />}
      <div className="text">
        <MarkdownView text={text} isDone={reason !== undefined} />
      </div>
      {outcome !== "" && <p className={`outcome${error ? " bad" : ""}`}>{outcome}</p>}
      <Deeds answer={answer} {...rest} />
    </li>
  );
});

function Deeds({ answer, isLast, regenerate }: Pick<Props, "answer" | "isLast" | "regenerate">) {
  const { text, reason, run } = answer;
  return (
    <p className="deeds">
      {reason && text !== "" && <Copy text={text} />}
      {text !== "" && <ReadAloud answer={answer} />}
      {reason && isLast && (
        <button type="button" onClick={() => regenerate(run)}>
          Answer again
        </button>
      )}
    </p>
  );
}

/** Somebody stopped it before its first word, or took its question out of the queue. */
const isWordless = ({ text, reasoning, reason, by }: Answer): boolean =>
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
export function outcomeOf({ reason, by, error }: Answer): string {
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
