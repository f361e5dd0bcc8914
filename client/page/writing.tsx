// The box one writes in, and its buttons.
import { useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import { TalkError } from "../index.ts";
import type { TalkInReact } from "../react.ts";

type Props = { talk: TalkInReact; isForPeople: boolean; onEdit: (message: string) => void };

export function Writing({ talk, isForPeople, onEdit }: Props) {
  const { text, write, say } = useWriting(talk, isForPeople);
  const box = useRef<HTMLTextAreaElement>(null);
  const isBusy = talk.transcript.items.some((item) => item.type === "answer" && !item.reason);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    say();
    box.current?.focus();
  };
  const keys: Readonly<Record<string, (event: KeyboardEvent) => void>> = {
    Enter: (event) => (event.shiftKey ? undefined : submit(event)),
    Escape: () => (isBusy ? talk.cancel() : undefined),
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
          placeholder={isForPeople ? "Say something to the people here" : "Say something"}
          aria-describedby="keys"
          onChange={(event) => write(event.target.value)}
          onKeyDown={(event) => (event.nativeEvent.isComposing ? undefined : keys[event.key]?.(event))}
        />
        <div aria-hidden="true">{`${text} `}</div>
      </div>
      <button type="button" className="stop" disabled={!isBusy} onClick={() => talk.cancel()}>
        Stop
      </button>
      <button type="submit" className="primary" disabled={talk.state.connection.name === "closed"}>
        Send
      </button>
    </form>
  );
}

type Written = { readonly text: string; readonly write: (text: string) => void; readonly say: () => void };

/** What was refused goes back to where it was written. */
function useWriting(talk: TalkInReact, isForPeople: boolean): Written {
  const [text, setText] = useState("");
  const write = (next: string): void => {
    setText(next);
    talk.typing(next !== "");
  };
  const say = (): void => {
    if (!text.trim()) return;
    setText("");
    const said: Promise<unknown> = isForPeople ? talk.tell(text) : talk.say(text).outcome;
    said.catch((error: unknown) => error instanceof TalkError && setText((now) => now || text));
  };
  return { text, write, say };
}

function editLast(
  event: KeyboardEvent,
  { transcript, state }: TalkInReact,
  edit: (id: string) => void,
): void {
  event.preventDefault(); // else it would move the cursor in the box that opens
  const own = transcript.items.findLast((item) => item.type === "message" && item.author.id === state.me?.id);
  if (own?.type === "message") edit(own.id);
}
