// On a phone: the document or the talk. Where there is room for both, both are shown.
import { useEffect, useState } from "react";
import type { TalkInReact } from "../../react.ts";

export type Pane = "document" | "talk";

type Props = { talk: TalkInReact; shown: Pane; onShow: (pane: Pane) => void };

export function Panes({ talk, shown, onShow }: Props) {
  const { length } = talk.transcript.items;
  const { isCaughtUp } = talk.state;
  const [seen, setSeen] = useState<number>();
  useEffect(() => {
    if (isCaughtUp && (shown === "talk" || seen === undefined)) setSeen(length);
  }, [isCaughtUp, shown, seen, length]);
  const hasNews = shown === "document" && seen !== undefined && length > seen;
  return (
    <nav className="panes" aria-label="What is shown" data-shown={shown}>
      <button type="button" aria-pressed={shown === "document"} onClick={() => onShow("document")}>
        Document
      </button>
      <button type="button" aria-pressed={shown === "talk"} onClick={() => onShow("talk")}>
        Talk{hasNews && <span className="news"> (new)</span>}
      </button>
    </nav>
  );
}
