// `fetch` for the providers' packages, over node:http: a token costs less than through the built-in one, an
// abort leaves no spare connection behind, and there is a ceiling to connections. It does what those packages ask for:
// a request with a text as its body; no redirects, no compression.
import http, { type IncomingMessage } from "node:http";
import https from "node:https";

export type FetchOptions = {
  /** Connections to one provider at once; a request beyond them waits for one. */
  readonly mostSockets: number;
};

type Agents = Readonly<Record<"http:" | "https:", http.Agent>>;

/** As much of an answer may wait to be read; beyond it the connection is not read. Bytes. */
const mostWaiting = 262_144;

/** Only refusals are read as texts, and no provider says more in one. Bytes. */
const longestText = 65_536;
/** Their status decides, so a text that hangs is not waited for. Milliseconds. */
const textMs = 1_000;

/** Its requests fail with what node:http says when there is no answer, and with an AbortError when they are aborted. */
export function createFetch({ mostSockets }: FetchOptions): typeof fetch {
  const agents = createAgents({ keepAlive: true, maxSockets: mostSockets, maxFreeSockets: 64 });
  return async (input, init = {}) => {
    const address = new URL(input instanceof Request ? input.url : input);
    const answer = await request(address, init, agents);
    return responseOf(address, answer) as unknown as Response;
  };
}

/** What all clients of those packages are told: retries are ours, and they would print raw chunks, that is, what was said. */
export const clientOptions = {
  maxRetries: 0,
  logLevel: "off",
  fetch: createFetch({ mostSockets: 1_024 }),
} as const;

/** What the global agents were told, by --use-env-proxy for example, holds here too. */
function createAgents(limits: http.AgentOptions): Agents {
  const optionsOf = (agent: http.Agent) => (agent as unknown as { options: http.AgentOptions }).options;
  return {
    "http:": new http.Agent({ ...optionsOf(http.globalAgent), ...limits }),
    "https:": new https.Agent({ ...optionsOf(https.globalAgent), ...limits }),
  };
}

function request(
  address: URL,
  { method = "GET", headers, body, signal }: RequestInit,
  agents: Agents,
): Promise<IncomingMessage> {
  const protocol = address.protocol === "https:" ? "https:" : "http:";
  const fields = { "accept-encoding": "identity", ...Object.fromEntries(new Headers(headers)) };
  const options = { method, headers: fields, agent: agents[protocol], ...(signal && { signal }) };
  return new Promise((resolve, reject) => {
    const sent = (protocol === "https:" ? https : http).request(address, options, resolve);
    sent.on("error", reject); // later ones too: whoever reads the body hears of them
    const onAbort = (): void => reject(new DOMException("This operation was aborted", "AbortError"));
    signal?.addEventListener("abort", onAbort); // one that waits for a connection says nothing until it has one
    sent.on("close", () => {
      signal?.removeEventListener("abort", onAbort);
      reject(new Error("there was no answer")); // so ends a request that was answered by 101, without an error
    });
    sent.end(typeof body === "string" ? body : undefined);
  });
}

/** As much of a `Response` as is asked for. */
function responseOf({ href: url }: URL, incoming: IncomingMessage) {
  const { statusCode: status = 0, statusMessage: statusText = "" } = incoming;
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(incoming.headersDistinct))
    for (const value of values) headers.append(name, value);
  const body = new Body(incoming);
  const text = () => textOf(body);
  const json = async (): Promise<unknown> => JSON.parse(await text());
  return { url, status, statusText, headers, body, text, json, ok: status >= 200 && status < 300 };
}

/** What comes of it soon and within measure. */
async function textOf(body: Body): Promise<string> {
  const pieces: Uint8Array[] = [];
  let left = longestText;
  const timer = setTimeout(() => void body.return(), textMs);
  try {
    for await (const piece of body) {
      pieces.push(piece);
      left -= piece.length;
      if (left <= 0) break;
    }
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(pieces).toString();
}

type Step = IteratorResult<Uint8Array, undefined>;
type Reader = { resolve: (step: Step) => void; reject: (error: Error) => void };

const over: Step = { done: true, value: undefined };

/**
 * The bytes of an answer as they come. Servers send each event as a chunk of its own; those that have come by the time
 * somebody reads on are one piece. A reader who leaves closes the connection.
 */
class Body implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #incoming: IncomingMessage;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #reader: Reader | undefined;
  #end: Error | "whole" | undefined;

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming;
    incoming.on("data", (piece: Uint8Array) => this.#take(piece));
    incoming.on("end", () => this.#finish("whole"));
    incoming.on("error", (error) => this.#finish(error));
    incoming.on("close", () => this.#finish(new Error("the connection broke")));
  }

  next(): Promise<Step> {
    if (this.#waiting.length > 0) return Promise.resolve({ done: false, value: this.#gather() });
    if (this.#end === "whole") return Promise.resolve(over);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => (this.#reader = { resolve, reject }));
  }

  /** Whoever still waits for a piece hears that there is none. */
  return(): Promise<Step> {
    this.#waiting = [];
    this.#finish("whole");
    this.#incoming.destroy();
    return Promise.resolve(over);
  }

  async cancel(): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(value: Uint8Array): void {
    const reader = this.#reader;
    if (reader) {
      this.#reader = undefined;
      return reader.resolve({ done: false, value });
    }
    this.#waiting.push(value);
    this.#waitingBytes += value.length;
    if (this.#waitingBytes >= mostWaiting) this.#incoming.pause();
  }

  #gather(): Uint8Array {
    const [first] = this.#waiting;
    const all =
      first && this.#waiting.length === 1 ? first : Buffer.concat(this.#waiting, this.#waitingBytes);
    [this.#waiting, this.#waitingBytes] = [[], 0];
    if (this.#incoming.isPaused()) this.#incoming.resume();
    return all;
  }

  #finish(end: Error | "whole"): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    if (end === "whole") this.#reader?.resolve(over);
    else this.#reader?.reject(end);
  }
}
