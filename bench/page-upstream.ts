// An upstream in a process of its own that answers in Markdown. The last word of a question says how: "poured code" is
// code as fast as it is read, "paced code" the same at a pace, "short" a line.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { shapes } from "./page-shapes.ts";

const tokens = 20_000;
const tokenChars = 5;
const tokensPerSecond = 4_000;
const everyMs = 10;

const delta = (content: string): object => ({ choices: [{ index: 0, delta: { content } }] });
const sent = (payload: object): string => `data: ${JSON.stringify(payload)}\n\n`;
const finish = `${sent({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}data: [DONE]\n\n`;

function eventsOf(shape: string): readonly string[] {
  const { first, rest } = shapes[shape] ?? { first: "", rest: "" };
  const chars = tokens * tokenChars;
  const text = (first + rest.repeat(Math.ceil(chars / rest.length))).slice(0, chars);
  return Array.from({ length: tokens }, (_, index) =>
    sent(delta(text.slice(index * tokenChars, (index + 1) * tokenChars))),
  );
}

const events = new Map(Object.keys(shapes).map((shape) => [shape, eventsOf(shape)]));

function answer(response: ServerResponse, question: string): void {
  const [, way, shape = ""] = /(poured|paced) (\w+)"?[^"]*$/.exec(question) ?? [];
  const all = events.get(shape);
  if (way === "poured" && all) return void response.end(all.join("") + finish);
  if (way === "paced" && all) return paced(response, all);
  response.end(sent(delta("A *short* answer with `code` in it.")) + finish);
}

function paced(response: ServerResponse, all: readonly string[]): void {
  const begun = performance.now();
  let at = 0;
  const timer = setInterval(() => {
    const due = Math.min(tokens, Math.round(((performance.now() - begun) * tokensPerSecond) / 1_000));
    response.write(all.slice(at, due).join(""));
    at = due;
    if (at < tokens) return;
    clearInterval(timer);
    response.end(finish);
  }, everyMs);
  response.on("close", () => clearInterval(timer));
}

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (data: Buffer) => (body += data.toString()));
  request.on("end", () => {
    const { messages } = JSON.parse(body) as { messages: { content: string }[] };
    response.on("error", () => {});
    response.writeHead(200, { "content-type": "text/event-stream" });
    answer(response, messages.at(-1)?.content ?? "");
  });
});

server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit());
