// What was said, oldest first. It is long, so it is drawn in sheets: one that nothing has changed in is passed over.
import { memo, useCallback, useRef, useState } from "react";
import type { Item, SaidMessage } from "../index.ts";
import type { TalkInReact } from "../react.ts";
import { AnswerView } from "./answer.tsx";
import { Beginning } from "./beginning.tsx";
import { MessageView } from "./message.tsx";
import { useScrolling, type Scrolling } from "./scrolling.ts";
import { createSheets, idOf } from "./sheets.ts";
import { Unsent } from "./unsent.tsx";

type Props = {
  talk: TalkInReact;
  queue: readonly string[];
  /** The message that is being edited. */
  edited: string | undefined;
  onEdit: (message: SaidMessage) => void;
};

export function Conversation({ talk, queue, edited, onEdit }: Props) {
  const { transcript, state } = talk;
  const { items } = transcript;
  const scroller = useRef<HTMLElement>(null);
  const { isFollowing, follow } = useScrolling(scroller, talk);
  const [sheetsOf] = useState(createSheets);
  const find = useFinding(items);
  const last = items.findLast((item) => item.type === "answer")?.run;
  return (
    <>
      <main ref={scroller} tabIndex={0} aria-label="The conversation">
        <h2 className="unseen">What was said</h2>
        {state.past === "asked" && <p className="hint">Getting what was said before…</p>}
        <ol id="talk">
          {sheetsOf(items).map((sheet) => {
            const has = (id: string | undefined): boolean => sheet.items.some((item) => idOf(item) === id);
            return (
              <Sheet
                key={sheet.key}
                items={sheet.items}
                before={sheet.before}
                find={find}
                talk={talk}
                me={state.me?.id}
                last={has(last) ? last : undefined}
                edited={has(edited) ? edited : undefined}
                queue={queue.some(has) ? queue.join(" ") : ""}
                onEdit={onEdit}
              />
            );
          })}
        </ol>
        <Unsent talk={talk} />
        {items.length === 0 && state.isCaughtUp && state.unsent.length === 0 && <Beginning talk={talk} />}
      </main>
      <Latest isFollowing={isFollowing || items.length === 0} follow={follow} />
    </>
  );
}

const Latest = ({ isFollowing, follow }: Scrolling) => (
  <div className="latest">
    {!isFollowing && (
      <button type="button" onClick={follow}>
        ↓ Latest
      </button>
    )}
  </div>
);

type SheetProps = {
  items: readonly Item[];
  before: string | undefined;
  find: (id: string) => SaidMessage | undefined;
  /** Only for its functions, which stay the same. */
  talk: TalkInReact;
  me: string | undefined;
  /** The latest answer, where it is on this sheet; and so with the next two. */
  last: string | undefined;
  edited: string | undefined;
  /** The ids of those who wait, with spaces between. */
  queue: string;
  onEdit: (message: SaidMessage) => void;
};

const Sheet = memo(function Sheet({ items, talk, me, last, edited, queue, onEdit, ...sheet }: SheetProps) {
  const waiting = queue.split(" ");
  return items.map((item, index) =>
    item.type === "answer" ? (
      <AnswerView
        key={item.run}
        answer={item}
        regenerate={talk.regenerate}
        undo={talk.undo}
        isLast={item.run === last}
        isApart={aboveOf(items, index, sheet.before) !== item.message}
        find={sheet.find}
      />
    ) : (
      <MessageView
        key={item.id}
        message={item}
        talk={talk}
        isMine={item.author.id === me}
        place={waiting.indexOf(item.id)}
        isEdited={item.id === edited}
        onEdit={onEdit}
      />
    ),
  );
}, isSame);

function aboveOf(items: readonly Item[], index: number, before: string | undefined): string | undefined {
  const above = items[index - 1];
  return above ? idOf(above) : before;
}

/** Finds a message by its id, the latest first. It is asked only for the few that do not stand where one looks. */
function useFinding(items: readonly Item[]): (id: string) => SaidMessage | undefined {
  const all = useRef(items);
  all.current = items;
  return useCallback(
    (id) => all.current.findLast((item): item is SaidMessage => item.type === "message" && item.id === id),
    [],
  );
}

function isSame(before: SheetProps, after: SheetProps): boolean {
  return (
    before.items.length === after.items.length &&
    before.items.every((item, index) => item === after.items[index]) &&
    (["me", "last", "edited", "queue", "onEdit", "before", "find"] as const).every(
      (name) => before[name] === after[name],
    ) &&
    before.talk.say === after.talk.say
  );
}
