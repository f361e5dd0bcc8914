// The end of the conversation is followed until its reader scrolls away from it. What is older comes when he nears the beginning,
// and moves nothing under his eyes.
import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";
import type { TalkInReact } from "../react.ts";

/** How far from an end of the page is still at it, or near to it. Pixels. */
const nearPx = { end: 48, beginning: 600 };

export type Scrolling = { readonly isFollowing: boolean; readonly follow: () => void };

export function useScrolling(scroller: RefObject<HTMLElement | null>, talk: TalkInReact): Scrolling {
  const [isFollowing, setFollowing] = useState(true);
  const follow = (): void => {
    if (scroller.current) tops.delete(scroller.current);
    setFollowing(true);
  };
  const { unsent, past, isCaughtUp } = talk.state;
  const { older } = talk;
  const said = unsent.at(-1)?.id;
  useEffect(() => (said === undefined ? undefined : follow()), [said]); // who speaks wants to see it
  useSteadiness(scroller);
  useLayoutEffect(() => {
    if (isFollowing) keepAtEnd(scroller.current);
    if (past === "more" && isCaughtUp && isNearBeginning(scroller.current)) older();
  });
  useLayoutEffect(() => (isFollowing ? stayAtEnd(scroller.current) : undefined), [scroller, isFollowing]);
  useEffect(() => watch(scroller.current as HTMLElement, setFollowing), [scroller]);
  useEffect(() => {
    const element = scroller.current;
    const scrolled = (): void => (isNearBeginning(element) ? older() : undefined);
    element?.addEventListener("scroll", scrolled, { passive: true });
    return () => element?.removeEventListener("scroll", scrolled);
  }, [scroller, older]);
  return { isFollowing, follow };
}

/** Where it was when we last looked, or put it. */
const tops = new WeakMap<HTMLElement, number>();

/** Only a movement upwards is surely the reader's; of the latest one the browser may not have told yet. */
const hasMovedUp = (element: HTMLElement): boolean =>
  element.scrollTop < (tops.get(element) ?? 0) - 1 && distanceToEnd(element) > 1;

function keepAtEnd(element: HTMLElement | null): void {
  if (!element || hasMovedUp(element)) return;
  element.scrollTop = element.scrollHeight;
  tops.set(element, element.scrollTop);
}

const distanceToEnd = ({ scrollHeight, scrollTop, clientHeight }: HTMLElement): number =>
  scrollHeight - scrollTop - clientHeight;

/** Also where something grows by itself: the box where one writes, or an answer that is drawn in portions. Returns what ends that. */
function stayAtEnd(element: HTMLElement | null): () => void {
  const observer = new ResizeObserver(() => keepAtEnd(element));
  if (element) for (const one of [element, ...element.children]) observer.observe(one);
  return () => observer.disconnect();
}

const isNearBeginning = (element: HTMLElement | null): boolean =>
  element !== null && element.clientHeight > 0 && element.scrollTop < nearPx.beginning;

/** What comes in above the first item pushes it down; the reader is moved along with it. */
function useSteadiness(scroller: RefObject<HTMLElement | null>): void {
  const first = useRef<{ element: Element; top: number }>(undefined);
  useLayoutEffect(() => {
    const element = scroller.current;
    const list = element?.querySelector("#talk");
    const before = first.current;
    if (before?.element.isConnected && element) element.scrollTop += topOf(before.element) - before.top;
    const now = list?.firstElementChild;
    first.current = now ? { element: now, top: topOf(now) } : undefined;
  });
}

const topOf = (element: Element): number => (element as HTMLElement).offsetTop;

/** Tells whether the reader is at the end, which also moves away by itself. */
function watch(element: HTMLElement, tell: (isAtEnd: boolean) => void): () => void {
  const scrolled = (): void => {
    if (hasMovedUp(element)) tell(false);
    else if (distanceToEnd(element) < nearPx.end) tell(true);
    tops.set(element, element.scrollTop);
  };
  element.addEventListener("scroll", scrolled, { passive: true });
  return () => element.removeEventListener("scroll", scrolled);
}
