// The focus is never lost: where what had it goes away, or can be used no more, it goes on where one writes.
import { useLayoutEffect, useRef, type RefObject } from "react";

export function useLastingFocus(room: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => (room.current ? watch(room.current) : undefined), [room]);
}

/** Returns what ends that. */
function watch(room: HTMLElement): () => void {
  let last: Element | undefined;
  const remember = ({ target }: FocusEvent): void => void (last = target as Element);
  const look = (): void => {
    if (!last || (last.isConnected && !last.matches(":disabled"))) return;
    const { activeElement } = document;
    if (activeElement === last || activeElement === document.body) placeOf(room)?.focus();
    last = undefined;
  };
  const observer = new MutationObserver(look);
  room.addEventListener("focusin", remember);
  observer.observe(room, { childList: true, subtree: true, attributeFilter: ["disabled"] });
  return () => {
    observer.disconnect();
    room.removeEventListener("focusin", remember);
  };
}

/** A box to write in would bring up the keyboard of a phone, which nobody has asked for. */
const placeOf = (room: HTMLElement): HTMLElement | null =>
  room.querySelector(matchMedia("(hover: hover)").matches ? ".composer textarea" : "main");

/** Takes the focus, at the end of what is written there, and gives it back to what had it. */
export function useBorrowedFocus<Kind extends HTMLElement>(): RefObject<Kind | null> {
  const borrower = useRef<Kind>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    const element = borrower.current;
    element?.focus();
    if (element instanceof HTMLTextAreaElement)
      element.setSelectionRange(element.value.length, element.value.length);
    return () => (before instanceof HTMLElement ? before.focus() : undefined);
  }, []);
  return borrower;
}
