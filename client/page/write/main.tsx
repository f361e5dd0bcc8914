// The page where people write together: puts its components where write.html has a place for them.
import { createRoot } from "react-dom/client";
import { isRoom } from "../../address.ts";
import { NoRoom } from "../no-room.tsx";
import { decoded } from "../place.ts";
import { applyTheme } from "../theme.ts";
import { Desk } from "./desk.tsx";

const room = decoded(location.pathname.replace(/^\/write\//, ""));

applyTheme();
createRoot(document.getElementById("page") as HTMLElement).render(
  isRoom(room) ? <Desk room={room} /> : <NoRoom name={room} below="/write/" />,
);
