// Puts the chat into the page. Its room is in the address: `?room=garden`, else the kitchen.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Chat } from "./chat.tsx";

const room = new URLSearchParams(location.search).get("room") ?? "kitchen";

createRoot(document.getElementById("chat") as HTMLElement).render(
  <StrictMode>
    <Chat room={room} />
  </StrictMode>,
);
