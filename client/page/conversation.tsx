// What was said, oldest first. It is long, so it is drawn in sheets: one that nothing has changed in is passed over.
import { memo, useMemo, useRef, useState } from "react";
import type { Item } from "../index.ts";
import type { TalkInReact } from "../react.ts";
import { AnswerView } from "./answer.tsx";
import { Beginning } from "./beginning.tsx";
import { MessageView } from "./message.tsx";
import { useScrolling, type Scrolling } from "./scrolling.ts";
import { createSheets, idOf } from "./sheets.ts";
import { Unsent } from "./unsent.tsx";

type Props = {
  talk: TalkInReact;
  /** The message that is being edited. */
  edited: string | undefined;
  onEdit: (message: string | undefined) => void;
};

export function Conversation({ talk, edited, onEdit }: Props) {
  const { transcript, state } = talk;
  const { items } = transcript;
  const scroller = useRef<HTMLElement>(null);
  const { isFollowing, follow } = useScrolling(scroller, talk);
  const [sheetsOf] = useState(createSheets);
  const queue = useMemo(() => queueOf(items), [items]);
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
      <Latest isFollowing={isFollowing} follow={follow} />
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
  /** Only for its functions, which stay the same. */
  talk: TalkInReact;
  me: string | undefined;
  /** The latest answer, where it is on this sheet; and so with the next two. */
  last: string | undefined;
  edited: string | undefined;
  /** The ids of those who wait, with spaces between. */
  queue: string;
  onEdit: (message: string | undefined) => void;
};

const Sheet = memo(function Sheet({ items, talk, me, last, edited, queue, onEdit }: SheetProps) {
  const waiting = queue.split(" ");
  return items.map((item) =>
    item.type === "answer" ? (
      <AnswerView key={item.run} answer={item} regenerate={talk.regenerate} isLast={item.run === last} />
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

function isSame(before: SheetProps, after: SheetProps): boolean {
  return (
    before.items.length === after.items.length &&
    before.items.every((item, index) => item === after.items[index]) &&
    (["me", "last", "edited", "queue", "onEdit"] as const).every((name) => before[name] === after[name]) &&
    before.talk.say === after.talk.say
  );
}

/** The messages that wait for their answers, in their order. */
function queueOf(items: readonly Item[]): readonly string[] {
  const answered = new Set(items.map((item) => (item.type === "answer" ? item.message : "")));
  return items.flatMap((item) =>
    item.type === "message" && item.reply && !answered.has(item.id) ? [item.id] : [],
  );
}
