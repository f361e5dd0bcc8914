// A message of one's own that is being edited. What was typed is lost neither to a refusal, nor to a cut, nor to others.
import { createContext, useCallback, useEffect, useRef, useState, type RefObject } from "react";
import type { Item, SaidMessage } from "../index.ts";
import type { TalkInReact } from "../react.ts";
import { idOf } from "./sheets.ts";

export type Editing = {
  readonly message: SaidMessage | undefined;
  /** It is on its way: the message leaves when the server has it. */
  readonly isSaving: boolean;
  readonly isOpen: boolean;
  /** What is typed, also where the box for it is made anew. */
  readonly typed: () => string;
  readonly write: (text: string) => void;
  readonly save: () => void;
  /** Another message, or none. */
  readonly begin: (message?: SaidMessage) => void;
};

/** Only the open editor looks at it, so that no other message is drawn for its sake. */
export const EditingContext = createContext<Editing | undefined>(undefined);

/** The latest edit that was sent, and what had been refused before it, or was since. */
type Sent = { readonly id: string; readonly text: string; refusal: Refusal };
type Refusal = TalkInReact["state"]["refusal"];

export function useEditing(talk: TalkInReact, giveBack: (text: string) => void): Editing {
  const [message, setMessage] = useState<SaidMessage>();
  const [isSaving, setSaving] = useState(false);
  const typed = useRef("");
  const sent = useRef<Sent>(undefined);
  const { refusal, connection } = talk.state;
  const isOpen = connection.name === "open";

  const begin = useCallback((next?: SaidMessage) => {
    typed.current = next?.text ?? "";
    setSaving(false);
    setMessage(next);
  }, []);
  const save = (): void => {
    const text = typed.current;
    if (!message || isSaving || !text.trim()) return;
    if (text === message.text) return begin();
    const isSent = talk.edit(message.id, text);
    if (isSent) sent.current = { id: message.id, text, refusal };
    setSaving(isSent);
  };

  useEffect(() => (isOpen ? undefined : setSaving(false)), [isOpen]);
  useRefusal(refusal, sent, ({ id, text }) => (id === message?.id ? setSaving(false) : giveBack(text)));
  useDeparture(talk, message, () => {
    if (!isSaving && isWorthKeeping(typed.current, message, talk)) giveBack(typed.current);
    begin();
  });
  return {
    message,
    isSaving,
    isOpen,
    typed: () => typed.current,
    write: (t) => void (typed.current = t),
    save,
    begin,
  };
}

/** Calls this with what was refused. When its message has left by then, that was because of somebody else. */
function useRefusal(
  refusal: Refusal,
  { current }: RefObject<Sent | undefined>,
  refused: (sent: Sent) => void,
): void {
  useEffect(() => {
    if (refusal?.ref !== "edit" || !current || refusal === current.refusal) return;
    current.refusal = refusal;
    refused(current);
  }, [refusal]);
}

/** Calls this when the message is in the conversation no more. */
function useDeparture(
  { transcript, state }: TalkInReact,
  message: SaidMessage | undefined,
  depart: () => void,
): void {
  const { items } = transcript;
  useEffect(() => {
    if (!message || !state.isCaughtUp || items.some((item) => idOf(item) === message.id)) return;
    depart();
  }, [items, message, state.isCaughtUp]);
}

/** Not what is there already: of an edit that a cut has hidden from us we see only what came of it. */
const isWorthKeeping = (
  text: string,
  message: SaidMessage | undefined,
  { transcript, state }: TalkInReact,
): boolean =>
  text.trim() !== "" &&
  text !== message?.text &&
  !transcript.items.some(
    (item: Item) => item.type === "message" && item.author.id === state.me?.id && item.text === text,
  );
