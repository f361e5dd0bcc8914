// An upstream in a process of its own: it speaks OpenAI's stream, a word at a steady pace, and tells when it is let go.
// Arguments: words a second for each request, each word in a packet of its own (0 = as fast as it is read, many in one),
// characters in a word, words in an answer, and what the events look like: `stamped` for words that are the time at
// which they were written, in nanoseconds, with a space at the end, or `openai` for all that OpenAI sends, 345 bytes.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const [perSecond = 80, wordChars = 6, answerWords = Infinity] = process.argv.slice(2, 5).map(Number);
const isStamped = process.argv[5] === "stamped";
const isLikeOpenAI = process.argv[5] === "openai";

/** Times are of the machine's monotonic clock, which all its processes share. Nanoseconds as text. */
export type Told = { port: number } | { tag: string; closedAt: string };

const tell = (told: Told): void => void process.send?.(told);

const sent = (payload: object): string => `data: ${JSON.stringify(payload)}\n\n`;

const head = {
  id: "chatcmpl-CKq3vXb1T9mZ0sYw4HfLr7aPdEuJ2",
  object: "chat.completion.chunk",
  created: 1_763_812_345,
  model: "gpt-5-mini-2025-08-07",
  service_tier: "default",
  system_fingerprint: "fp_0b1f7a2c3d",
};

function eventOf(delta: object, finish_reason: string | null = null): string {
  if (!isLikeOpenAI)
    return sent({ choices: [{ index: 0, delta, finish_reason: finish_reason ?? undefined }] });
  const choices = [{ index: 0, delta, logprobs: null, finish_reason }];
  return sent({ ...head, choices, usage: null, obfuscation: "k3Zr9QmT2xWb7LpYc4Hs0" });
}

const usage = { prompt_tokens: 11, completion_tokens: answerWords, total_tokens: 11 + answerWords };
const word = eventOf({ content: "word ".padEnd(wordChars, "x") });
const stamped = (): string =>
  eventOf({ content: `${String(process.hrtime.bigint()).padStart(wordChars - 1, "0")} ` });
const nextWord = (): string => (isStamped ? stamped() : word);
const begin = isLikeOpenAI ? eventOf({ role: "assistant", content: "", refusal: null }) : "";
const usageEvent = isLikeOpenAI ? sent({ ...head, choices: [], usage, obfuscation: "" }) : "";
const finish = `${eventOf({}, "stop")}${usageEvent}data: [DONE]\n\n`;

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (data: Buffer) => (body += data.toString()));
  request.on("end", () => {
    const tag = /tag-\d+/g.exec(body.slice(body.lastIndexOf("tag-")))?.[0] ?? "";
    response.on("error", () => {});
    response.on("close", () => tell({ tag, closedAt: String(process.hrtime.bigint()) }));
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (begin) response.write(begin);
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
