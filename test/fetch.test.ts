// The requests to providers, down at their sockets.
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { ChatCompletionsReader } from "../server/models/chat-completions.ts";
import { readEvents } from "../server/models/event-reading.ts";
import { createFetch } from "../server/models/fetch.ts";
import { ChatOpenAI } from "../server/models/openai.ts";
import { startUpstream } from "./support/upstream.ts";
import { closing } from "./support/world.ts";

/** A server that shows its sockets, and leaves each answer to the test. */
async function startServer() {
  const sockets = new Set<Socket>();
  let opened = 0;
  const answers: ServerResponse[] = [];
  const waiting: ((response: ServerResponse) => void)[] = [];
  const server = createServer((request, response) => {
    request.resume();
    response.on("error", () => {});
    const taker = waiting.shift();
    if (taker) taker(response);
    else answers.push(response);
  });
  server.on("connection", (socket) => {
    opened += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    sockets,
    opened: () => opened,
    next: (): Promise<ServerResponse> => {
      const found = answers.shift();
      return found ? Promise.resolve(found) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}

afterEach(() => void jest.useRealTimers());

const textOf = async (response: Promise<Response>): Promise<string> => (await response).text();

describe("fetch over node:http", () => {
  test("gives status, headers and body, in pieces as they come", async () => {
    const { url, next } = await startServer();
    const asked = createFetch({ mostSockets: 2 })(url, { method: "POST", body: "question" });
    const answer = await next();
    answer.writeHead(429, { "retry-after": "7", "set-cookie": ["a=1", "b=2"] }).write("one ");
    const { status, ok, headers, body } = await asked;
    expect([status, ok, headers.get("retry-after")]).toEqual([429, false, "7"]);
    const pieces: string[] = [];
    for await (const piece of body as ReadableStream<Uint8Array>) {
      pieces.push(Buffer.from(piece).toString());
      if (pieces.length === 1) answer.end("two");
    }
    expect(pieces).toEqual(["one ", "two"]);
  });

  test("a connection is used again, and no more are opened than allowed: a request beyond them waits", async () => {
    const { url, next, opened } = await startServer();
    const fetch = createFetch({ mostSockets: 2 });
    const [first, second, third] = [textOf(fetch(url)), textOf(fetch(url)), textOf(fetch(url))];
    const [one, two] = [await next(), await next()];
    expect(opened()).toBe(2);
    one.end("1");
    expect(await first).toBe("1");
    (await next()).end("3");
    expect(await third).toBe("3");
    two.end("2");
    expect(await second).toBe("2");
    expect(opened()).toBe(2);
  });

  test("a request that waits for a connection can be aborted", async () => {
    const { url, next } = await startServer();
    const fetch = createFetch({ mostSockets: 1 });
    const first = textOf(fetch(url));
    const controller = new AbortController();
    const second = fetch(url, { signal: controller.signal });
    controller.abort();
    await expect(second).rejects.toThrow("abort");
    (await next()).end("1");
    expect(await first).toBe("1");
  });

  test("a connection that breaks in the middle fails the reading, with all that came before it", async () => {
    const { url, next } = await startServer();
    const asked = createFetch({ mostSockets: 1 })(url);
    const answer = await next();
    answer.write("half");
    const { body } = await asked;
    let text = "";
    const reading = (async () => {
      for await (const piece of body as ReadableStream<Uint8Array>) {
        text += Buffer.from(piece).toString();
        answer.socket?.resetAndDestroy();
      }
    })();
    await expect(reading).rejects.toThrow();
    expect(text).toBe("half");
  });

  test("[S2] an answer that is not read is not taken from its connection", async () => {
    const { url, next } = await startServer();
    const asked = createFetch({ mostSockets: 1 })(url);
    const answer = await next();
    const megabyte = "x".repeat(1_048_576);
    answer.write(megabyte);
    const { body } = await asked;
    let taken = 0;
    while (answer.write(megabyte, () => (taken += 1)) || answer.writableLength < 64 * 1_048_576)
      await new Promise(setImmediate);
    expect(taken).toBeLessThan(32); // what the system's buffers hold, and a few pieces here
    await body?.cancel();
  });

  test("[S2] a text without end is read to its bound, and its connection is closed", async () => {
    const { url, next } = await startServer();
    const text = textOf(createFetch({ mostSockets: 1 })(url));
    const answer = (await next()).writeHead(500);
    const closed = once(answer, "close");
    const pour = (): void => {
      while (answer.write(" ".repeat(65_536)));
      answer.once("drain", pour);
    };
    pour();
    expect((await text).length).toBeLessThanOrEqual(2 * 65_536);
    await closed;
  });

  test("a text that hangs is what has come of it, and its connection is closed", async () => {
    jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask"] });
    const { url, next } = await startServer();
    const asked = createFetch({ mostSockets: 1 })(url);
    const answer = await next();
    const closed = once(answer, "close");
    answer.writeHead(500, { "content-length": 100 }).write("half");
    const { status, body, text } = await asked;
    const taken = jest.spyOn(body as unknown as AsyncIterator<Uint8Array>, "next");
    const read = text();
    while (taken.mock.calls.length < 2) await new Promise(setImmediate); // it has the half, and waits for more
    jest.advanceTimersByTime(1_000);
    expect([status, await read]).toEqual([500, "half"]);
    await closed;
  });

  test("an answer that is another protocol is an error", async () => {
    const { url, next } = await startServer();
    const asked = createFetch({ mostSockets: 1 })(url);
    const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    (await next()).socket?.write(switching);
    await expect(asked).rejects.toThrow();
  });

  test("no compression is asked for, unless the caller does", async () => {
    const { url, next } = await startServer();
    const fetch = createFetch({ mostSockets: 1 });
    const asked: unknown[] = [];
    for (const headers of [{}, { "Accept-Encoding": "br" }]) {
      const text = textOf(fetch(url, { headers }));
      const answer = await next();
      asked.push(answer.req.headers["accept-encoding"]);
      answer.end();
      await text;
    }
    expect(asked).toEqual(["identity", "br"]);
  });

  test("no server there is an error at once", async () => {
    const { url } = await startServer();
    const free = new URL(url);
    free.port = "9"; // discard: nobody listens
    await expect(createFetch({ mostSockets: 1 })(free)).rejects.toThrow();
  });
});

describe("what follows the end of an answer", () => {
  const done = "data: [DONE]\n\n";

  /** Reads an answer to its [DONE], behind which its connection stays open. */
  async function readToDone(init: RequestInit = {}) {
    const { url, next, opened } = await startServer();
    const fetch = createFetch({ mostSockets: 1 });
    const read = async (): Promise<void> => {
      for await (const chunk of readEvents(() => fetch(url, init), new ChatCompletionsReader())) void chunk;
    };
    const first = read();
    const answer = (await next()).writeHead(200, { "content-type": "text/event-stream" });
    answer.write(done);
    await first;
    return { answer, closed: once(answer, "close"), next, opened, read };
  }

  test("nobody waits for it, and the connection is used again", async () => {
    const { answer, next, opened, read } = await readToDone();
    const second = read(); // there is only this one connection, so it waits for it
    answer.end(": bye\n\n");
    (await next()).writeHead(200, { "content-type": "text/event-stream" }).end(done);
    await second;
    expect(opened()).toBe(1);
  });

  test("it has a second to come, and then its connection is closed", async () => {
    jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask"] });
    const { closed } = await readToDone();
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1_000);
    await closed;
  });

  test("[S2] where too much of it comes, its connection is closed", async () => {
    jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask"] });
    const { answer, closed } = await readToDone();
    const pour = (): void => {
      while (answer.write(" ".repeat(65_536)));
      answer.once("drain", pour);
    };
    pour();
    await closed;
    while (jest.getTimerCount() > 0) await new Promise(setImmediate);
  });

  test("[R2] an abort closes its connection at once", async () => {
    jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask"] });
    const controller = new AbortController();
    const { closed } = await readToDone({ signal: controller.signal });
    expect(jest.getTimerCount()).toBe(1);
    controller.abort();
    await closed;
    while (jest.getTimerCount() > 0) await new Promise(setImmediate);
  });
});

test("[R2] fifty answers that are aborted leave no connection open", async () => {
  const upstream = await startUpstream((request) => request.say("word"));
  closing(() => upstream.close());
  const llm = new ChatOpenAI({ model: "m", baseURL: upstream.url, apiKey: "k" });
  const stopped = Array.from({ length: 50 }, async () => {
    const controller = new AbortController();
    for await (const { text } of llm.stream([{ role: "user", content: "Hi" }], { signal: controller.signal }))
      if (text) controller.abort();
  });
  await Promise.all(stopped);
  await Promise.all(upstream.requests.map(({ closed }) => closed));
  expect(upstream.requests.length).toBe(50);
  expect(await upstream.connections()).toBe(0);
});
