// A Telegram bot: a conversation for each chat, and answers that grow in their message.
//
//   TELEGRAM_TOKEN=... OPENAI_API_KEY=... npx node examples/telegram.ts
import { setTimeout as wait } from "node:timers/promises";
// In a project of your own this is "parlor".
import { ChainError, ChatOpenAI, DemoModel, withRetry, type ChatModel } from "../server/index.ts";
import { createConversations, type Conversations } from "./conversations.ts";

export type TelegramOptions = {
  readonly token: string;
  readonly llm: ChatModel;
  /** The address of the Bot API. Default: Telegram's own. */
  readonly api?: string | undefined;
  /** How many chats are remembered. */
  readonly most?: number | undefined;
  readonly log?: (line: string) => void;
  /** Default: the clock's. */
  readonly pause?: (ms: number, signal?: AbortSignal) => Promise<unknown>;
};

type User = { id: number; first_name: string; last_name?: string; username?: string };
type Message = {
  message_id: number;
  chat: { id: number; type: string };
  from?: User;
  text?: string;
  reply_to_message?: { from?: User };
};
type Update = { update_id: number; message?: Message };

/** After a poll that failed. Milliseconds. */
const pollPauseMs = 5_000;

/**
 * Answers until it is closed; closing stops the answers that are being made.
 * @throws TelegramError when Telegram does not know the token, or cannot be reached
 */
export async function startTelegramBot(options: TelegramOptions): Promise<() => Promise<void>> {
  const { llm, most, log = console.error } = options;
  const onFault = (error: unknown) => log(told(error));
  const call = createCall(options);
  const me = await call<User>("getMe", {});
  const conversations = createConversations({ llm, most, onFault });
  const closing = new AbortController();
  const hear = createHearing({ ...options, call, me, conversations, onFault });
  const polling = poll({ ...options, call, hear, onFault, signal: closing.signal });
  return async () => {
    closing.abort();
    await Promise.all([polling, conversations.close()]);
  };
}

type Shared = Pick<TelegramOptions, "pause"> & { call: Call; onFault: (error: unknown) => void };

/** Asks for news, and says with the next question which of them it has. */
async function poll(
  parts: Shared & { hear: (message: Message) => void; signal: AbortSignal },
): Promise<void> {
  const { call, hear, onFault, signal, pause = clock } = parts;
  for (let offset = 0; !signal.aborted;) {
    try {
      const query = { offset, timeout: 50, allowed_updates: ["message"] };
      const patience = AbortSignal.any([signal, AbortSignal.timeout(60_000)]);
      for (const { update_id, message } of await call<Update[]>("getUpdates", query, patience)) {
        offset = update_id + 1;
        if (message) hear(message);
      }
    } catch (error) {
      if (signal.aborted) return;
      onFault(error);
      const ms = Math.max(pollPauseMs, error instanceof TelegramError ? error.retryAfterMs : 0);
      await pause(ms, signal).catch(() => {}); // the bot is being closed
    }
  }
}

const clock = (ms: number, signal: AbortSignal): Promise<void> => wait(ms, undefined, { signal });

function createHearing(parts: Shared & { me: User; conversations: Conversations }) {
  const { call, me, conversations, onFault, pause } = parts;

  const reply = ({ chat, message_id }: Message, text: string): Promise<{ message_id: number }> => {
    const reply_parameters = { message_id, allow_sending_without_reply: true };
    return call("sendMessage", { chat_id: chat.id, text, reply_parameters });
  };

  function answer(message: Message, input: string): void {
    const { chat, from } = message;
    const author = from && { id: String(from.id), name: nameOf(from) };
    conversations.answer(String(chat.id), author ? { input, author } : { input }, {
      send: (text) => reply(message, text),
      edit: ({ message_id }, text) =>
        call("editMessageText", { chat_id: chat.id, message_id, text }).catch(unlessSame),
      maxChars: 4_096,
      everyMs: chat.type === "private" ? 1_000 : 3_000, // a group takes 20 a minute
      pause,
    });
  }

  function obey(message: Message, command: Command): void {
    const id = String(message.chat.id);
    const say = (words: string): void => void reply(message, words).catch(onFault);
    switch (command) {
      case "/start":
        return say("Ask me something. /stop stops an answer, /forget forgets what was said.");
      case "/stop":
        if (!conversations.stop(id)) say("There is nothing to stop.");
        return;
      case "/forget":
        conversations.forget(id);
        return say("Forgotten.");
    }
  }

  return (message: Message): void => {
    const text = textFor(me, message);
    const command = commandIn(text);
    if (command) obey(message, command);
    else if (text) answer(message, text);
  };
}

const commands = ["/start", "/stop", "/forget"] as const;
type Command = (typeof commands)[number];
const commandIn = (text = ""): Command | undefined => commands.find((name) => name === text.split(/\s/)[0]);

/** What somebody says to the bot. In a group that is a command, a reply to it, or a message with its name in it. */
function textFor(me: User, { text = "", chat, reply_to_message }: Message): string | undefined {
  const said = text.replace(new RegExp(`@${me.username}\\b`, "gi"), "").trim();
  const isNamed = said !== text.trim();
  const isReply = reply_to_message?.from?.id === me.id;
  return chat.type === "private" || isNamed || isReply || commandIn(said) ? said : undefined;
}

const nameOf = ({ first_name, last_name = "" }: User): string => `${first_name} ${last_name}`.trim();

class TelegramError extends Error {
  override name = "TelegramError";
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

type Call = <T>(method: string, body: object, signal?: AbortSignal) => Promise<T>;
type Answer = { ok?: boolean; result?: unknown; description?: string; parameters?: { retry_after?: number } };

function createCall({ token, api = "https://api.telegram.org" }: TelegramOptions): Call {
  return async <T>(method: string, body: object, signal = AbortSignal.timeout(10_000)) => {
    const { ok, result, description, parameters } = await post(`${api}/bot${token}/${method}`, body, signal);
    if (ok) return result as T;
    const why = String(description).replaceAll(token, "…");
    throw new TelegramError(`${method}: ${why}`, (parameters?.retry_after ?? 0) * 1_000);
  };
}

/** A fault is told without its own words: they may have the address in them, and so the token. */
async function post(url: string, body: object, signal: AbortSignal): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  try {
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
    return ((await response.json()) as Answer | null) ?? {};
  } catch {
    return { description: "there was no answer, or none that is JSON" };
  }
}

/** An edit whose answer was lost and that is made again changes nothing, which Telegram calls an error. */
function unlessSame(error: unknown): void {
  if (!(error instanceof TelegramError) || !error.message.includes("message is not modified")) throw error;
}

const told = (error: unknown): string =>
  error instanceof TelegramError || error instanceof ChainError
    ? `${error.name}: ${error.message}`
    : `a fault: ${error instanceof Error ? error.name : typeof error}`; // its words may be somebody's

if (import.meta.main) {
  const { TELEGRAM_TOKEN: token, TELEGRAM_API: api, OPENAI_API_KEY: apiKey } = process.env;
  if (!token) throw new Error("TELEGRAM_TOKEN is missing; @BotFather gives you one.");
  const llm = apiKey ? withRetry(new ChatOpenAI({ model: "gpt-5-mini", apiKey })) : new DemoModel();
  const close = await startTelegramBot({ token, api, llm });
  console.log(`The bot answers with ${llm.name}.`);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void close().then(() => process.exit()));
}
