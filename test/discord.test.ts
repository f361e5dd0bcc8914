// The example of a Discord bot, on discord.js, against a server that speaks as much of Discord as it needs.
import { afterEach, describe, expect, test } from "@jest/globals";
import { startDiscordBot } from "../examples/discord.ts";
import { createScriptedModel, type ModelCall } from "./support/scripted-model.ts";
import { bot, places, startDiscordServer } from "./support/discord-server.ts";

const person = (id: string, name: string) => ({
  id,
  username: name.toLowerCase(),
  global_name: name,
  discriminator: "0",
  avatar: null,
});
const ada = person("7", "Ada");
const bob = person("8", "Bob");
const [direct = "", other = ""] = places.directs;
const privately = (content: string, channel_id = direct) => ({
  channel_id,
  channel_type: 1,
  author: ada,
  content,
});
const inGuild = (content: string, author = ada) => ({
  channel_id: places.channel,
  guild_id: places.guild,
  author,
  member: { roles: [], joined_at: "2026-01-01T00:00:00.000Z" },
  mentions: content.includes(`<@${bot.id}>`) ? [bot] : [],
  content,
});

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startWorld(onCall?: (call: ModelCall) => void) {
  const server = await startDiscordServer();
  closers.push(server.close);
  const llm = createScriptedModel(onCall ? { onCall } : {});
  const close = await startDiscordBot({
    token: "the.secret.token",
    llm,
    rest: { api: server.api },
    pause: () => Promise.resolve(),
  });
  closers.push(close);
  const isShown = (channel: string, ...texts: string[]) =>
    server.when(() => JSON.stringify(server.shown(channel)) === JSON.stringify(texts));
  return { server, llm, close, isShown };
}

const asked = ({ messages }: ModelCall): string[] => messages.slice(1).map(({ content }) => content);
const answers = (text: string) => (call: ModelCall) => {
  call.say(text);
  call.finish();
};

describe("an answer in Discord", () => {
  test("comes by edits of one message", async () => {
    const { server, llm, isShown } = await startWorld();
    server.hears(privately("Count"));
    const call = await llm.nextCall();
    call.say("One");
    await isShown(direct, "One");
    call.say(", two.");
    await isShown(direct, "One, two.");
    call.finish();
    expect(server.calls.map(({ method }) => method)).toEqual(["POST", "PATCH"]);
    expect(server.calls[0]?.body).toMatchObject({ message_reference: { fail_if_not_exists: false } });
  });

  test("goes on in a further message after 2,000 characters", async () => {
    const { server, isShown } = await startWorld(answers("🙂".repeat(1_500)));
    server.hears(privately("Smile"));
    await isShown(direct, "🙂".repeat(1_000), "🙂".repeat(500));
  });

  test("calls nobody but the one who asked, whatever the model says", async () => {
    const { server, isShown } = await startWorld(answers("Hello @everyone"));
    server.hears(privately("Say hello"));
    await isShown(direct, "Hello @everyone");
    expect(server.calls[0]?.body.allowed_mentions).toEqual({ parse: [], replied_user: true });
  });

  test("survives a 429 and a failed edit", async () => {
    const { server, llm, isShown } = await startWorld();
    server.hears(privately("Tell"));
    const call = await llm.nextCall();
    server.upset(429, { retry_after: 0.01, global: false, message: "slow" }, { "retry-after": "0.01" });
    call.say("Once");
    await isShown(direct, "Once");
    server.upset(403, { code: 50_013, message: "Missing Permissions" });
    call.say(" upon");
    call.finish();
    await isShown(direct, "Once upon");
  });
});

describe("a conversation in Discord", () => {
  test("in a guild the bot answers where it is mentioned, and the model is told who said what", async () => {
    const { server, llm } = await startWorld(answers("Yes."));
    const isAnswered = (count: number) => server.when(() => server.shown(places.channel).length === count);
    server.hears(inGuild(`<@${bot.id}> I am here`));
    await isAnswered(1);
    server.hears(inGuild("Bob, are you there?"));
    server.hears(inGuild(`<@${bot.id}>, who am I?`, bob));
    await isAnswered(2);
    expect(llm.calls.map(asked)).toEqual([["I am here"], ["Ada: I am here", "Yes.", "Bob: , who am I?"]]);
  });

  test("stop stops the answer, and forget empties the memory", async () => {
    const { server, llm, isShown } = await startWorld();
    server.hears(privately("Count"));
    const call = await llm.nextCall();
    call.say("One");
    await isShown(direct, "One");
    server.hears(privately("stop"));
    await isShown(direct, "One\n\n[Stopped.]");
    expect(call.signal?.aborted).toBe(true);
    server.hears(privately("forget"));
    server.hears(privately("Who am I?"));
    expect(asked(await llm.nextCall())).toEqual(["Who am I?"]);
  });

  test("two channels are answered at the same time, and a bot is not answered", async () => {
    const { server, llm, isShown } = await startWorld();
    server.hears({ ...privately("I am a bot"), author: { ...bob, bot: true } });
    server.hears(privately("One"));
    server.hears(privately("Two", other));
    const [one, two] = [await llm.nextCall(), await llm.nextCall()];
    expect([asked(one), asked(two)]).toEqual([["One"], ["Two"]]);
    answers("2.")(two);
    answers("1.")(one);
    await Promise.all([isShown(direct, "1."), isShown(other, "2.")]);
  });

  test("closing stops the answers, after the channels have been told", async () => {
    const { server, llm, close, isShown } = await startWorld();
    server.hears(privately("Count"));
    const call = await llm.nextCall();
    call.say("One");
    await isShown(direct, "One");
    await close();
    expect(call.signal?.aborted).toBe(true);
    expect(server.shown(direct)).toEqual(["One\n\n[Stopped.]"]);
  });
});
