// The box one writes in, and its buttons.
import {
  useEffect,
  useImperativeHandle,
  useRef,
  type FormEvent,
  type KeyboardEvent,
  type RefObject,
} from "react";
import { TalkError, type SaidMessage } from "../index.ts";
import type { TalkInReact } from "../react.ts";
import { useDraft } from "./draft.ts";
import { isForDocument } from "./passage.ts";
import { activeOf } from "./queue.ts";
import { Stops } from "./stops.tsx";

/** Puts a text that could not be said elsewhere back to where one writes. */
export type Desk = { readonly giveBack: (text: string) => void };

type Props = {
  talk: TalkInReact;
  /** The messages that wait for their answers. */
  queue: readonly string[];
  isUnanswered: boolean;
  onEdit: (message: SaidMessage) => void;
  desk: RefObject<Desk | null>;
};

export function Writing({ talk, queue, isUnanswered, onEdit, desk }: Props) {
  const { text, write, say } = useWriting(talk, isUnanswered, desk);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => (matchMedia("(hover: hover)").matches ? box.current?.focus() : undefined), []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    say();
    box.current?.focus();
  };
  const keys: Readonly<Record<string, (event: KeyboardEvent) => void>> = {
    Enter: (event) => (event.shiftKey ? undefined : submit(event)),
    ArrowUp: (event) => (text === "" ? editLast(event, talk, onEdit) : undefined),
  };
  return (
    <form onSubmit={submit}>
      <div className="growing">
        <textarea
          aria-label="Your message"
          ref={box}
          rows={1}
          value={text}
          placeholder={isUnanswered ? "Say something without an answer" : "Say something"}
          aria-describedby="keys"
          onChange={(event) => write(event.target.value)}
          onKeyDown={(event) => (event.nativeEvent.isComposing ? undefined : keys[event.key]?.(event))}
        />
        <div aria-hidden="true">{`${text} `}</div>
      </div>
      <Stops talk={talk} queue={queue} isBusy={activeOf(talk.transcript.items) !== undefined} />
      <button type="submit" className="primary" disabled={talk.state.connection.name === "closed"}>
        Send
      </button>
    </form>
  );
}

type Written = { readonly text: string; readonly write: (text: string) => void; readonly say: () => void };

function useWriting(talk: TalkInReact, isUnanswered: boolean, desk: RefObject<Desk | null>): Written {
  const { connection, conversation } = talk.state;
  const { text, write: draft, giveBack } = useDraft(conversation);
  const hasSaid = useRef(false);
  useEarlier(talk, hasSaid, giveBack);
  useImperativeHandle(desk, () => ({ giveBack }), [giveBack]);
  const write = (next: string): void => {
    draft(next);
    talk.typing(next !== "");
  };
  const say = (): void => {
    if (!text.trim() || connection.name === "closed") return;
    hasSaid.current = true;
    draft("");
    const said: Promise<unknown> = isUnanswered ? talk.tell(text) : talk.say(text).outcome;
    said.catch((error: unknown) => (wasRefused(error) ? giveBack(text) : undefined));
  };
  return { text, write, say };
}

/** What a closed talk leaves is kept and will be said, and what is gone was said: to give those back would ask them twice. */
const wasRefused = (error: unknown): boolean =>
  error instanceof TalkError && error.code !== "closed" && error.code !== "gone";

/** What the page had kept unsent before a reload has nobody here who waits for it. It comes back as well when it is refused. */
function useEarlier(
  { state: { unsent, refusal } }: TalkInReact,
  hasSaid: RefObject<boolean>,
  giveBack: (text: string) => void,
): void {
  const earlier = useRef(new Map<string, string>());
  useEffect(() => {
    const text = earlier.current.get(refusal?.ref ?? "");
    if (text !== undefined) giveBack(text);
    if (text !== undefined) earlier.current.delete(refusal?.ref ?? "");
    if (!hasSaid.current) for (const { id, text } of unsent) earlier.current.set(id, text);
  }, [unsent, refusal, hasSaid, giveBack]);
}

function editLast(
  event: KeyboardEvent,
  { transcript, state }: TalkInReact,
  edit: (message: SaidMessage) => void,
): void {
  event.preventDefault(); // else it would move the cursor in the box that opens
  const own = transcript.items.findLast(
    (item) => item.type === "message" && item.author.id === state.me?.id && !isForDocument(item),
  );
  if (own?.type === "message") edit(own);
}
