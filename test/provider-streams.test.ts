// The truth table: what each provider sends, and what an answer must make of it. Real HTTP, the real packages; whole, in
// pieces of every size, and cut at every place where it can be.
import { describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ChatAnthropic } from "../server/models/anthropic.ts";
import { AnthropicReader } from "../server/models/anthropic-messages.ts";
import { AzureChatOpenAI } from "../server/models/azure.ts";
import { ChatCompletionsReader } from "../server/models/chat-completions.ts";
import { type EventReader, readEvents } from "../server/models/event-reading.ts";
import type { ChatModel } from "../server/models/model.ts";
import { ChatOpenAI } from "../server/models/openai.ts";
import { largestResponsesEvent, ResponsesReader } from "../server/models/responses.ts";
import { eventChars } from "../server/models/sse.ts";
import { hear, type Heard } from "./support/hear.ts";
import { type ProviderStream, providerStreams, type SentEvent } from "./support/provider-streams.ts";
import { startUpstream, type UpstreamRequest } from "./support/upstream.ts";
import { closing } from "./support/world.ts";

type Api = ProviderStream["api"];

/** The real model, at this address. */
function modelAt(api: Api, url: string): ChatModel {
  const { origin } = new URL(url);
  switch (api) {
    case "chat":
      return new ChatOpenAI({ model: "m", apiKey: "k", baseURL: url });
    case "responses":
      return new ChatOpenAI({ model: "m", apiKey: "k", baseURL: url, useResponsesApi: true });
    case "azure":
      return new AzureChatOpenAI({
        deployment: "d",
        endpoint: origin,
        apiKey: "k",
        apiVersion: "2025-04-01-preview",
      });
    case "anthropic":
      return new ChatAnthropic({ model: "m", apiKey: "k", baseURL: origin });
  }
}

/** What a real model hears from an upstream that behaves so. */
async function hearOver(
  api: Api,
  onRequest: (request: UpstreamRequest) => void,
  options?: Parameters<typeof hear>[1],
): Promise<Heard> {
  const upstream = await startUpstream(onRequest);
  try {
    return await hear(modelAt(api, upstream.url), options);
  } finally {
    await upstream.close();
  }
}

const readers: Readonly<Record<Api, () => EventReader>> = {
  chat: () => new ChatCompletionsReader(),
  azure: () => new ChatCompletionsReader(),
  responses: () => new ResponsesReader(),
  anthropic: () => new AnthropicReader(),
};

/** As the models set it. */
const largest: Readonly<Partial<Record<Api, number>>> = { responses: largestResponsesEvent };

/** What the reader of an API hears in a body that comes in exactly these pieces. */
function hearPieces(api: Api, pieces: readonly Uint8Array[]): Promise<Heard> {
  const headers = { "content-type": "text/event-stream" };
  const response = new Response(ReadableStream.from(pieces) as ReadableStream, { headers });
  return hear({
    name: "pieces",
    stream: () =>
      readEvents(() => Promise.resolve(response), readers[api](), { largest: largest[api] ?? eventChars }),
  });
}

const bytesOf = (events: readonly SentEvent[]): Buffer =>
  Buffer.from(events.map((event) => (typeof event === "string" ? event : event.sent)).join(""));

function* piecesOf(bytes: Buffer, size: number): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Writes each piece in a turn of its own, so that it is read before the next one is there. */
async function sendInPieces(request: UpstreamRequest, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    request.raw(piece);
    await turn();
  }
  request.end();
}

/** What a test compares. */
const told = ({ text, reasoning, last }: Heard) => ({
  text,
  reasoning,
  finish: last.finish,
  usage: last.usage,
  error: last.error?.code,
});

const titled = (streams: readonly ProviderStream[]) =>
  streams.map((stream) => [`${stream.provider}: ${stream.quirk}`, stream] as const);

const expected = ({ text, reasoning = "", finish, usage, error }: ProviderStream) => ({
  ...{ text, reasoning, finish, usage },
  error,
});

const wholeOf = ({ before, ending = [] }: ProviderStream): Buffer => bytesOf([...before, ...ending]);

/** Where and how an answer is cut, in words; the events that arrive whole; everything that arrives. */
type Cut = {
  readonly cut: string;
  readonly isBroken: boolean;
  readonly events: readonly SentEvent[];
  readonly bytes: Buffer;
};

