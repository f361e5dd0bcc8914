// What the assistant is doing in the document, or did last: with a way to stop it, and one to take it back.
import type { Answer } from "../../index.ts";
import type { TalkInReact } from "../../react.ts";
import { outcomeOf } from "../answer.tsx";
import { wordsIn } from "../passage.ts";

type Props = { talk: TalkInReact; answer: Answer; onDone: () => void };

export function Work({ talk, answer, onDone }: Props) {
  return answer.reason ? (
    <Written talk={talk} answer={answer} onDone={onDone} />
  ) : (
    <Writing talk={talk} run={answer.run} onDone={onDone} />
  );
}

function Writing({ talk, run, onDone }: { talk: TalkInReact; run: string; onDone: () => void }) {
  const stop = (keep: boolean): void => {
    talk.cancel({ run, keep });
    onDone();
  };
  return (
    <p className="work active">
      <span role="status">✦ The assistant is writing…</span>
      <button type="button" className="stop" title="Escape" onClick={() => stop(true)}>
        Stop writing
      </button>
      <button type="button" className="small" onClick={() => stop(false)}>
        Stop and take back
      </button>
    </p>
  );
}

function Written({ talk, answer, onDone }: Props) {
  const { run, text, undone } = answer;
  const undo = (): void => {
    talk.undo(run);
    onDone();
  };
  return (
    <p className="work">
      <span role="status">
        {[text && !undone && `Wrote ${wordsIn(text)}.`, outcomeOf(answer)].filter(Boolean).join(" ")}
      </span>
      {text !== "" && !undone && (
        <button type="button" onClick={undo}>
          Undo
        </button>
      )}
    </p>
  );
}
