// The page as a whole: a room, or a word about why there is none.
import { useEffect } from "react";
import { isRoom } from "../address.ts";
import { useTalk } from "../react.ts";
import { NoRoom } from "./no-room.tsx";
import { keepInAddress, useName, useRoom } from "./place.ts";
import { Room } from "./room.tsx";

export function App() {
  const room = useRoom();
  if (room !== undefined && !isRoom(room)) return <NoRoom name={room} />;
  return <Entrance key={room} room={room} />;
}

function Entrance({ room }: { room: string | undefined }) {
  const [name, setName] = useName();
  const talk = useTalk({ url: "/", room, name });
  const { conversation } = talk.state;
  useEffect(() => {
    if (conversation === undefined) return;
    keepInAddress(conversation);
    document.title = conversation.length < 30 ? `${conversation} · Parlor` : "Parlor";
  }, [conversation]);
  const elsewhere = conversation !== undefined && (
    <a href={`/write/${conversation}`}>
      Write<span className="wide"> together</span>
    </a>
  );
  return <Room talk={talk} name={name} onName={setName} elsewhere={elsewhere} />;
}