/** What may be said of an answer that was cut behind these events: an upstream may still be heard to fail. */
function expectCut(heard: Heard, stream: ProviderStream, { cut, events }: Cut): void {
  const { reasoning, last } = heard;
  const text = heard.text.replace(/\ufffd$/, ""); // half a surrogate pair, alone at a cut, can only be shown so
  const reported = events.findLast((event) => typeof event !== "string")?.reports;
  const output = Math.ceil(Buffer.byteLength(reasoning + text) / 4);
  const isPrefix = [(stream.reasoning ?? "").startsWith(reasoning), stream.text.startsWith(text)];
  const finish = expect.stringMatching(/^(interrupted|error)$/) as unknown;
  const usage = reported ?? { input: 6, output, estimated: true };
  const said = { cut, isPrefix, finish: last.finish, usage: last.usage };
  expect(said).toEqual({ cut, isPrefix: [true, true], finish, usage });
}

/** Each way in which an answer can be cut before its finish marker. */
function* cutsOf({ before, ending = [] }: ProviderStream): Generator<Cut> {
  const all = [...before, ...ending.slice(0, 1)];
  for (let index = 0; index < all.length; index++) {
    const events = all.slice(0, index);
    const next = bytesOf(all.slice(index, index + 1));
    for (const [isBroken, part] of [
      [false, 0],
      [true, 0],
      [true, next.length >> 1],
      [false, next.length - 2],
    ] as const) {
      const bytes = Buffer.concat([bytesOf(events), next.subarray(0, part)]);
      const cut = `${isBroken ? "broken" : "closed"} after ${index} events and ${part} bytes`;
      yield { cut, isBroken, events, bytes };
    }
  }
}

const headersOf = ({ type, encoding }: NonNullable<ProviderStream["answer"]>): Record<string, string> => ({
  ...(type && { "content-type": type }),
  ...(encoding && { "content-encoding": encoding }),
});

describe("whole, and in pieces of one byte and of seven", () => {
  test.each(titled(providerStreams))("%s", async (_, stream) => {
    const { api, answer } = stream;
    const bytes = wholeOf(stream);
    const expectAsTold = (sent: string, heard: Heard): void =>
      expect({ sent, ...told(heard) }).toEqual({ sent, ...expected(stream) });
    const sendWhole = (request: UpstreamRequest): void => {
      if (answer) return request.answer(answer.status, bytes.toString(), headersOf(answer));
      request.raw(bytes);
      request.end();
    };
    expectAsTold("whole", await hearOver(api, sendWhole));
    expectAsTold("whole, its words joined", await hearOver(api, sendWhole, { joined: true }));
    for (const size of answer ? [] : [1, 7]) {
      const pieces = [...piecesOf(bytes, size)];
      const heard = await hearOver(api, (request) => void sendInPieces(request, pieces));
      expectAsTold(`over HTTP, in pieces of ${size}`, heard);
      expectAsTold(`in exactly these pieces of ${size}`, await hearPieces(api, pieces));
    }
  });
});

describe("cut at every event, and inside every event, before the finish marker", () => {
  const streams = providerStreams.filter(({ answer }) => !answer);
  test.each(titled(streams))("%s", async (_, stream) => {
    for (const [index, cut] of [...cutsOf(stream)].entries()) {
      const onRequest = (request: UpstreamRequest): void => {
        request.raw(cut.bytes);
        if (cut.isBroken) void turn().then(turn).then(request.reset);
        else request.end();
      };
      expectCut(await hearOver(stream.api, onRequest, { joined: index % 2 === 1 }), stream, cut);
    }
  });
});

/** More than a stream may hold back: what is on its way, in buffers of sockets, when it is no longer read. */
const onItsWay = 4_194_304;

