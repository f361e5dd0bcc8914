// The upstream of the soak, a process of its own: it speaks OpenAI's stream, and answers as the question asks it to.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { orderIn, wordAt, type Order } from "./order.ts";

const fallback: Order = { words: 20, chars: 8, pace: 40 };

const eventOf = (choice: object): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`;
const finish = `${eventOf({ delta: {}, finish_reason: "stop" })}data: [DONE]\n\n`;

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on("data", (piece: Buffer) => pieces.push(piece));
  request.on("end", () => {
    response.on("error", () => {});
    response.writeHead(200, { "content-type": "text/event-stream" });
    const order = orderIn(Buffer.concat(pieces).toString()) ?? fallback;
    if (order.pace === 0) pour(response, order);
    else pace(response, order);
  });
});

const write = (response: ServerResponse, order: Order, index: number): boolean =>
  response.write(eventOf({ delta: { content: wordAt(index, order) } }));

function pace(response: ServerResponse, order: Order): void {
  let index = 0;
  const timer = setInterval(() => {
    if (index === order.breaksAt) return void response.destroy();
    if (index < order.words) return void write(response, order, index++);
    clearInterval(timer);
    response.end(finish);
  }, 1000 / order.pace);
  response.on("close", () => clearInterval(timer));
}

function pour(response: ServerResponse, order: Order, from = 0): void {
  for (let index = from; index < order.words && !response.destroyed; index++) {
    if (write(response, order, index)) continue;
    response.once("drain", () => pour(response, order, index + 1));
    return;
  }
  response.end(finish);
}

server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit());
