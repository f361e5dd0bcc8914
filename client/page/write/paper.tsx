// Where the editor is on the page.
import { useEffect, useRef } from "react";
import type { TalkInReact } from "../../react.ts";
import { activeOf } from "../queue.ts";
import type { SharedDocument } from "./document.ts";
import { createEditor, type Editor } from "./editor.ts";

type Props = {
  document: SharedDocument | undefined;
  talk: TalkInReact;
  onEditor: (editor: Editor | undefined) => void;
  onSelection: (hasSelection: boolean) => void;
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
  return <div className="paper" ref={host} />;
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
