// Why the latest thing asked for was not done: until it is read, or the conversation goes on.
import { useRef, useState } from "react";
import type { TalkInReact } from "../react.ts";
import { idOf } from "./sheets.ts";

export function Refused({ talk }: { talk: TalkInReact }) {
  const { refusal } = talk.state;
  const item = talk.transcript.items.at(-1);
  const last = item && idOf(item);
  const came = useRef({ refusal, last });
  const [read, setRead] = useState<typeof refusal>();
  if (came.current.refusal !== refusal) came.current = { refusal, last };
  if (!refusal || refusal === read || came.current.last !== last) return null;
  return (
    <p className="trouble" role="alert">
      {refusal.message}
      <button type="button" aria-label="Dismiss" title="Dismiss" onClick={() => setRead(refusal)}>
        ✕
      </button>
    </p>
  );
}