describe.each([
  ["Chat Completions", "chat", eventChars],
  ["Responses", "responses", largestResponsesEvent],
  ["Anthropic", "anthropic", eventChars],
] as const)("an upstream of %s without measure", (_, api, largest) => {
  const piece = "x".repeat(65_536);

  test.each<[string, { first?: string; more: string; bound?: number }]>([
    ["one line of data", { first: 'data: {"text":"', more: piece }],
    ["one line of nothing", { more: piece }],
    ["the name of an event", { first: "event: ", more: piece }],
    ["lines of data without a blank one", { more: `data: ${piece}\n` }],
    ["empty lines of data without a blank one", { more: "data\n".repeat(13_107), bound: 5 * largest }],
  ])("%s: it is let go soon after the bound", async (_, { first = "", more, bound = largest }) => {
    let sent = 0;
    const upstream = await startUpstream((request) => void flood(request));
    const flood = async (request: UpstreamRequest): Promise<void> => {
      let isOpen = true;
      void request.closed.then(() => (isOpen = false));
      request.raw(first);
      for (; isOpen; await turn()) {
        request.raw(more);
        sent += more.length;
      }
    };
    closing(() => upstream.close());
    const { text, last } = await hear(modelAt(api, upstream.url));
    expect([text, last.finish, last.error?.code]).toEqual(["", "error", "upstream_too_large"]);
    await upstream.requests[0]?.closed;
    expect(sent).toBeGreaterThanOrEqual(bound - more.length);
    expect(sent).toBeLessThan(bound + onItsWay);
  });

  test("nobody reads on for one who does not listen", async () => {
    let taken = 0;
    const server = createServer((incoming, response) => {
      incoming.resume();
      response.writeHead(200, { "content-type": "text/event-stream" });
      const event = bytesOf([wordOf[api].replace("word", "word ".repeat(10_000))]);
      const pour = (): void => {
        while (response.write(event)) taken += event.length;
        response.once("drain", pour);
      };
      pour();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closing(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    for await (const { text } of modelAt(api, url).stream([{ role: "user", content: "Hello" }])) {
      expect(text.length).toBe(50_000);
      for (let turns = 0; turns < 3_000; turns++) await turn();
      break;
    }
    expect(taken).toBeLessThan(4 * onItsWay);
  });

  test("what came before an event that is too large stays", async () => {
    const { text, last } = await hearOver(api, (request) => {
      request.raw(bytesOf([wordOf[api]]));
      void turn().then(() => request.raw(`data: ${piece.repeat(1 + largest / piece.length)}\n\n`));
    });
    expect([text, last.error?.code]).toEqual(["word", "upstream_too_large"]);
  });

  test("an event that consists of brackets is refused, and one that speaks of them is not", async () => {
    const brackets = "[{".repeat(50_000);
    const { text, last } = await hearOver(api, (request) => {
      request.raw(bytesOf([wordOf[api].replace("word", brackets), `data: ${brackets}\n\n`, wordOf[api]]));
      request.end();
    });
    expect([text.length, last.error?.code]).toEqual([brackets.length, "upstream_too_large"]);
  });

  test("a flood of events leaves the others their turn", async () => {
    const pieces = Array.from({ length: 50 }, () => Buffer.from(`${emptyOf[api]}\n\n`.repeat(300)));
    let [turns, isOver] = [0, false];
    const others = async (): Promise<void> => {
      for (; !isOver; turns++) await turn();
    };
    void others();
    await hearPieces(api, pieces);
    isOver = true;
    expect(turns).toBeGreaterThanOrEqual(pieces.length);
  });

  test("a hundred thousand events without a word give no chunk", async () => {
    const chunks: unknown[] = [];
    const { last } = await hearOver(
      api,
      (request) => {
        request.raw(`${emptyOf[api]}\n\n`.repeat(100_000));
        request.raw(bytesOf([wordOf[api]]));
        request.end();
      },
      { onChunk: (chunk) => chunks.push(chunk) },
    );
    expect(chunks).toEqual([{ text: "word" }, last]);
  });
});

const wordOf = {
  chat: 'data: {"choices":[{"delta":{"content":"word"}}]}\n\n',
  responses: 'data: {"type":"response.output_text.delta","delta":"word"}\n\n',
  anthropic: 'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"word"}}\n\n',
};

const emptyOf = {
  chat: 'data: {"choices":[{"delta":{}}]}',
  responses: 'data: {"type":"response.output_text.delta","delta":""}',
  anthropic: 'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":""}}',
};

test("Responses: the last event may repeat a very long answer", async () => {
  const long = "long ".repeat(300_000);
  const { text, last } = await hearOver("responses", (request) => {
    request.raw(bytesOf([wordOf.responses]));
    request.event({ type: "response.completed", response: { output: [{ content: [{ text: long }] }] } });
    request.end();
  });
  expect([text, last.finish]).toEqual(["word", "stop"]);
});
