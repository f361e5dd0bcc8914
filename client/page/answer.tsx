// An answer of the assistant: its reasoning folded away, its words, how it ended, and what one can do with it.
import { memo, useState } from "react";
import { outcomes } from "../../shared/transcript.ts";
import type { Answer } from "../index.ts";
import { copy } from "./clipboard.ts";
import { useDrawing } from "./drawing.ts";
import { MarkdownView } from "./markdown.tsx";
import { ReadAloud } from "./read-aloud.tsx";
import { Time } from "./time.tsx";

type Props = {
  answer: Answer;
  isLast: boolean;
  regenerate: (run?: string) => boolean;
};

export const AnswerView = memo(function AnswerView({ answer: whole, isLast, regenerate }: Props) {
  const answer = useDrawing(whole);
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
      {reasoning !== "" && <Reasoning text={reasoning} isDone={text !== "" || reason !== undefined} />}
      <div className="text">
        <MarkdownView text={text} isDone={reason !== undefined} />
      </div>
      {outcome !== "" && <p className={`outcome${error ? " bad" : ""}`}>{outcome}</p>}
      <p className="deeds">
        {reason && text !== "" && <Copy text={text} />}
        {text !== "" && <ReadAloud answer={answer} />}
        {reason && isLast && (
          <button type="button" onClick={() => regenerate(answer.run)}>
            Answer again
          </button>
        )}
      </p>
    </li>
  );
});

/** How an answer ended, where that is worth a word. */
export function outcomeOf({ reason, by, error }: Answer): string {
  if (!reason || reason === "stop") return "";
  if (reason === "cancelled") return by ? `Stopped by ${by.name}.` : "Stopped, because nobody was watching.";
  return error ? `${outcomes[reason]} ${error.message}` : outcomes[reason];
}

function Reasoning({ text, isDone }: { text: string; isDone: boolean }) {
  return (
    <details className="reasoning">
      <summary>{isDone ? "Reasoning" : "Thinking…"}</summary>
      <p>{text}</p>
    </details>
  );
}

function Copy({ text }: { text: string }) {
  const [isCopied, setCopied] = useState(false);
  return (
    <button type="button" onClick={() => setCopied(copy(text))} onBlur={() => setCopied(false)}>
      {isCopied ? "Copied" : "Copy"}
    </button>
  );
}
