// A room: who is here, what was said, and what one says.
import { useCallback, useMemo, useRef, useState } from "react";
import type { TalkInReact } from "../react.ts";
import { About } from "./about.tsx";
import { Composer } from "./composer.tsx";
import { Conversation } from "./conversation.tsx";
import { EditingContext, useEditing } from "./editing.ts";
import { useLastingFocus } from "./focus.ts";
import { Header } from "./header.tsx";
import { News } from "./news.tsx";
import { usePace } from "./pace.ts";
import { queueOf } from "./queue.ts";
import { Trouble } from "./trouble.tsx";
import type { Desk } from "./writing.tsx";

type Props = { talk: TalkInReact; name: string; onName: (name: string) => void };

export function Room({ talk, name, onName }: Props) {
  const [isAboutOpen, setAboutOpen] = useState(false);
  const desk = useRef<Desk>(null);
  const giveBack = useCallback((text: string) => desk.current?.giveBack(text), []);
  const editing = useEditing(talk, giveBack);
  const pace = usePace(talk);
  const { items } = talk.transcript;
  const queue = useMemo(() => queueOf(items), [items]);
  const room = useRef<HTMLDivElement>(null);
  useLastingFocus(room);
  const shared = { talk, queue, onEdit: editing.begin };
  return (
    <div className="room" data-connection={talk.state.connection.name} ref={room}>
      <Header talk={talk} isAboutOpen={isAboutOpen} onAbout={() => setAboutOpen(!isAboutOpen)} />
      <Trouble talk={talk} />
      <EditingContext.Provider value={editing}>
        <Conversation {...shared} edited={editing.message?.id} />
      </EditingContext.Provider>
      <Composer {...shared} name={name} onName={onName} desk={desk} />
      {isAboutOpen && <About talk={talk} pace={pace} onClose={() => setAboutOpen(false)} />}
      <News talk={talk} />
    </div>
  );
}
