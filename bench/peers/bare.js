// What one writes by hand in an hour: `ws` and `openai`, rooms and a way to stop. The yardstick for everything else.
//
// ws://<host>/ws is a private conversation, ws://<host>/ws/<room> one that is shared by name. Text frames of JSON.
// Client: {"type":"say","text":"Hello"} and {"type":"cancel"}. A `say` while an answer is made stops that answer.
// Server: {"type":"token","text":"word "} for each delta, then {"type":"end","reason":"stop"}. The reason is the
// model's finish reason, or "cancelled", or "error".
import OpenAI from "openai";
import { WebSocketServer } from "ws";
/* global AbortController */

const openai = new OpenAI(); // key and address are in the environment
const rooms = new Map();

function broadcast(room, frame) {
  const data = JSON.stringify(frame);
  for (const socket of room.sockets) socket.send(data);
}

async function answer(room, text) {
  room.run?.abort();
  const { signal } = (room.run = new AbortController());
  let reason = "stop";
  try {
    const messages = [{ role: "user", content: text }];
    const request = { model: "gpt-5-mini", messages, stream: true };
    const stream = await openai.chat.completions.create(request, { signal });
    for await (const { choices } of stream) {
      const [choice] = choices;
      if (choice?.delta.content) broadcast(room, { type: "token", text: choice.delta.content });
      if (choice?.finish_reason) reason = choice.finish_reason;
    }
  } catch {
    reason = "error";
  }
  broadcast(room, { type: "end", reason: signal.aborted ? "cancelled" : reason }); // an aborted stream ends without a throw
}

function obey(room, data) {
  try {
    const { type, text } = JSON.parse(data);
    if (type === "say") void answer(room, String(text));
    if (type === "cancel") room.run?.abort();
  } catch {
    // not JSON: nothing that a page of ours sends
  }
}

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.env.PORT) });

server.on("connection", (socket, request) => {
  const name = /^\/ws\/([^/?]+)/.exec(request.url)?.[1];
  const room = rooms.get(name) ?? { sockets: new Set(), run: undefined };
  if (name) rooms.set(name, room);
  room.sockets.add(socket);
  socket.on("message", (data) => obey(room, data));
  socket.on("error", () => {}); // a close follows; without a listener it would end the process
  socket.on("close", () => {
    room.sockets.delete(socket);
    if (room.sockets.size > 0) return;
    room.run?.abort();
    rooms.delete(name);
  });
});

server.on("listening", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
