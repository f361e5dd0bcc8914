// What the assistant does in the document, as the transcript tells it: nothing, writing, or what it wrote last.
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { Item as Piece, type Text } from "yjs";
import type { Answer, Item, SaidMessage } from "../../index.ts";
import type { TalkInReact } from "../../react.ts";
import { isWordless } from "../answer.tsx";
import { isForDocument } from "../passage.ts";
import { activeOf, queueOf } from "../queue.ts";
import type { SharedDocument } from "./document.ts";
import { caretsOf, onOthers } from "./peers.ts";

type Doing = {
  /** What is being written, or was last. */
  readonly answer: Answer | undefined;
  readonly isWriting: boolean;
  /** Some of it is in the document. */
  readonly isStanding: boolean;
  /** What one has asked for, and that is not its turn. */
  readonly waiting: SaidMessage | undefined;
};

export function useWork(talk: TalkInReact, room: string, document: SharedDocument | undefined): Doing {
  const { items } = talk.transcript;
  const me = talk.state.me?.id;
  const answer = useMemo(() => writtenOf(items, room), [items, room]);
  const waiting = useMemo(() => waitingOf(items, room, me), [items, room, me]);
  const isStanding = useStanding(document, answer);
  return { answer, isWriting: answer !== undefined && !answer.reason, isStanding, waiting };
}

/** The latest answer that was for this document, being written or ended; not one that was taken back before its first word. */
function writtenOf(items: readonly Item[], room: string): Answer | undefined {
  const asked = new Map(items.flatMap((item) => (isAsked(item, room) ? [[item.id, item.author.id]] : [])));
  if (asked.size === 0) return undefined;
  const isHere = (item: Item): item is Answer =>
    item.type === "answer" &&
    asked.has(item.message) &&
    !(isWordless(item) && item.by?.id === asked.get(item.message));
  return items.findLast((item): item is Answer => isHere(item) && !item.reason) ?? items.findLast(isHere);
}

const isAsked = (item: Item, room: string): item is SaidMessage =>
  item.type === "message" && isForDocument(item) && item.target?.document === room;

/** The latest that this person has asked for here, and that waits for another answer to end. */
function waitingOf(items: readonly Item[], room: string, me = ""): SaidMessage | undefined {
  if (!activeOf(items)) return undefined;
  const queue = new Set(queueOf(items));
  return items.findLast(
    (item): item is SaidMessage => isAsked(item, room) && queue.has(item.id) && item.author.id === me,
  );
}

/** Whether words of this answer stand in the document. Who came after they were written takes it that they do. */
function useStanding(document: SharedDocument | undefined, answer: Answer | undefined): boolean {
  const writers = useRef(new Map<string, Set<number>>());
  const writing = answer?.reason ? undefined : answer?.run;
  useEffect(() => {
    if (!document || writing === undefined) return;
    const { awareness, text } = document;
    const look = (): void => {
      const clients = caretsOf(awareness, text).flatMap(({ peer }) => (peer.isAssistant ? peer.client : []));
      const known = writers.current.get(writing) ?? [];
      if (clients.length > 0) writers.current.set(writing, new Set([...known, ...clients]));
    };
    look();
    return onOthers(awareness, look);
  }, [document, writing]);
  const subscribe = useCallback((listener: () => void) => onText(document, listener), [document]);
  return useSyncExternalStore(subscribe, () => {
    const clients = writers.current.get(answer?.run ?? "");
    return !document || !clients || [...clients].some((client) => hasWordsOf(client, document.text));
  });
}

function onText(document: SharedDocument | undefined, listener: () => void): () => void {
  document?.text.observe(listener);
  return () => document?.text.unobserve(listener);
}

/** Each run writes under a number of its own. */
const hasWordsOf = (client: number, { doc }: Text): boolean =>
  doc?.store.clients.get(client)?.some((one) => one instanceof Piece && !one.deleted && one.countable) ??
  false;
