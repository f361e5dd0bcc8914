// What is being written and is not said yet. It is there after a reload, and what was refused comes back to it.
import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { keep, kept } from "./place.ts";

type Draft = {
  readonly text: string;
  /** Its beginning, which had been said and came back: what comes back next stands behind it. */
  readonly back: string;
};

export type Drafting = {
  readonly text: string;
  readonly write: (text: string) => void;
  readonly giveBack: (text: string) => void;
};

/** Between two texts that had been said apart. */
const gap = "\n\n";

export function useDraft(conversation: string | undefined): Drafting {
  const [draft, change] = useState<Draft>({ text: "", back: "" });
  const write = useCallback((text: string) => change(({ back }) => written(text, back)), []);
  const giveBack = useCallback((text: string) => change((now) => withBack(now, text)), []);
  useKept(conversation, draft.text, giveBack);
  return { text: draft.text, write, giveBack };
}

/** Who changes what came back has made it his own. */
const written = (text: string, back: string): Draft => ({
  text,
  back: text === back || text.startsWith(back + gap) ? back : "",
});

function withBack({ text, back }: Draft, refused: string): Draft {
  const rest = text.slice(back.length).replace(/^\n\n/, "");
  const all = joined(back, refused);
  return { text: joined(all, rest), back: all };
}

const joined = (...texts: readonly string[]): string => texts.filter((text) => text !== "").join(gap);

/** Each conversation has its own, in this tab of the browser. At once: one who goes elsewhere now has said what he has said. */
function useKept(conversation: string | undefined, text: string, giveBack: (text: string) => void): void {
  const known = useRef<string>(undefined);
  useLayoutEffect(() => {
    if (conversation === undefined) return;
    const key = `parlor.draft.${conversation}`;
    const earlier = known.current === conversation ? "" : kept(key, "sessionStorage");
    known.current = conversation;
    if (earlier) giveBack(earlier);
    else keep(key, text, "sessionStorage");
  }, [conversation, text, giveBack]);
}
