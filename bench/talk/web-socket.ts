// Parlor's frames, of which hand-written servers have the same three.
import { once } from "node:events";
import { WebSocket } from "ws";
import type { Talk } from "./talk.ts";

type Frame = { type: string; text?: string };

export const webSocketTalk: Talk = async (address, ear, room) => {
  const url = `${address.replace("http", "ws")}/ws${room === undefined ? "" : `/${room}`}`;
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on("message", (data: Buffer) => {
    const { type, text = "" } = JSON.parse(data.toString()) as Frame;
    if (type === "token") ear.words(text);
    else if (type === "end") ear.end();
  });
  await once(socket, "open");
  const send = (command: object): void => socket.send(JSON.stringify(command));
  return {
    say: (text) => send({ type: "say", text }),
    cancel: () => send({ type: "cancel" }),
    close: () => socket.terminate(),
  };
};
