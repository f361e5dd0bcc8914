// A network in the test's hand: a TCP proxy that cuts, delays, swallows and slows what goes through it.
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export type Weather = {
  /** Each piece arrives so much later. Milliseconds. */
  delayMs?: number;
  /** Pieces of this size, one in each turn of the loop. Bytes. */
  sliceBytes?: number;
  /** Nothing arrives any more, in either direction, and nobody is told. */
  isBlackHole?: boolean;
  /** The connection is reset after so many bytes from the server. */
  cutAfterBytes?: number;
};

export type Proxy = {
  readonly port: number;
  /** The weather of connections that begin from now on, and of all others. */
  weather: Weather;
  /** Weather for single connections, in the order in which they begin; then the common one. */
  readonly next: Weather[];
  /** The most that went from the server through one connection. */
  readonly mostBytes: number;
  /** Breaks all connections: `fin` ends them, `rst` resets them. */
  cut(how?: "fin" | "rst"): void;
  close(): Promise<void>;
};

export async function startProxy(target: () => number): Promise<Proxy> {
  const pairs = new Set<[Socket, Socket]>();
  let mostBytes = 0;
  const server = createServer((client) => {
    const upstream = connect(target(), "127.0.0.1");
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    const own = proxy.next.shift();
    const weather = (): Weather => own ?? proxy.weather;
    const reset = (): void => pair.forEach((socket) => socket.resetAndDestroy());
    carry([client, upstream], weather);
    carry([upstream, client], weather, createLimit(weather, reset));
    upstream.on("data", () => (mostBytes = Math.max(mostBytes, upstream.bytesRead)));
    for (const socket of pair) {
      socket.on("error", () => {});
      socket.on("close", () => {
        pairs.delete(pair);
        if (!weather().isBlackHole) pair.forEach((one) => one.destroy());
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: Proxy = {
    port: (server.address() as AddressInfo).port,
    weather: {},
    next: [],
    get mostBytes() {
      return mostBytes;
    },
    cut: (how = "rst") => {
      for (const pair of pairs)
        for (const one of pair)
          if (how === "fin") one.end();
          else one.resetAndDestroy();
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      proxy.cut();
      await closed;
    },
  };
  return proxy;
}

/** How much of a piece may pass; cuts when the limit is reached. */
function createLimit(weather: () => Weather, cut: () => void): (data: Buffer) => Buffer {
  let passed = 0;
  return (data) => {
    const { cutAfterBytes = Infinity } = weather();
    const part = data.subarray(0, Math.max(0, cutAfterBytes - passed));
    passed += part.length;
    if (passed >= cutAfterBytes) setImmediate(cut);
    return part;
  };
}

type Carried = (data: Buffer) => Buffer;

function carry([from, to]: [Socket, Socket], weather: () => Weather, limit: Carried = (data) => data): void {
  from.on("data", (data) => {
    const { isBlackHole, delayMs = 0, sliceBytes } = weather();
    if (isBlackHole) return;
    const part = limit(data);
    if (delayMs > 0) setTimeout(() => to.write(part), delayMs);
    else if (sliceBytes === undefined) to.write(part);
    else void inSlices(to, part, sliceBytes);
  });
  from.on("end", () => (weather().isBlackHole ? undefined : to.end()));
}

async function inSlices(to: Socket, data: Buffer, size: number): Promise<void> {
  to.setNoDelay(true);
  for (let at = 0; at < data.length; at += size) {
    to.write(data.subarray(at, at + size));
    await new Promise(setImmediate);
  }
}
