// Who sees the assistant write goes on seeing it, when the words run out of the window: until he writes or scrolls himself.
import { EditorView, ViewPlugin } from "@codemirror/view";
import type { Text } from "yjs";
import type { Awareness } from "./document.ts";
import { caretsOf, onOthers, type Caret } from "./peers.ts";

/** Kept free above and below the caret. Pixels. */
const marginPx = 64;

export const following = (text: Text, awareness: Awareness) =>
  ViewPlugin.define((view) => {
    let last: Caret | undefined;
    let isBusy = false;
    const look = (): void => {
      const caret = caretsOf(awareness, text).find(({ peer }) => peer.isAssistant);
      const isSame = caret !== undefined && caret.peer.client === last?.peer.client;
      if (!isSame) isBusy = false;
      if (isSame && !isBusy && last && isVisible(view, last.head)) reveal(view, caret.head);
      last = caret;
    };
    const stop = onOthers(awareness, look);
    return {
      update: ({ transactions }) => {
        isBusy ||= transactions.some((one) => one.isUserEvent("input") || one.isUserEvent("delete"));
      },
      destroy: stop,
    };
  });

export function reveal(view: EditorView, index: number): void {
  const place = Math.min(index, view.state.doc.length);
  view.dispatch({ effects: EditorView.scrollIntoView(place, { y: "nearest", yMargin: marginPx }) });
}

function isVisible(view: EditorView, index: number): boolean {
  const place = view.coordsAtPos(Math.min(index, view.state.doc.length));
  const { top, bottom } = view.scrollDOM.getBoundingClientRect();
  return place !== null && place.top >= top && place.bottom <= bottom;
}
