// A WebSocket client by hand, for what no well-behaved client does.
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";

export type RawSocket = {
  readonly socket: Socket;
  /** Everything that has come, as latin1 text. */
  received(): string;
  /** Waits until what has come fits. */
  until(fits: (received: string) => boolean): Promise<string>;
  readonly closed: Promise<void>;
};

export async function openRawSocket(port: number): Promise<RawSocket> {
  const socket = createConnection(port, "127.0.0.1");
  let text = "";
  const watchers = new Set<() => void>();
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const look = (): void => {
    for (const watch of [...watchers]) watch();
  };
  socket.on("error", () => {});
  socket.on("data", (data) => {
    text += data.toString("latin1");
    look();
  });
  socket.on("close", look);
  await once(socket, "connect");
  return {
    socket,
    received: () => text,
    until: (fits) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          if (!fits(text) && !socket.destroyed) return;
          watchers.delete(watch);
          if (fits(text)) resolve(text);
          else reject(new Error(`the connection ended after: ${text}`));
        };
        watchers.add(watch);
        watch();
      }),
    closed,
  };
}

export const upgradeRequest = (headers: Record<string, string> = {}, path = "/ws"): string =>
  [
    `GET ${path} HTTP/1.1`,
    ...Object.entries({
      Host: "127.0.0.1",
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version": "13",
      ...headers,
    }).map(([name, value]) => `${name}: ${value}`),
    "",
    "",
  ].join("\r\n");

type FrameShape = { opcode?: number; final?: boolean; reserved?: number; isMasked?: boolean };

/** A frame as RFC 6455 (5.2) draws it, right or wrong. */
export function frame(payload: string | Buffer, shape: FrameShape = {}): Buffer {
  const { opcode = 1, final = true, reserved = 0, isMasked = true } = shape;
  const data = Buffer.from(payload);
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  const second = isMasked ? 0x80 : 0;
  const head =
    data.length < 126
      ? [first, second | data.length]
      : [first, second | 126, (data.length >> 8) & 0xff, data.length & 0xff];
  if (!isMasked) return Buffer.concat([Buffer.from(head), data]);
  const mask = Buffer.from([7, 11, 13, 17]);
  return Buffer.concat([
    Buffer.from(head),
    mask,
    data.map((byte, index) => byte ^ (mask[index % 4] as number)),
  ]);
}

/** The close code of the last frame that came, when it was a close frame. */
export function closeCodeOf(received: string): number | undefined {
  const at = received.lastIndexOf("\x88");
  if (at < 0 || received.length < at + 4) return undefined;
  return received.charCodeAt(at + 2) * 256 + received.charCodeAt(at + 3);
}
