// Vercel's AI SDK on node:http: a request for each question, its answer as their UI message stream.
//
// POST /chat with the JSON {"text":"Hello"}. What comes is server-sent events, each a line and an empty line:
//
//   data: {"type":"start"}
//   data: {"type":"start-step"}
//   data: {"type":"text-start","id":"0"}
//   data: {"type":"text-delta","id":"0","delta":"word "}      for each delta
//   data: {"type":"text-end","id":"0"}
//   data: {"type":"finish-step"}
//   data: {"type":"finish","finishReason":"stop"}
//   data: [DONE]
//
// A client that closes the connection has cancelled. A failed run has {"type":"error","errorText":...} in it.
import { createServer } from "node:http";
import { text as textOf } from "node:stream/consumers";
import { createOpenAI } from "@ai-sdk/openai";
import { pipeUIMessageStreamToResponse, streamText, toUIMessageStream } from "ai";
/* global AbortController */

const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL, apiKey: process.env.OPENAI_API_KEY });

async function answer(request, response) {
  const { text } = JSON.parse(await textOf(request));
  const run = new AbortController();
  response.on("close", () => run.abort());
  const { stream } = streamText({ model: openai.chat("gpt-5-mini"), prompt: text, abortSignal: run.signal });
  await pipeUIMessageStreamToResponse({ response, stream: toUIMessageStream({ stream }) });
}

const server = createServer((request, response) => {
  if (request.method !== "POST" || request.url !== "/chat") return void response.writeHead(404).end();
  answer(request, response).catch(() => response.destroy());
});

server.listen(Number(process.env.PORT), "127.0.0.1", () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}`),
);
