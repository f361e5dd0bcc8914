// Who sees the assistant write goes on seeing it, when the words run out of the window: until he writes or scrolls himself.
import { StateEffect } from "@codemirror/state";
import { EditorView, ViewPlugin } from "@codemirror/view";
import type { Text } from "yjs";
import type { Awareness } from "./document.ts";
import { caretsOf, onOthers } from "./peers.ts";

/** What a reader does who wants to look elsewhere. */
const otherwise = ["wheel", "touchmove", "pointerdown", "keydown"] as const;

export const following = (text: Text, awareness: Awareness) =>
  ViewPlugin.define((view) => {
    let writer: number | undefined;
    let isAwaited = false;
    let isFollowed = false;
    let isClosed = false;
    const look = (): void => {
      const caret = caretsOf(awareness, text).find(({ peer }) => peer.isAssistant);
      if (!caret || isClosed) return;
      if (caret.peer.client !== writer) {
        isFollowed = isAwaited || isVisible(view, caret.anchor);
        isAwaited = false;
      }
      writer = caret.peer.client;
      if (isFollowed) view.dispatch({ effects: scrollTo(view, caret.head) });
    };
    const leave = (): void => void (isFollowed = isAwaited = false);
    const stop = onOthers(awareness, look);
    for (const name of otherwise) view.scrollDOM.addEventListener(name, leave, { passive: true });
    return {
      update: ({ transactions, docChanged }) => {
        if (docChanged) queueMicrotask(look); // a caret may be here before the words that it stands behind
        isAwaited ||= transactions.some(({ effects }) => effects.some((effect) => effect.is(awaited)));
      },
      destroy: () => {
        isClosed = true;
        stop();
        for (const name of otherwise) view.scrollDOM.removeEventListener(name, leave);
      },
    };
  });

/** Here somebody has asked the assistant to write. */
export const awaited = StateEffect.define<null>();

/** Brings the place into sight where the assistant is about to write. */
export const awaitAt = (view: EditorView, index: number): void =>
  view.dispatch({ effects: [scrollTo(view, index), awaited.of(null)] });

const scrollTo = (view: EditorView, index: number): StateEffect<unknown> =>
  EditorView.scrollIntoView(Math.min(index, view.state.doc.length), { y: "nearest" });

function isVisible(view: EditorView, index: number): boolean {
  const place = view.coordsAtPos(Math.min(index, view.state.doc.length));
  const { top, bottom } = view.scrollDOM.getBoundingClientRect();
  return place !== null && place.top >= top && place.bottom <= bottom;
}
