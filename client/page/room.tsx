// A room: who is here, what was said, and what one says.
import { useRef, useState } from "react";
import type { TalkInReact } from "../react.ts";
import { About } from "./about.tsx";
import { Composer } from "./composer.tsx";
import { Conversation } from "./conversation.tsx";
import { useLastingFocus } from "./focus.ts";
import { Header } from "./header.tsx";
import { News } from "./news.tsx";
import { usePace } from "./pace.ts";
import { Trouble } from "./trouble.tsx";

type Props = { talk: TalkInReact; name: string; onName: (name: string) => void };

export function Room({ talk, name, onName }: Props) {
  const [isAboutOpen, setAboutOpen] = useState(false);
  const [edited, setEdited] = useState<string>();
  const pace = usePace(talk);
  const room = useRef<HTMLDivElement>(null);
  useLastingFocus(room);
  return (
    <div className="room" ref={room}>
      <Header talk={talk} isAboutOpen={isAboutOpen} onAbout={() => setAboutOpen(!isAboutOpen)} />
      <Trouble talk={talk} />
      <Conversation talk={talk} edited={edited} onEdit={setEdited} />
      <Composer talk={talk} name={name} onName={onName} onEdit={setEdited} />
      {isAboutOpen && <About talk={talk} pace={pace} onClose={() => setAboutOpen(false)} />}
      <News talk={talk} />
    </div>
  );
}
