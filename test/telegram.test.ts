// The example of a Telegram bot, against a server that speaks the Bot API.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createConversations } from "../examples/conversations.ts";
import { pieces, showAnswer } from "../examples/edited-message.ts";
import { startTelegramBot, type TelegramOptions } from "../examples/telegram.ts";
import { UpstreamError } from "../server/models/model.ts";
import { createScriptedModel, type ModelCall } from "./support/scripted-model.ts";
import { startTelegramServer, type TelegramServer } from "./support/telegram-server.ts";

const token = "123456:the-secret_Token";
const ada = { id: 7, first_name: "Ada", last_name: "Lovelace" };
const bob = { id: 8, first_name: "Bob" };
const privately = (text: string, chat = 1) => ({ chat: { id: chat, type: "private" }, from: ada, text });
const inGroup = (text: string, from: object = ada) => ({ chat: { id: -5, type: "supergroup" }, from, text });

type Pause = { readonly ms: number; readonly end: () => void };

/** Pauses that end when the test says so. */
function createPauses() {
  const pauses: Pause[] = [];
  const waiting: ((pause: Pause) => void)[] = [];
  let taken = 0;
  return {
    pause: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((end) => {
        signal?.addEventListener("abort", () => end());
        pauses.push({ ms, end });
        waiting.shift()?.({ ms, end });
      }),
    next: () => {
      const pause = pauses[taken++];
      return pause ? Promise.resolve(pause) : new Promise<Pause>((resolve) => waiting.push(resolve));
    },
  };
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startServer(): Promise<TelegramServer> {
  const server = await startTelegramServer(token);
  closers.push(server.close);
  return server;
}

type World = { onCall?: (call: ModelCall) => void } & Partial<TelegramOptions>;

/** A bot whose pauses are over at once, unless the test has them in its hand. */
async function startWorld({ onCall, ...options }: World = {}) {
  const server = await startServer();
  const llm = createScriptedModel(onCall ? { onCall } : {});
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const pause = () => Promise.resolve();
  const close = await startTelegramBot({ token, llm, api: server.url, log, pause, ...options });
  closers.push(close);
  const isShown = (chat: number, ...texts: string[]) =>
    server.when(() => JSON.stringify(server.shown(chat)) === JSON.stringify(texts));
  return { server, llm, lines, close, isShown };
}

const methods = ({ calls }: TelegramServer): string[] => calls.map(({ method }) => method);
const textsOf = ({ calls }: TelegramServer): string[] => calls.slice(1).map(({ body }) => body.text);
const asked = ({ messages }: ModelCall): string[] => messages.slice(1).map(({ content }) => content);
const answers = (text: string) => (call: ModelCall) => {
  call.say(text);
  call.finish();
};

describe("an answer in Telegram", () => {
  test("comes by edits of one message, one a second, and the last edit has the whole text", async () => {
    const pauses = createPauses();
    const { server, llm, isShown } = await startWorld({ pause: pauses.pause });
    server.hears(privately("Count"));
    const call = await llm.nextCall();
    call.say("One");
    await isShown(1, "One");
    const first = await pauses.next();
    call.say(", two");
    call.say(", three");
    await roundTrip(server);
    expect(server.shown(1)).toEqual(["One"]);
    first.end();
    await isShown(1, "One, two, three");
    call.say(", four.");
    call.finish();
    (await pauses.next()).end();
    await isShown(1, "One, two, three, four.");
    expect(methods(server)).toEqual(["getMe", "sendMessage", "editMessageText", "editMessageText"]);
    expect([first.ms, (await pauses.next()).ms]).toEqual([1_000, 1_000]);
  });

  test("is a reply to its question", async () => {
    const { server, isShown } = await startWorld({ onCall: answers("Yes.") });
    server.hears({ ...privately("Is it?"), message_id: 77 });
    await isShown(1, "Yes.");
    expect(server.calls[1]?.body).toMatchObject({ chat_id: 1, reply_parameters: { message_id: 77 } });
  });

  test("is read as fast as it is made, however slow Telegram is", async () => {
    const { server, llm, isShown } = await startWorld();
    const gate = Promise.withResolvers<void>();
    server.upset("sendMessage", gate.promise);
    server.hears(privately("Tell"));
    const call = await llm.nextCall();
    call.say("A");
    await server.when(() => methods(server).includes("sendMessage"));
    call.say(" whole", " story.");
    call.finish();
    server.hears(privately("More"));
    expect(asked(await llm.nextCall())).toEqual(["Tell", "A whole story.", "More"]);
    expect(server.shown(1)).toEqual([]);
    gate.resolve();
    await isShown(1, "A whole story.");
  });

  test("is not edited where only blanks have come: to Telegram that would be the same text", async () => {
    const pauses = createPauses();
    const { server, llm, isShown } = await startWorld({ pause: pauses.pause });
    server.hears(privately("Hi"));
    const call = await llm.nextCall();
    call.say("\n\n");
    call.say("Hello");
    await isShown(1, "Hello");
    (await pauses.next()).end();
    call.say("\n");
    call.say(" \n");
    call.finish();
    server.hears(privately("/stop"));
    await isShown(1, "Hello", "There is nothing to stop.");
    expect(methods(server)).toEqual(["getMe", "sendMessage", "sendMessage"]);
  });

  test("that is too long for one message goes on in further ones", async () => {
    const long = "🙂".repeat(3_000) + " " + "word ".repeat(600);
    const { server, llm, isShown } = await startWorld();
    server.hears(privately("Talk"));
    const call = await llm.nextCall();
    for (let at = 0; at < long.length; at += 97) call.say(long.slice(at, at + 97));
    call.finish();
    const texts = [...pieces(long, 4_096)];
    expect(texts).toHaveLength(3);
    await isShown(1, ...texts);
    expect(server.shown(1).join("").replaceAll(" ", "")).toBe(long.replaceAll(" ", ""));
  });

  test.each<[string, (call: ModelCall) => void, string]>([
    [
      "was cut at its length",
      (call) => call.finish("length"),
      "The model stopped here: an answer may be no longer.",
    ],
    ["was filtered", (call) => call.finish("content_filter"), "The model's provider filtered this answer."],
  ])("that %s says so", async (_, end, note) => {
    const { server, llm, lines, isShown } = await startWorld();
    server.hears(privately("Tell"));
    const call = await llm.nextCall();
    call.say("Once");
    end(call);
    await isShown(1, `Once\n\n[${note}]`);
    expect(lines).toEqual([]);
  });

  const cut = "The connection to the model broke before the answer was finished.";
  const overloaded = new UpstreamError("upstream_overloaded");
  const internal = "The server failed; the fault is in its log.";
  test.each<[string, (call: ModelCall) => void, { note: string; line: string }]>([
    ["broke off", (call) => call.end(), { note: cut, line: `ChainError: ${cut}` }],
    [
      "failed upstream",
      (call) => call.fail(overloaded),
      {
        note: "The model's provider is overloaded.",
        line: "ChainError: The model's provider is overloaded.",
      },
    ],
    ["met a bug", (call) => call.fail(new Error("secret")), { note: internal, line: "a fault: Error" }],
  ])("that %s says so, and the log tells why", async (_, end, { note, line }) => {
    const { server, llm, lines, isShown } = await startWorld();
    server.hears(privately("Tell"));
    const call = await llm.nextCall();
    call.say("Once");
    end(call);
    await isShown(1, `Once\n\n[${note}]`);
    expect(lines).toEqual([line]);
  });

  test("that ends by a fault which is not the chain's says so, and the fault is passed on", async () => {
    const shown: string[] = [];
    async function* answer() {
      yield { text: "Once" };
      throw new Error("a bug");
    }
    const place = {
      send: async (text: string) => shown.push(text),
      edit: async (message: number, text: string) => (shown[message - 1] = text),
      maxChars: 4_096,
      everyMs: 0,
    };
    await expect(showAnswer(answer(), place)).rejects.toThrow("a bug");
    expect(shown).toEqual(["Once\n\n[Something went wrong, and there is no more of this answer.]"]);
  });

  test("that is empty says so, and one of which nothing came says why", async () => {
    const { server, llm, isShown } = await startWorld();
    server.hears(privately("Tell"));
    (await llm.nextCall()).finish();
    await isShown(1, "[The answer is empty.]");
    server.hears(privately("Tell", 2));
    (await llm.nextCall()).fail(new UpstreamError("upstream_auth"));
    await isShown(2, "[The model's provider refused the key.]");
  });
});

/** All that was sent to the bot before has been taken by it, and it asks for more. */
async function roundTrip(server: TelegramServer): Promise<void> {
  const before = server.polls.length;
  server.hears({ chat: { id: -1, type: "supergroup" }, text: "not for the bot" });
  await server.when(() => server.polls.length > before);
}

describe("when Telegram refuses or fails", () => {
  test("a 429 is waited for as long as it says, and the words come after it", async () => {
    const pauses = createPauses();
    const { server, llm, isShown } = await startWorld({ pause: pauses.pause });
    const tooMany = { status: 429, description: "Too Many Requests", parameters: { retry_after: 7 } };
    server.upset("sendMessage", tooMany);
    server.upset("editMessageText", tooMany);
    server.hears(privately("Tell"));
    const call = await llm.nextCall();
    call.say("Once");
    const first = await pauses.next();
    expect(first.ms).toBe(7_000);
    call.say(" upon");
    await turn(); // by then the word has been read
    first.end();
    await isShown(1, "Once upon");
    (await pauses.next()).end();
    call.say(" a time.");
    call.finish();
    const second = await pauses.next();
    expect(second.ms).toBe(7_000);
    second.end();
    await isShown(1, "Once upon a time.");
  });

  test("an edit that fails in the middle is made up for by the next one", async () => {
    const { server, llm, isShown } = await startWorld();
    server.upset("editMessageText", { page: "<h1>502</h1>" }, ...Array<"cut">(8).fill("cut"));
    server.hears(privately("Tell"));
    const call = await llm.nextCall();
    for (const text of ["a", "b", "c", "d"]) {
      call.say(text);
      await server.when(() => server.shown(1)[0]?.endsWith(text) === true);
    }
    call.finish();
    await isShown(1, "abcd");
  });

  test("the last edit is tried again, later and later", async () => {
    const pauses = createPauses();
    const { server, llm, isShown } = await startWorld({ pause: pauses.pause });
    server.hears(privately("Tell"));
    const call = await llm.nextCall();
    call.say("Once");
    await isShown(1, "Once");
    server.upset("editMessageText", "cut", { status: 500 }, { page: "oh" });
    call.say(" more");
    call.finish();
    for (const ms of [1_000, 2_000, 4_000, 8_000]) {
      const pause = await pauses.next();
      expect(pause.ms).toBe(ms);
      pause.end();
    }
    await isShown(1, "Once more");
  });

  test("a chat that takes no edit at all is given up, and the bot goes on", async () => {
    const { server, lines, isShown } = await startWorld({ onCall: answers("Hello.") });
    const blocked = { status: 403, description: "Forbidden: bot was blocked by the user" };
    server.upset("sendMessage", ...Array<typeof blocked>(6).fill(blocked));
    server.hears(privately("Hi"));
    await server.when(() => server.calls.length === 7);
    server.hears(privately("Hi", 2));
    await isShown(2, "Hello.");
    expect(lines).toEqual(["TelegramError: sendMessage: Forbidden: bot was blocked by the user"]);
    expect(server.shown(1)).toEqual([]);
  });

  test("an edit whose answer was lost is no failure when it turns out to be there already", async () => {
    const pauses = createPauses();
    const { server, llm, lines, isShown } = await startWorld({ pause: pauses.pause });
    server.hears(privately("Tell"));
    const call = await llm.nextCall();
    call.say("Once");
    (await pauses.next()).end();
    server.upset("editMessageText", "lost");
    call.say(" more");
    call.finish();
    (await pauses.next()).end();
    await server.when(() => textsOf(server).join("|") === "Once|Once more|Once more");
    expect((await pauses.next()).ms).toBe(1_000); // as after every edit that is done
    await isShown(1, "Once more");
    expect(lines).toEqual([]);
  });

  test("polling goes on after errors, and every message is answered once", async () => {
    const pauses = createPauses();
    const { server, llm, lines, isShown } = await startWorld({
      onCall: answers("Yes."),
      pause: pauses.pause,
    });
    const tooMany = { status: 429, description: "Too Many Requests", parameters: { retry_after: 30 } };
    server.upset("getUpdates", "cut", { page: "<h1>Bad Gateway</h1>" }, "lost", tooMany);
    server.hears(privately("One?"));
    for (const ms of [5_000, 5_000, 5_000, 30_000, 1_000]) {
      const pause = await pauses.next();
      expect(pause.ms).toBe(ms);
      pause.end();
    }
    server.hears(privately("Two?", 2));
    await isShown(1, "Yes.");
    await isShown(2, "Yes.");
    expect(llm.calls.map(asked)).toEqual([["One?"], ["Two?"]]);
    expect(lines).toHaveLength(4);
  });
});

describe("a conversation in Telegram", () => {
  test("/stop stops the answer that is being made; the words so far stay, and the model is told", async () => {
    const { server, llm, isShown } = await startWorld();
    server.hears(privately("Count"));
    const call = await llm.nextCall();
    call.say("One, two");
    await isShown(1, "One, two");
    server.hears(privately("/stop"));
    await isShown(1, "One, two\n\n[Stopped.]");
    expect(call.signal?.aborted).toBe(true);
    server.hears(privately("Go on"));
    expect(asked(await llm.nextCall())).toEqual([
      "Count",
      "One, two\n\n[This answer was cut off before its end.]",
      "Go on",
    ]);
  });

  test("/stop leaves the next question and other chats alone", async () => {
    const { server, llm, isShown } = await startWorld();
    server.hears(privately("One"));
    server.hears(privately("Two"));
    server.hears(privately("Three", 3));
    const [one, three] = [await llm.nextCall(), await llm.nextCall()];
    expect([asked(one), asked(three)]).toEqual([["One"], ["Three"]]);
    server.hears(privately("/stop"));
    const two = await llm.nextCall();
    expect([one, two, three].map(({ signal }) => signal?.aborted)).toEqual([true, false, false]);
    two.say("2.");
    two.finish();
    await isShown(1, "[Stopped.]", "2.");
  });

  test("questions in a chat are answered one after the other, in their order", async () => {
    const { server, llm, isShown } = await startWorld();
    server.hears(privately("One?"));
    server.hears(privately("Two?"));
    const one = await llm.nextCall();
    one.say("1");
    await isShown(1, "1");
    await roundTrip(server);
    expect(llm.calls).toHaveLength(1);
    one.say(".");
    one.finish();
    const two = await llm.nextCall();
    expect(asked(two)).toEqual(["One?", "1.", "Two?"]);
    two.say("2.");
    two.finish();
    await isShown(1, "1.", "2.");
  });

  test("two chats are answered at the same time, and know nothing of each other", async () => {
    const { server, llm, isShown } = await startWorld();
    server.hears(privately("I am in one", 1));
    server.hears(privately("I am in two", 2));
    const [one, two] = [await llm.nextCall(), await llm.nextCall()];
    one.say("1");
    two.say("2");
    await Promise.all([isShown(1, "1"), isShown(2, "2")]);
    expect([asked(one), asked(two)]).toEqual([["I am in one"], ["I am in two"]]);
    for (const call of [two, one]) {
      call.say("!");
      call.finish();
    }
    await Promise.all([isShown(1, "1!"), isShown(2, "2!")]);
  });

  test("/forget empties the memory, and stops what is being said", async () => {
    const { server, llm, isShown } = await startWorld();
    server.hears(privately("I am Ada"));
    const call = await llm.nextCall();
    call.say("Hello");
    await isShown(1, "Hello");
    server.hears(privately("/forget"));
    await server.when(() => server.shown(1).includes("Forgotten."));
    await server.when(() => server.shown(1).includes("Hello\n\n[Stopped.]"));
    server.hears(privately("Who am I?"));
    expect(asked(await llm.nextCall())).toEqual(["Who am I?"]);
  });

  test("as many chats are remembered as fit; whoever was silent longest is forgotten", async () => {
    const { server, llm, isShown } = await startWorld({ most: 2, onCall: answers("Yes.") });
    for (const [index, chat] of [1, 2, 1, 3].entries()) {
      server.hears(privately(`question ${index}`, chat));
      await server.when(() => llm.calls.length === index + 1);
    }
    await Promise.all([isShown(1, "Yes.", "Yes."), isShown(2, "Yes."), isShown(3, "Yes.")]);
    server.hears(privately("Still there?", 1));
    await isShown(1, "Yes.", "Yes.", "Yes.");
    server.hears(privately("And I?", 2));
    await isShown(2, "Yes.", "Yes.");
    expect(llm.calls.slice(4).map(asked)).toEqual([
      ["question 0", "Yes.", "question 2", "Yes.", "Still there?"],
      ["And I?"],
    ]);
  });

  test("/start is greeted without a model", async () => {
    const { server, llm } = await startWorld();
    server.hears(privately("/start deep-link"));
    await server.when(() => server.shown(1).length === 1);
    expect(llm.calls).toHaveLength(0);
  });

  test("in a group the model is told who said what, and messages to others are none of its business", async () => {
    const { server, llm } = await startWorld({ onCall: answers("Yes.") });
    const isAnswered = (count: number) => server.when(() => server.shown(-5).length === count);
    server.hears(inGroup("I am here, @Parlor_Bot"));
    await isAnswered(1);
    server.hears(inGroup("Bob, did you hear? @parlor_bots"));
    server.hears(inGroup("/stop@other_bot"));
    server.hears({ ...inGroup("And who am I?", bob), reply_to_message: { from: { id: 99 } } });
    await isAnswered(2);
    expect(llm.calls).toHaveLength(2);
    expect(asked(llm.calls[1]!)).toEqual(["Ada Lovelace: I am here,", "Yes.", "Bob: And who am I?"]);
    server.hears(inGroup("/stop@parlor_bot"));
    await server.when(() => server.shown(-5).at(-1) === "There is nothing to stop.");
  });

  test("a group is edited more rarely: it takes no more than twenty messages a minute", async () => {
    const pauses = createPauses();
    const { server } = await startWorld({ onCall: answers("Yes."), pause: pauses.pause });
    server.hears(inGroup("Really, @parlor_bot?"));
    expect((await pauses.next()).ms).toBe(3_000);
  });

  test("a photo without words is left alone", async () => {
    const { server, llm } = await startWorld();
    server.hears({ chat: { id: 1, type: "private" }, from: ada, photo: [] });
    await roundTrip(server);
    expect(llm.calls).toHaveLength(0);
    expect(server.shown(1)).toEqual([]);
  });
});

describe("the Telegram bot itself", () => {
  test("stops its answers when it is closed, after the chats have been told", async () => {
    const { server, llm, lines, close, isShown } = await startWorld();
    server.hears(privately("Count"));
    server.hears(privately("And then?"));
    const call = await llm.nextCall();
    call.say("One");
    await isShown(1, "One");
    await roundTrip(server);
    await close();
    expect(call.signal?.aborted).toBe(true);
    expect(server.shown(1)).toEqual(["One\n\n[Stopped.]", "[Stopped.]"]);
    expect(lines).toEqual([]);
  });

  test("begins no answer while it is being closed", async () => {
    const llm = createScriptedModel({ onCall: answers("Yes.") });
    const conversations = createConversations({ llm, onFault: () => {} });
    const closed = conversations.close();
    const never = async () => expect("an answer").toBeUndefined();
    conversations.answer("1", { input: "Hi" }, { send: never, edit: never, maxChars: 9, everyMs: 0 });
    await closed;
    await turn();
    expect(llm.calls).toHaveLength(0);
  });

  test.each([
    ["a token that Telegram does not know", (url: string) => ({ token: "777:wrong_Token", api: url })],
    ["nobody at the address", () => ({ token, api: "http://127.0.0.1:9" })],
    ["an address that is none", () => ({ token, api: "not an address" })],
  ])("does not start with %s, and says so without the token", async (_, optionsOf) => {
    const server = await startServer();
    const options = optionsOf(server.url);
    const lines: string[] = [];
    const started = startTelegramBot({
      ...options,
      llm: createScriptedModel(),
      log: (line) => lines.push(line),
    });
    const error = await started.then(
      () => undefined,
      (error: Error) => error,
    );
    expect(error?.name).toBe("TelegramError");
    expect([error?.stack, error?.cause, ...lines].join("\n")).not.toContain(options.token.split(":")[1]);
  });

  test("logs no token, whatever the server says", async () => {
    const { server, lines } = await startWorld();
    server.upset("getUpdates", { status: 404, description: `no such path: /bot${token}/getUpdates` }, "cut");
    await roundTrip(server);
    await server.when(() => lines.length === 2);
    expect(lines.join("\n")).not.toContain("the-secret");
  });

  test("runs as a command, and ends cleanly at a signal", async () => {
    const server = await startServer();
    const env = { PATH: process.env["PATH"], TELEGRAM_TOKEN: token, TELEGRAM_API: server.url };
    const child = spawn(process.execPath, ["examples/telegram.ts"], {
      cwd: join(import.meta.dirname, ".."),
      env,
    });
    const exited = once(child, "close");
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += String(data)));
    server.hears(privately("Hello"));
    await server.when(() => server.shown(1).length === 1);
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
    expect(server.shown(1)).toEqual([expect.stringMatching(/\w.*\n\n\[Stopped\.\]$/s)]);
    expect(output).toContain("The bot answers with demo.");
    expect(output).not.toContain("the-secret");
  });

  test("does not run without a token", async () => {
    const child = spawn(process.execPath, ["examples/telegram.ts"], {
      cwd: join(import.meta.dirname, ".."),
      env: { PATH: process.env["PATH"] },
    });
    let output = "";
    child.stderr.on("data", (data) => (output += String(data)));
    expect((await once(child, "close"))[0]).toBe(1);
    expect(output).toContain("TELEGRAM_TOKEN is missing");
  });
});

