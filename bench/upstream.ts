// An upstream in a process of its own: it speaks OpenAI's stream, a word at a steady pace, and tells when it is let go.
// Arguments: words a second for each request, each word in a packet of its own (0 = as fast as it is read, many in one),
// characters in a word, words in an answer, and what the events look like, any of these: `stamped` for words that are
// the time at which they were written, in nanoseconds, with a space at the end; `openai` for all that OpenAI sends, 345
// bytes; `apart` for words that are as fast as they are read and nevertheless written one by one.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const [perSecond = 80, wordChars = 6, answerWords = Infinity] = process.argv.slice(2, 5).map(Number);
const looks = process.argv.slice(5);
const isStamped = looks.includes("stamped");
const isLikeOpenAI = looks.includes("openai");
const isApart = looks.includes("apart");

/** Times are of the machine's monotonic clock, which all its processes share. Nanoseconds as text. */
export type Told = { port: number } | { tag: string; closedAt: string };

/** Nobody may be there any more. */
const tell = (told: Told): void =>
  void (process.connected && process.send?.(told, undefined, undefined, () => {}));

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
const [beforeStamp = "", afterStamp = ""] = eventOf({ content: "STAMP" }).split("STAMP");
const stamped = (): string =>
  `${beforeStamp}${String(process.hrtime.bigint()).padStart(wordChars - 1, "0")} ${afterStamp}`;
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
    response.flushHeaders();
    if (isApart) setImmediate(() => apart(response, answerWords));
    else if (perSecond === 0) flatOut(response, answerWords);
    else paced(response);
  });
});

/** Answers at a pace, the first word at once, and what they have been sent. One timer serves all, by the clock, so that no pace drifts. */
const paces = new Map<ServerResponse, { begun: number; sent: number }>();
let pacer: NodeJS.Timeout | undefined;

function paced(response: ServerResponse): void {
  paces.set(response, { begun: performance.now(), sent: 0 });
  response.on("close", () => paces.delete(response));
  pacer ??= setInterval(sendDue, 1);
  setImmediate(sendDue);
}

function sendDue(): void {
  const time = performance.now();
  for (const [response, pace] of paces) {
    const due = Math.min(answerWords, 1 + Math.floor(((time - pace.begun) / 1_000) * perSecond));
    for (; pace.sent < due; pace.sent++) writePiece(response, nextWord());
    if (due === answerWords) {
      paces.delete(response);
      response.end(finish);
    }
  }
  if (paces.size > 0) return;
  clearInterval(pacer);
  pacer = undefined;
}

/** A piece in chunked encoding as one packet, at half of what `response.write` costs. */
function writePiece(response: ServerResponse, piece: string): boolean {
  return response.socket?.write(`${piece.length.toString(16)}\r\n${piece}\r\n`, "latin1") ?? true;
}

function flatOut(response: ServerResponse, left: number): void {
  while (left-- > 0 && !response.destroyed) {
    if (response.write(nextWord())) continue;
    response.once("drain", () => flatOut(response, left));
    return;
  }
  response.end(finish);
}

function apart(response: ServerResponse, left: number): void {
  if (response.destroyed) return;
  if (left === 0) return void response.end(finish);
  const next = (): void => apart(response, left - 1);
  if (writePiece(response, nextWord())) setImmediate(next);
  else response.socket?.once("drain", next);
}

server.listen(0, "127.0.0.1", () => tell({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit());
