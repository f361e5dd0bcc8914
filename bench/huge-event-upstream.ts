// An upstream that sends events without measure, for bench/huge-event.ts: which one, and whose, stands in the path.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { largestResponsesEvent } from "../server/models/responses.ts";
import { eventChars } from "../server/models/sse.ts";

export const apis = ["chat", "responses", "anthropic"] as const;
export type Api = (typeof apis)[number];

export const shapes = [
  "a thousand words",
  "an event just below the bound",
  "the same, all brackets",
  "an event of 32 MB",
  "32 MB without a line end",
  "32 MB of data lines",
  "a million empty deltas",
] as const;
export type Shape = (typeof shapes)[number];

const megabytes = 32;
const piece = "x".repeat(65_536);

/** Some room is left for what stands around the words. */
const belowBound: Record<Api, number> = {
  chat: eventChars - 200,
  anthropic: eventChars - 200,
  responses: largestResponsesEvent - 200,
};

const deltaOf: Record<Api, (words: string) => object> = {
  chat: (content) => ({ choices: [{ index: 0, delta: { content } }] }),
  responses: (delta) => ({ type: "response.output_text.delta", delta }),
  anthropic: (text) => ({ type: "content_block_delta", delta: { type: "text_delta", text } }),
};
const ending: Record<Api, object[]> = {
  chat: [{ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }],
  responses: [{ type: "response.completed", response: {} }],
  anthropic: [{ type: "message_delta", delta: { stop_reason: "end_turn" } }, { type: "message_stop" }],
};
const sent = (payload: object): string => `data: ${JSON.stringify(payload)}\n\n`;

function* bodyOf(api: Api, shape: Shape): Generator<string> {
  const wordsEvent = (words: string): string => sent(deltaOf[api](words));
  const [head = "", tail = ""] = wordsEvent("|").split("|");
  const bulk = (line: string, bytes = megabytes * 1_048_576): string[] =>
    Array.from({ length: Math.ceil(bytes / line.length) }, () => line);
  switch (shape) {
    case "a thousand words":
      yield* bulk(wordsEvent("word "), 1_000 * wordsEvent("word ").length);
      break;
    case "an event just below the bound":
      yield wordsEvent("x".repeat(belowBound[api]));
      break;
    case "the same, all brackets": {
      const depth = Math.floor(belowBound[api] / 2);
      yield `data: {"type":"response.completed","":${"[".repeat(depth)}${"]".repeat(depth)}}\n\n`;
      break;
    }
    case "an event of 32 MB":
      yield head;
      yield* bulk(piece);
      yield tail;
      break;
    case "32 MB without a line end":
      yield* bulk(piece);
      break;
    case "32 MB of data lines":
      yield* bulk(`data: ${"x".repeat(1_000)}\n`.repeat(64));
      break;
    case "a million empty deltas":
      yield* bulk(wordsEvent("").repeat(1_000), 1_000_000 * wordsEvent("").length);
      break;
  }
  yield ending[api].map(sent).join("");
}

/** As fast as it is read. */
async function pour(response: ServerResponse, body: Iterable<string>): Promise<void> {
  const closed = new Promise<void>((resolve) => response.on("close", resolve));
  for (const text of body) {
    if (response.destroyed) return;
    if (!response.write(text))
      await Promise.race([closed, new Promise((resolve) => response.once("drain", resolve))]);
  }
  response.end();
}

if (process.send) {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const [, api, shape] = (request.url ?? "").split("/").map(decodeURIComponent);
      response.on("error", () => {});
      response.writeHead(200, { "content-type": "text/event-stream" });
      void pour(response, bodyOf(api as Api, shape as Shape));
    });
  });
  server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
  process.on("disconnect", () => process.exit());
}
