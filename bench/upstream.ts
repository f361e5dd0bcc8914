// An upstream in a process of its own: it speaks OpenAI's stream, a word at a steady pace, and tells when it is let go.
// Arguments: words a second for each request (0 = as fast as it is read), characters in a word, words in an answer.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const [perSecond = 80, wordChars = 6, answerWords = Infinity] = process.argv.slice(2).map(Number);

/** Times are of the machine's monotonic clock, which all its processes share. Nanoseconds as text. */
export type Told = { port: number } | { tag: string; closedAt: string };

const tell = (told: Told): void => void process.send?.(told);

const word = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "word ".padEnd(wordChars, "x") } }] })}\n\n`;
const finish = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`;

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (data: Buffer) => (body += data.toString()));
  request.on("end", () => {
    const tag = /tag-\d+/g.exec(body.slice(body.lastIndexOf("tag-")))?.[0] ?? "";
    response.on("error", () => {});
    response.on("close", () => tell({ tag, closedAt: String(process.hrtime.bigint()) }));
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (perSecond === 0) flatOut(response, answerWords);
    else paced(response, answerWords);
  });
});

function paced(response: ServerResponse, left: number): void {
  const timer = setInterval(() => {
    if (left-- > 0) return void response.write(word);
    clearInterval(timer);
    response.end(finish);
  }, 1000 / perSecond);
  response.on("close", () => clearInterval(timer));
}

function flatOut(response: ServerResponse, left: number): void {
  while (left-- > 0 && !response.destroyed) {
    if (response.write(word)) continue;
    response.once("drain", () => flatOut(response, left));
    return;
  }
  response.end(finish);
}

server.listen(0, "127.0.0.1", () => tell({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit());
