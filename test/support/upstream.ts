// A real HTTP server that speaks OpenAI's stream, one step at a time, in the test's hand.
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type UpstreamRequest = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { model: string; messages: { role: string; content: string }[]; [name: string]: unknown };
  /** Resolves when the client's connection is gone, however. */
  readonly closed: Promise<void>;
  /** Sends the headers of a stream. */
  open(): void;
  /** Sends bytes or text as they are; opens first where that was not done. */
  raw(data: string | Uint8Array): void;
  /** Sends an event with this payload. */
  event(payload: unknown): void;
  /** Sends a delta with these words. */
  say(...texts: string[]): void;
  /** Sends the finish word, usage, `[DONE]`, and ends. */
  finish(word?: string): void;
  /** Ends without a finish marker. */
  end(): void;
  /** Breaks the connection. */
  reset(): void;
  answer(status: number, body: string, headers?: Record<string, string>): void;
};

export type Upstream = {
  /** For `OPENAI_BASE_URL`. */
  readonly url: string;
  readonly requests: readonly UpstreamRequest[];
  /** The next request that was not taken yet; waits for it. */
  next(): Promise<UpstreamRequest>;
  /** How many connections are open. */
  connections(): Promise<number>;
  close(): Promise<void>;
};

export async function startUpstream(onRequest?: (request: UpstreamRequest) => void): Promise<Upstream> {
  const requests: UpstreamRequest[] = [];
  const waiting: ((request: UpstreamRequest) => void)[] = [];
  let taken = 0;
  const server = createServer((incoming, response) => {
    void read(incoming, response).then((request) => {
      requests.push(request);
      waiting.shift()?.(request);
      onRequest?.(request);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    next: () => {
      const request = requests[taken++];
      return request ? Promise.resolve(request) : new Promise((resolve) => waiting.push(resolve));
    },
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function read(incoming: IncomingMessage, response: ServerResponse): Promise<UpstreamRequest> {
  response.on("error", () => {});
  const closed = once(response, "close").then(() => {});
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const open = (): void => {
    if (!response.headersSent)
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  };
  const raw = (data: string | Uint8Array): void => {
    open();
    response.write(data);
  };
  const event = (payload: unknown): void => raw(`data: ${JSON.stringify(payload)}\n\n`);
  return {
    path: incoming.url ?? "",
    headers: incoming.headers,
    body: JSON.parse(Buffer.concat(chunks).toString()) as UpstreamRequest["body"],
    closed,
    open,
    raw,
    event,
    say: (...texts) => texts.forEach((content) => event(delta({ content }))),
    finish: (word = "stop") => {
      event({ choices: [{ index: 0, delta: {}, finish_reason: word }] });
      event({ choices: [], usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } });
      raw("data: [DONE]\n\n");
      response.end();
    },
    end: () => {
      open();
      response.end();
    },
    reset: () => response.socket?.resetAndDestroy(),
    answer: (status, body, headers = { "content-type": "application/json" }) =>
      void response.writeHead(status, headers).end(body),
  };
}

export const delta = (fields: object): object => ({
  choices: [{ index: 0, delta: fields, finish_reason: null }],
});
