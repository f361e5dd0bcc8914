// Where the editor is on the page.
import { useEffect, useRef, type CSSProperties } from "react";
import type { TalkInReact } from "../../react.ts";
import { hueOf } from "../face.tsx";
import { activeOf } from "../queue.ts";
import { colourOf } from "./colour.ts";
import type { SharedDocument } from "./document.ts";
import { createEditor, type Editor, type Extent } from "./editor.ts";

type Props = {
  document: SharedDocument | undefined;
  talk: TalkInReact;
  onEditor: (editor: Editor | undefined) => void;
  onSelection: (extent: Extent) => void;
};

export function Paper({ document, talk, onEditor, onSelection }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const now = useRef(talk);
  now.current = talk;
  useEffect(() => {
    if (!document || !host.current) return;
    const { text, awareness } = document;
    const onEscape = (): boolean => stopIn(now.current);
    const editor = createEditor(host.current, { text, awareness, onSelection, onEscape });
    let isOpen = false;
    const look = (): void => {
      const { link, isThere } = document.state();
      if (link === "foreign") return close();
      if (isOpen || !isThere) return;
      isOpen = true;
      editor.unlock();
      if (isFocusFree()) editor.focus();
      onEditor(editor);
    };
    const stop = document.subscribe(look);
    const close = (): void => {
      stop();
      onEditor(undefined);
      editor.close();
    };
    look();
    return close;
  }, [document, onEditor, onSelection]);
  const { me } = talk.state;
  const style = me && ({ "--own": colourOf(hueOf(me.id)) } as CSSProperties);
  return <div className="paper" ref={host} style={style} />;
}

/** Whether there was something to stop. */
function stopIn(talk: TalkInReact): boolean {
  const active = activeOf(talk.transcript.items);
  if (active) talk.cancel({ run: active.run });
  return active !== undefined;
}

/** Nobody is doing anything else, and no keyboard would come up on a phone. */
function isFocusFree(): boolean {
  const { activeElement } = document;
  const isIdle = activeElement instanceof HTMLTextAreaElement && activeElement.value === "";
  return matchMedia("(hover: hover)").matches && (activeElement === document.body || isIdle);
}
