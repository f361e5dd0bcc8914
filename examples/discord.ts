// A Discord bot: it answers in direct messages and where it is mentioned, in a message that grows.
//
//   DISCORD_TOKEN=... OPENAI_API_KEY=... npx node examples/discord.ts
import { Client, Events, GatewayIntentBits, Partials, type ClientOptions, type Message } from "discord.js";
// In a project of your own this is "parlor".
import { ChainError, ChatOpenAI, DemoModel, withRetry, type ChatModel } from "../server/index.ts";
import { createConversations } from "./conversations.ts";

const { Guilds, GuildMessages, DirectMessages, MessageContent } = GatewayIntentBits;
const settings: ClientOptions = {
  intents: [Guilds, GuildMessages, DirectMessages, MessageContent],
  partials: [Partials.Channel], // else direct messages do not arrive
  allowedMentions: { parse: [], repliedUser: true }, // whatever the model says, it calls no @everyone
  failIfNotExists: false, // a question that was deleted is answered all the same
};

type Options = {
  readonly token: string;
  readonly llm: ChatModel;
  readonly rest?: NonNullable<ClientOptions["rest"]>;
  readonly pause?: (ms: number) => Promise<unknown>;
};

/** Answers until it is closed; closing stops the answers that are being made. */
export async function startDiscordBot({ token, llm, rest, pause }: Options): Promise<() => Promise<void>> {
  const client = new Client(rest ? { ...settings, rest } : settings);
  const conversations = createConversations({ llm, onFault: report });
  client.on(Events.Error, report);
  client.on(Events.MessageCreate, (message) => {
    const input = textFor(client, message);
    const { channelId, author, member } = message;
    if (input === "stop") conversations.stop(channelId);
    else if (input === "forget") conversations.forget(channelId);
    else if (input) {
      const name = member?.displayName ?? author.displayName;
      conversations.answer(channelId, { input, author: { id: author.id, name } }, placeUnder(message, pause));
    }
  });
  await client.login(token);
  return async () => {
    await conversations.close();
    await client.destroy();
  };
}

/** Discord takes 5 in 5 s; discord.js waits by itself where that was too much. */
const placeUnder = (message: Message, pause: Options["pause"]) => ({
  send: (text: string) => message.reply(text),
  edit: (sent: Message, text: string) => sent.edit(text),
  maxChars: 2_000,
  everyMs: 1_000,
  pause,
});

function textFor({ user }: Client, { author, content, guildId, mentions }: Message): string | undefined {
  if (author.bot || !user) return undefined;
  const isMeant = guildId === null || mentions.has(user, { ignoreEveryone: true, ignoreRoles: true });
  return isMeant ? content.replaceAll(`<@${user.id}>`, "").trim() : undefined;
}

/** Other faults than the chain's are told by their names: their words may be somebody's. */
function report(error: unknown): void {
  const name = error instanceof Error ? error.name : typeof error;
  console.error(error instanceof ChainError ? `${name}: ${error.message}` : name);
}

if (import.meta.main) {
  const { DISCORD_TOKEN: token, OPENAI_API_KEY: apiKey } = process.env;
  if (!token) throw new Error("DISCORD_TOKEN is missing; the developer portal gives you one.");
  const llm = apiKey ? withRetry(new ChatOpenAI({ model: "gpt-5-mini", apiKey })) : new DemoModel();
  const close = await startDiscordBot({ token, llm });
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void close().then(() => process.exit()));
}
