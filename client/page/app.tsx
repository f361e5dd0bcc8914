// The page as a whole: a room, or a word about why there is none.
import { useEffect } from "react";
import { useTalk } from "../react.ts";
import { isRoom, keepInAddress, useName, useRoom } from "./place.ts";
import { Room } from "./room.tsx";

export function App() {
  const room = useRoom();
  if (room !== undefined && !isRoom(room)) return <NoRoom />;
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
  return <Room talk={talk} name={name} onName={setName} />;
}

function NoRoom() {
  return (
    <main className="nowhere">
      <h1>This is no room</h1>
      <p>A room&rsquo;s name is 1 to 128 of A-Z a-z 0-9 . _ ~ -</p>
      <p>
        <a href="/">Open a new one</a>
      </p>
    </main>
  );
}
