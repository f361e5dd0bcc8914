// An upstream in a process of its own: it speaks OpenAI's stream, a word at a steady pace, and tells when it is let go.
// Arguments: words a second for each request (0 = as fast as it is read), characters in a word, words in an answer,
// and `stamped` for words that are the time at which they were written, in nanoseconds, with a space at the end.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const [perSecond = 80, wordChars = 6, answerWords = Infinity] = process.argv.slice(2, 5).map(Number);
const isStamped = process.argv[5] === "stamped";

/** Times are of the machine's monotonic clock, which all its processes share. Nanoseconds as text. */
export type Told = { port: number } | { tag: string; closedAt: string };

const tell = (told: Told): void => void process.send?.(told);

const eventOf = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const word = eventOf("word ".padEnd(wordChars, "x"));
const stamped = (): string => eventOf(`${String(process.hrtime.bigint()).padStart(wordChars - 1, "0")} `);
const nextWord = (): string => (isStamped ? stamped() : word);
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
    if (left-- > 0) return void response.write(nextWord());
    clearInterval(timer);
    response.end(finish);
  }, 1000 / perSecond);
  response.on("close", () => clearInterval(timer));
}

function flatOut(response: ServerResponse, left: number): void {
  while (left-- > 0 && !response.destroyed) {
    if (response.write(nextWord())) continue;
    response.once("drain", () => flatOut(response, left));
    return;
  }
  response.end(finish);
}

server.listen(0, "127.0.0.1", () => tell({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit());
