// A real HTTP server that speaks as much of Telegram's Bot API as a bot needs, and is as strict about it.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const bot = { id: 99, first_name: "Parlor", username: "parlor_bot" };

type Body = { chat_id: number; text: string; message_id: number; offset: number; [name: string]: unknown };
export type BotCall = { readonly method: string; readonly body: Body };
type Sent = { readonly chat: number; text: string };
type Refusal = { status: number; description?: string; parameters?: object };

/** What happens to one call instead of an answer: a refusal, a page, a break before or after it was done, a wait. */
export type Mishap = Refusal | { page: string } | "cut" | "lost" | Promise<unknown>;

export type TelegramServer = {
  readonly url: string;
  /** Every call but the polls, in the order in which they were done. */
  readonly calls: readonly BotCall[];
  readonly polls: readonly BotCall[];
  /** What a chat shows of the bot. */
  shown(chat: number): string[];
  /** Resolves once the condition holds; looks at it after each call. */
  when(condition: () => boolean): Promise<void>;
  /** Somebody says something in a chat. */
  hears(message: object): void;
  /** The next call of a method goes wrong. */
  upset(method: string, ...mishaps: Mishap[]): void;
  close(): Promise<void>;
};

export async function startTelegramServer(token: string): Promise<TelegramServer> {
  const calls: BotCall[] = [];
  const polls: BotCall[] = [];
  const messages: Sent[] = [];
  const updates: { update_id: number; message: object }[] = [];
  const mishaps = new Map<string, Mishap[]>();
  const waiting = new Set<() => void>();
  const look = (): void => waiting.forEach((one) => one());

  async function updatesFrom(offset: number): Promise<object[]> {
    while (updates.length > 0 && (updates[0]?.update_id ?? 0) < offset) updates.shift();
    while (updates.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return [...updates];
  }
  let wake = (): void => {};
  let count = 0;

  async function done({ method, body }: BotCall): Promise<Refusal | { result: unknown }> {
    const text = String(body.text).trim();
    const old = messages[body.message_id - 1];
    switch (method) {
      case "getMe":
        return { result: bot };
      case "getUpdates":
        return { result: await updatesFrom(body.offset) };
      case "sendMessage":
        if (!fits(text)) return refused("message text is empty or too long");
        return { result: { ...body, entities: [], message_id: messages.push({ chat: body.chat_id, text }) } };
      case "editMessageText":
        if (!old || old.chat !== body.chat_id) return refused("message to edit not found");
        if (!fits(text)) return refused("message text is empty or too long");
        if (old.text === text) return refused("message is not modified: it is exactly the same");
        if (Object.keys(body).sort().join() !== "chat_id,message_id,text") return refused("what is all this");
        old.text = text;
        return { result: { message_id: body.message_id } };
      default:
        return { status: 404, description: "Not Found" };
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [, key, method = ""] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url ?? "") ?? [];
    const call: BotCall = { method, body: JSON.parse(Buffer.concat(chunks).toString()) as Body };
    (method === "getUpdates" ? polls : calls).push(call);
    look();
    const mishap = mishaps.get(method)?.shift();
    if (mishap === "cut") return void request.socket.resetAndDestroy();
    if (mishap instanceof Promise) await mishap;
    else if (typeof mishap === "object") return answer(response, mishap);
    answer(response, key === token ? await done(call) : { status: 401, description: "Unauthorized" }, mishap);
    look();
  }

  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    polls,
    shown: (chat) => messages.filter((message) => message.chat === chat).map(({ text }) => text),
    when: (condition) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!condition()) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    hears: (message) => {
      updates.push({ update_id: ++count, message: { message_id: 1_000 + count, ...message } });
      wake();
    },
    upset: (method, ...more) => void mishaps.set(method, [...(mishaps.get(method) ?? []), ...more]),
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const fits = (text: string): boolean => text !== "" && text.length <= 4_096 && text.isWellFormed();

const refused = (why: string): Refusal => ({ status: 400, description: `Bad Request: ${why}` });

function answer(
  response: ServerResponse,
  outcome: Refusal | { page: string } | { result: unknown },
  mishap?: Mishap,
): void {
  if (mishap === "lost") response.socket?.resetAndDestroy();
  else if ("page" in outcome) response.writeHead(502, { "content-type": "text/html" }).end(outcome.page);
  else if ("result" in outcome) response.writeHead(200).end(JSON.stringify({ ok: true, ...outcome }));
  else {
    const { status, ...rest } = outcome;
    response.writeHead(status).end(JSON.stringify({ ok: false, error_code: status, ...rest }));
  }
}