describe("pieces of a text", () => {
  const words = fc.string({ unit: fc.constantFrom("a", "b", " ", "\n", "🙂", "ß"), maxLength: 120 });

  test("fit, lose nothing but blanks at their ends, and split no character", () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 2, max: 20 }), (text, maxChars) => {
        const parts = [...pieces(text, maxChars)];
        expect(parts.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
        for (const part of parts) {
          expect(part).toBe(part.trim());
          expect(part.length).toBeGreaterThan(0);
          expect(part.length).toBeLessThanOrEqual(maxChars);
          expect(part.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  test("stay where they are when more words come", () => {
    fc.assert(
      fc.property(words, words, fc.integer({ min: 2, max: 20 }), (text, more, maxChars) => {
        const before = [...pieces(text, maxChars)].slice(0, -1);
        expect([...pieces(text + more, maxChars)].slice(0, before.length)).toEqual(before);
      }),
    );
  });

  test("end between words where there is a place", () => {
    expect([...pieces("one two three four", 9)]).toEqual(["one two", "three", "four"]);
    expect([...pieces("onetwothreefour", 9)]).toEqual(["onetwothr", "eefour"]);
    expect([...pieces("one two t🙂🙂", 9)]).toEqual(["one two", "t🙂🙂"]);
  });
});
