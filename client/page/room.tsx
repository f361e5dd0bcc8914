// A room: who is here, what was said, and what one says; and what people do beside the talk.
import { useCallback, useMemo, useRef, useState, type ReactNode } from "react";
import type { TalkInReact } from "../react.ts";
import { About } from "./about.tsx";
import { Composer } from "./composer.tsx";
import { Conversation } from "./conversation.tsx";
import { EditingContext, useEditing } from "./editing.ts";
import { useLastingFocus } from "./focus.ts";
import { Header } from "./header.tsx";
import { News } from "./news.tsx";
import { usePace } from "./pace.ts";
import { BesideContext } from "./passage.ts";
import { queueOf } from "./queue.ts";
import { Trouble } from "./trouble.tsx";
import type { Desk } from "./writing.tsx";

type Props = {
  talk: TalkInReact;
  name: string;
  onName: (name: string) => void;
  /** A link to where else this conversation is. */
  elsewhere: ReactNode;
  /** Beside the talk. */
  children?: ReactNode;
};

export function Room({ talk, name, onName, elsewhere, children }: Props) {
  const [isAboutOpen, setAboutOpen] = useState(false);
  const desk = useRef<Desk>(null);
  const giveBack = useCallback((text: string) => desk.current?.giveBack(text), []);
  const editing = useEditing(talk, giveBack);
  const pace = usePace(talk);
  const { items } = talk.transcript;
  const queue = useMemo(() => queueOf(items), [items]);
  const room = useRef<HTMLDivElement>(null);
  useLastingFocus(room);
  const isBeside = children !== undefined;
  const shared = { talk, queue, onEdit: editing.begin };
  return (
    <div
      className={isBeside ? "room beside" : "room"}
      data-connection={talk.state.connection.name}
      ref={room}
    >
      <Header
        talk={talk}
        elsewhere={elsewhere}
        isAboutOpen={isAboutOpen}
        onAbout={() => setAboutOpen(!isAboutOpen)}
      />
      <Trouble talk={talk} />
      {children}
      <BesideContext.Provider value={isBeside}>
        <EditingContext.Provider value={editing}>
          <Conversation {...shared} edited={editing.message?.id} />
        </EditingContext.Provider>
        <Composer {...shared} name={name} onName={onName} desk={desk} />
        {isAboutOpen && (
          <About talk={talk} pace={pace} elsewhere={elsewhere} onClose={() => setAboutOpen(false)} />
        )}
      </BesideContext.Provider>
      <News talk={talk} />
    </div>
  );
}
