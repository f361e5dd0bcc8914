// A document and the talk about it, side by side; on a phone one of them at a time.
import { useEffect, useMemo, useState } from "react";
import { useTalk, type TalkInReact } from "../../react.ts";
import { useName } from "../place.ts";
import { Room } from "../room.tsx";
import { Bar } from "./bar.tsx";
import type { Editor, Extent } from "./editor.ts";
import { Head } from "./head.tsx";
import { useDocument } from "./open-document.ts";
import { Panes, type Pane } from "./panes.tsx";
import { Paper } from "./paper.tsx";
import { passageOf } from "./passage.ts";

export function Desk({ room }: { room: string }) {
  const [name, setName] = useName();
  const talk = useTalk({ url: "/", room, name });
  const { document, state } = useDocument(room, talk.state.me);
  const [editor, setEditor] = useState<Editor>();
  const [extent, setExtent] = useState<Extent>("none");
  const [pane, show] = useState<Pane>("document");
  useEffect(() => void (globalThis.document.title = `${room.slice(0, 30)} · Parlor`), [room]);
  const shared = { talk, room, document, state };
  return (
    <Room
      talk={useReading(talk, room, state.isThere)}
      name={name}
      onName={setName}
      elsewhere={<a href={`/#${room}`}>Only talk</a>}
    >
      <Panes talk={talk} shown={pane} onShow={show} />
      <section className="document" aria-label="The document">
        <Head state={state} onReconnect={() => document?.reconnect()} />
        <Paper document={document} talk={talk} onEditor={setEditor} onSelection={setExtent} />
        <Bar {...shared} editor={editor} extent={extent} onTalk={() => show("talk")} />
      </section>
    </Room>
  );
}

/** What is said here is about the document: the assistant reads it. Where there is none, it is said all the same. */
function useReading(talk: TalkInReact, room: string, isThere: boolean): TalkInReact {
  const { commands } = talk;
  const reading = useMemo(() => {
    if (!isThere) return commands;
    const say: TalkInReact["say"] = (text, options) =>
      commands.say(text, { target: passageOf(room, "read"), ...options });
    return { ...commands, say };
  }, [commands, room, isThere]);
  return useMemo(() => ({ ...talk, ...reading, commands: reading }), [talk, reading]);
}
