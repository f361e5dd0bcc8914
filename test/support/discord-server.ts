// As much of Discord as a bot needs: its REST interface and its gateway, on this machine.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

export const bot = { id: "99", username: "parlor", discriminator: "0", avatar: null, bot: true };

/** Where a bot may be: a channel of a guild, and two direct ones. */
export const places = { guild: "500", channel: "501", directs: ["601", "602"] };

export type DiscordCall = { readonly method: string; readonly path: string; readonly body: Body };
type Body = { content?: string; allowed_mentions?: unknown; [name: string]: unknown };
type Sent = { readonly id: string; readonly channel: string; content: string };

export type DiscordServer = {
  /** For `rest.api`. */
  readonly api: string;
  /** What was asked for in channels. */
  readonly calls: readonly DiscordCall[];
  /** What a channel shows of the bot. */
  shown(channel: string): string[];
  /** Resolves once the condition holds; looks at it after each call. */
  when(condition: () => boolean): Promise<void>;
  /** Somebody says something. */
  hears(message: { channel_id: string; author: object; content: string; [name: string]: unknown }): void;
  /** The next call in a channel is refused. */
  upset(status: number, body: object, headers?: Record<string, string>): void;
  close(): Promise<void>;
};

export async function startDiscordServer(): Promise<DiscordServer> {
  const calls: DiscordCall[] = [];
  const messages: Sent[] = [];
  const refusals: { status: number; body: object; headers: Record<string, string> }[] = [];
  const waiting = new Set<() => void>();
  let socket: WebSocket | undefined;
  let count = 0;

  function done({ method, path, body }: DiscordCall): object | undefined {
    const [, channel = "", id] = /^\/channels\/(\d+)\/messages(?:\/(\d+))?$/.exec(path) ?? [];
    const content = body.content?.trim() ?? "";
    if (!content || content.length > 2_000) return undefined;
    const old = messages.find((message) => message.id === id);
    if (method === "PATCH" && old) old.content = content;
    else if (method === "POST") messages.push({ id: String(9_000 + ++count), channel, content });
    else return undefined;
    return messageOf({ id: old?.id ?? String(9_000 + count), channel_id: channel, author: bot, content });
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = (status: number, body: object, headers = {}): void =>
      void response
        .writeHead(status, { "content-type": "application/json", ...headers })
        .end(JSON.stringify(body));
    const path = (request.url ?? "").replace(/^\/api\/v10/, "").replace(/\?.*/, "");
    if (path === "/gateway/bot") return answer(200, { ...gateway, url: `ws://127.0.0.1:${port}` });
    const body = JSON.parse(Buffer.concat(chunks).toString() || "{}") as Body;
    const call: DiscordCall = { method: request.method ?? "", path, body };
    calls.push(call);
    const refusal = refusals.shift();
    const result = refusal ? undefined : done(call);
    if (refusal) answer(refusal.status, refusal.body, refusal.headers);
    else if (result) answer(200, result);
    else answer(400, { code: 50_035, message: "Invalid Form Body" });
    waiting.forEach((look) => look());
  }

  const server = createServer((request, response) => void serve(request, response));
  const gateways = new WebSocketServer({ server });
  gateways.on("connection", (connected) => {
    socket = connected;
    welcome(connected);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    api: `http://127.0.0.1:${port}/api`,
    calls,
    shown: (channel) =>
      messages.filter((message) => message.channel === channel).map(({ content }) => content),
    when: (condition) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!condition()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    hears: (message) => {
      const d = messageOf({ id: String(1_000 + ++count), ...message });
      socket?.send(JSON.stringify({ op: 0, t: "MESSAGE_CREATE", s: 10 + count, d }));
    },
    upset: (status, body, headers = {}) => void refusals.push({ status, body, headers }),
    close: async () => {
      const closed = once(server, "close");
      gateways.clients.forEach((client) => client.terminate());
      gateways.close();
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const limit = { total: 1_000, remaining: 999, reset_after: 60_000, max_concurrency: 1 };
const gateway = { shards: 1, session_start_limit: limit };

const messageOf = (fields: object): object => ({
  type: 0,
  tts: false,
  pinned: false,
  mention_everyone: false,
  mentions: [],
  mention_roles: [],
  attachments: [],
  embeds: [],
  timestamp: "2026-01-01T00:00:00.000Z",
  edited_timestamp: null,
  ...fields,
});

/** Says hello, and after the bot's answer who it is and where. */
function welcome(socket: WebSocket): void {
  const guild = {
    id: places.guild,
    name: "House",
    owner_id: "1",
    roles: [],
    emojis: [],
    members: [{ user: bot, roles: [], joined_at: "2026-01-01T00:00:00.000Z" }],
    channels: [{ id: places.channel, type: 0, name: "talk", permission_overwrites: [] }],
    member_count: 3,
  };
  const ready = {
    v: 10,
    user: bot,
    guilds: [{ id: places.guild, unavailable: true }],
    session_id: "session",
    resume_gateway_url: "ws://127.0.0.1:9",
    application: { id: bot.id, flags: 0 },
  };
  socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 40_000 } }));
  socket.on("message", (data: Buffer) => {
    const { op } = JSON.parse(data.toString()) as { op: number };
    if (op === 1) socket.send(JSON.stringify({ op: 11 }));
    if (op !== 2) return;
    socket.send(JSON.stringify({ op: 0, t: "READY", s: 1, d: ready }));
    socket.send(JSON.stringify({ op: 0, t: "GUILD_CREATE", s: 2, d: guild }));
  });
}
