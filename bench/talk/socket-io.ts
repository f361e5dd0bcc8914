// Socket.IO's protocol over a WebSocket, as far as it is needed: "40" joins, "42[name,value]" is an event, "2" a ping.
// https://socket.io/docs/v4/socket-io-protocol/
import { WebSocket } from "ws";
import type { Talk } from "./talk.ts";

export const socketIoTalk: Talk = (address, ear, room) => {
  const query = `EIO=4&transport=websocket${room === undefined ? "" : `&room=${room}`}`;
  const socket = new WebSocket(`${address.replace("http", "ws")}/socket.io/?${query}`, {
    perMessageDeflate: false,
  });
  const emit = (...event: string[]): void => socket.send(`42${JSON.stringify(event)}`);
  const talker = {
    say: (text: string) => emit("say", text),
    cancel: () => emit("cancel"),
    close: () => socket.terminate(),
  };
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data: Buffer) => {
      const packet = data.toString();
      if (packet === "2") return socket.send("3");
      if (packet.startsWith("0")) return socket.send("40");
      if (packet.startsWith("40")) return resolve(talker);
      const [name, text] = JSON.parse(packet.slice(2)) as [string, string];
      if (name === "token") ear.words(text);
      else if (name === "end") ear.end();
    });
  });
};
