// The same as bare.js on `socket.io`: it has rooms of its own, and a frame for each event.
//
// A client of theirs connects with `io(url, { transports: ["websocket"], query: { room: "kitchen" } })`; without a room
// it is alone. It emits `say` (a text) and `cancel`, and hears `token` (a text) and `end` (the reason, as in bare.js).
//
// By hand: open ws://<host>/socket.io/?EIO=4&transport=websocket&room=kitchen, which tells 0{"sid":...}, send 40 and
// wait for 40{"sid":...}. Then 42["say","Hello"] or 42["cancel"] goes out, 42["token","word "] comes for each delta and
// 42["end","stop"] at the end. To a 2, every 25 seconds, the answer is a 3.
import { createServer } from "node:http";
import OpenAI from "openai";
import { Server } from "socket.io";
/* global AbortController */

const openai = new OpenAI(); // key and address are in the environment
const http = createServer();
const io = new Server(http, { serveClient: false });
const runs = new Map();

async function answer(room, text) {
  runs.get(room)?.abort();
  const run = new AbortController();
  runs.set(room, run);
  let reason = "stop";
  try {
    const messages = [{ role: "user", content: text }];
    const request = { model: "gpt-5-mini", messages, stream: true };
    const stream = await openai.chat.completions.create(request, { signal: run.signal });
    for await (const { choices } of stream) {
      const [choice] = choices;
      if (choice?.delta.content) io.to(room).emit("token", choice.delta.content);
      if (choice?.finish_reason) reason = choice.finish_reason;
    }
  } catch {
    reason = "error";
  }
  if (runs.get(room) === run) runs.delete(room);
  io.to(room).emit("end", run.signal.aborted ? "cancelled" : reason); // an aborted stream ends without a throw
}

io.on("connection", (socket) => {
  const room = String(socket.handshake.query.room ?? socket.id);
  void socket.join(room);
  socket.on("say", (text) => void answer(room, String(text)));
  socket.on("cancel", () => runs.get(room)?.abort());
});

// the last one has left
io.of("/").adapter.on("delete-room", (room) => runs.get(room)?.abort());

http.listen(Number(process.env.PORT), "127.0.0.1", () =>
  console.log(`listening on http://127.0.0.1:${http.address().port}`),
);
