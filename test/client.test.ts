// `parlor/client` over real sockets, with a real server, and with a network that does its worst.
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { WebSocketServer } from "ws";
import { connect, TalkError, type ConnectOptions, type Run, type Talk } from "../client/index.ts";
import { emptyTranscript, foldAll, type Transcript } from "../shared/transcript.ts";
import { createDice } from "./faults/dice.ts";
import { startProxy, type Proxy } from "./faults/proxy.ts";
import type { Parlor } from "./support/parlor.ts";
import { createScriptedModel } from "./support/scripted-model.ts";
import { closing, parlorWithScript } from "./support/world.ts";

/** Waits until this holds; it is looked at after each change. */
function until(talk: Talk, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!holds()) return;
      stop();
      resolve();
    };
    const stop = talk.subscribe(look);
    look();
  });
}

const isOpen = ({ state }: Talk): boolean => state.connection.name === "open";

function talkAt({ port }: { port: number }, options: ConnectOptions = {}): Talk {
  const talk = connect({ url: `ws://127.0.0.1:${port}`, ...options });
  closing(async () => talk.close());
  return talk;
}

async function enter(server: { port: number }, options: ConnectOptions = {}): Promise<Talk> {
  const talk = talkAt(server, options);
  await until(talk, () => isOpen(talk));
  return talk;
}

/** A port where nobody listens. */
const nowhere = 1;

type Line = Proxy & { lead: (port: number) => void };

/** A line that the test can cut, and lead elsewhere. */
async function lineTo(port: number): Promise<Line> {
  let target = port;
  const proxy = await startProxy(() => target);
  closing(() => proxy.close());
  return Object.assign(proxy, { lead: (port: number) => void (target = port) });
}

/** Does not wait for the next attempt, however it came to that: tests have no time for it. */
function hurry(talk: Talk): () => void {
  return talk.subscribe(() => {
    if (talk.state.connection.name === "waiting") talk.reconnect();
  });
}

/** Cuts the line and keeps it cut, until the returned function is called. */
async function away(talk: Talk, line: Line, port: number): Promise<() => Promise<void>> {
  line.lead(nowhere);
  line.cut();
  await until(talk, () => !isOpen(talk));
  return async () => {
    line.lead(port);
    talk.reconnect();
    await until(talk, () => isOpen(talk));
  };
}

async function wordsOf(run: Run): Promise<string> {
  let text = "";
  for await (const words of run) text += words;
  return text;
}

/** What went wrong, by its code. */
const codeOf = (run: Pick<Run, "outcome">): Promise<string> =>
  run.outcome.then(
    ({ reason }) => `no error, but ${reason}`,
    (error: unknown) => (error instanceof TalkError ? error.code : String(error)),
  );

async function wholeOf({ store }: Parlor, { state }: Talk): Promise<Transcript> {
  const conversation = state.conversation ?? "";
  return foldAll(emptyTranscript, await store.forward({ conversation, offset: 0, budget: Infinity }));
}

const textsOf = ({ items }: Transcript): string[] => items.map(({ text }) => text);

/** Answers each question at once, by its own words. */
const echo = () =>
  createScriptedModel({
    onCall: (call) => {
      for (const word of (call.messages.at(-1)?.content ?? "").split(" ")) call.say(`${word} `);
      call.finish();
    },
  });

describe("a run", () => {
  test("[P1] is its words as they come, and its outcome the whole answer, with reason and usage", async () => {
    const parlor = await parlorWithScript();
    const talk = talkAt(parlor);
    const run = talk.say("Hello");
    const words = run[Symbol.asyncIterator]();
    const call = await parlor.model.nextCall();
    call.say("one ");
    expect(await words.next()).toEqual({ done: false, value: "one " });
    call.say("two");
    expect(await words.next()).toEqual({ done: false, value: "two" });
    call.chunk({ text: "", finish: "stop", usage: { input: 3, output: 2 } });
    call.end();
    expect(await words.next()).toEqual({ done: true, value: undefined });
    expect(await run.outcome).toMatchObject({
      message: run.id,
      text: "one two",
      reason: "stop",
      usage: { input: 3, output: 2 },
    });
    expect(talk.transcript).toEqual(await wholeOf(parlor, talk));
  });

  test("two loops over one run each get all its words, also a loop that comes late", async () => {
    const parlor = await parlorWithScript();
    const talk = await enter(parlor);
    const run = talk.say("Hello");
    const first = wordsOf(run);
    const call = await parlor.model.nextCall();
    call.say("one ");
    await until(talk, () => textsOf(talk.transcript).includes("one "));
    const second = wordsOf(run);
    call.say("two");
    call.finish();
    expect(await Promise.all([first, second])).toEqual(["one two", "one two"]);
    expect(await wordsOf(run)).toBe("one two");
  });

  test("[R5] leaving a loop cancels nothing", async () => {
    const parlor = await parlorWithScript();
    const talk = await enter(parlor);
    const run = talk.say("Hello");
    const call = await parlor.model.nextCall();
    call.say("one ");
    for await (const words of run) {
      expect(words).toBe("one ");
      break;
    }
    call.say("two");
    call.finish();
    expect(await run.outcome).toMatchObject({ text: "one two", reason: "stop" });
  });

  test("[R2] [R3] a cancel in the middle: the words so far stay, and the outcome says who it was", async () => {
    const parlor = await parlorWithScript();
    const ada = await enter(parlor, { room: "kitchen", name: "Ada" });
    const bob = await enter(parlor, { room: "kitchen", name: "Bob" });
    const run = ada.say("Hello");
    const call = await parlor.model.nextCall();
    call.say("one ");
    await until(bob, () => textsOf(bob.transcript).includes("one "));
    bob.cancel();
    expect(await run.outcome).toMatchObject({ text: "one ", reason: "cancelled", by: { name: "Bob" } });
    expect(await wordsOf(run)).toBe("one ");
    expect(call.signal?.aborted).toBe(true);
  });

  test("[R2] a cancel before the first word", async () => {
    const parlor = await parlorWithScript();
    const talk = await enter(parlor);
    const run = talk.say("Hello");
    const call = await parlor.model.nextCall();
    run.cancel();
    expect(await run.outcome).toMatchObject({ text: "", reason: "cancelled", by: talk.state.me });
    expect(call.signal?.aborted).toBe(true);
  });

  test("[R2] a cancel in the same breath as the question", async () => {
    const parlor = await parlorWithScript();
    const talk = await enter(parlor);
    const run = talk.say("Hello");
    run.cancel();
    expect(await run.outcome).toMatchObject({ text: "", reason: "cancelled" });
    expect(talk.transcript.items.map(({ type }) => type)).toEqual(["message", "answer"]);
  });

  test("[R3] [R4] a cancel in the queue: the answer before it goes on", async () => {
    const parlor = await parlorWithScript();
    const talk = await enter(parlor);
    const [first, second] = [talk.say("First"), talk.say("Second")];
    const call = await parlor.model.nextCall();
    await until(talk, () => talk.transcript.items.some(({ text }) => text === "Second"));
    second.cancel();
    expect(await second.outcome).toMatchObject({ text: "", reason: "cancelled" });
    call.say("whole");
    call.finish();
    expect(await first.outcome).toMatchObject({ text: "whole", reason: "stop" });
    expect(parlor.model.calls.length).toBe(1);
  });

  test("a cancel of what was never sent: it is not said", async () => {
    const parlor = await parlorWithScript({ model: echo() });
    const talk = talkAt(parlor);
    const [first, second] = [talk.say("first"), talk.say("second")];
    first.cancel();
    expect(await codeOf(first)).toBe("not_sent");
    await expect(wordsOf(first)).rejects.toThrow(TalkError);
    expect((await second.outcome).reason).toBe("stop");
    expect(textsOf(await wholeOf(parlor, talk))).toEqual(["second", "second "]);
  });

  test("[R2] a cancel while the network is away is obeyed when it is back", async () => {
    const parlor = await parlorWithScript();
    const line = await lineTo(parlor.port);
    const talk = await enter(line);
    const [active, queued] = [talk.say("First"), talk.say("Second")];
    const call = await parlor.model.nextCall();
    await until(talk, () => talk.state.unsent.length === 0);
    const back = await away(talk, line, parlor.port);
    active.cancel();
    queued.cancel();
    expect(call.signal?.aborted).toBe(false);
    await back();
    expect((await active.outcome).reason).toBe("cancelled");
    expect((await queued.outcome).reason).toBe("cancelled");
    expect(call.signal?.aborted).toBe(true);
    expect(parlor.model.calls.length).toBe(1);
  });

  test("whenBusy: `reject` is refused with `busy`, `interrupt` stops what is being made", async () => {
    const parlor = await parlorWithScript();
    const talk = await enter(parlor);
    const first = talk.say("First");
    await parlor.model.nextCall();
    const rejected = talk.say("Not now", { whenBusy: "reject" });
    expect(await codeOf(rejected)).toBe("busy");
    expect(talk.state.refusal).toMatchObject({ code: "busy", ref: rejected.id });
    const third = talk.say("Now", { whenBusy: "interrupt" });
    expect((await first.outcome).reason).toBe("cancelled");
    (await parlor.model.nextCall()).finish();
    expect((await third.outcome).reason).toBe("stop");
    expect(talk.state.refusal).toBeUndefined();
  });

  test("a failed answer is an outcome, and no error", async () => {
    const parlor = await parlorWithScript();
    const talk = await enter(parlor);
    const run = talk.say("Hello");
    const call = await parlor.model.nextCall();
    call.say("half");
    call.end();
    expect(await run.outcome).toMatchObject({ reason: "interrupted", error: { code: "upstream_cut" } });
    expect(await wordsOf(run)).toBe("half");
  });

  test("a text that is too long is refused here, and the connection lives on", async () => {
    const parlor = await parlorWithScript({ model: echo() });
    const talk = await enter(parlor);
    expect(await codeOf(talk.say("x".repeat(32_769)))).toBe("too_large");
    expect(await codeOf(talk.say("€".repeat(30_000)))).toBe("too_large"); // in bytes
    expect(talk.edit("m", "€".repeat(30_000))).toBe(true);
    expect(talk.state.refusal).toMatchObject({ code: "too_large", ref: "edit" });
    expect((await talk.say("€".repeat(20_000)).outcome).reason).toBe("stop");
  });

  test("after `close` nobody waits for what will not come", async () => {
    const parlor = await parlorWithScript();
    const talk = await enter(parlor);
    const run = talk.say("Hello");
    const told = talk.tell("Nobody will know");
    const call = await parlor.model.nextCall();
    call.say("half");
    const words = wordsOf(run);
    await until(talk, () => textsOf(talk.transcript).includes("half"));
    talk.close();
    expect(await codeOf(run)).toBe("closed");
    await expect(words).rejects.toMatchObject({ name: "TalkError", code: "closed" });
    await told.catch(({ code }: TalkError) => expect(code).toBe("closed"));
    expect(await codeOf(talk.say("Too late"))).toBe("not_sent");
    expect(talk.state.unsent.map(({ text }) => text)).not.toContain("Too late");
  });
});

describe("what else one may ask for", () => {
  test("tell() is for the people: it resolves when the server has it, and nothing is answered", async () => {
    const parlor = await parlorWithScript();
    const ada = await enter(parlor, { room: "kitchen" });
    const bob = await enter(parlor, { room: "kitchen" });
    await ada.tell("Only for you");
    expect(ada.transcript.items).toMatchObject([{ text: "Only for you", reply: false }]);
    await until(bob, () => bob.transcript.items.length === 1);
    expect(parlor.model.calls).toEqual([]);
    await expect(ada.tell("x".repeat(40_000))).rejects.toMatchObject({ code: "too_large" });
  });

  test("edit, regenerate and forget", async () => {
    const parlor = await parlorWithScript({ model: echo() });
    const talk = await enter(parlor);
    const first = talk.say("first");
    await first.outcome;
    expect(talk.edit(first.id, "better")).toBe(true);
    await until(talk, () => textsOf(talk.transcript).join() === "better,better ");
    await until(talk, () => talk.transcript.items.at(-1)?.type === "answer");
    const [, before] = talk.transcript.items;
    expect(talk.regenerate()).toBe(true);
    await until(talk, () => {
      const [, answer] = talk.transcript.items;
      return answer?.type === "answer" && answer.reason === "stop" && answer !== before;
    });
    expect(parlor.model.calls.length).toBe(3);
    talk.regenerate("no-such-run");
    await until(talk, () => talk.state.refusal?.code === "unknown_run");
    expect(talk.forget()).toBe(true);
    await until(talk, () => talk.transcript.items.length === 0);
    expect(talk.state.refusal).toBeUndefined();
  });

  test("[R1] a run whose message is taken back has been cancelled before", async () => {
    const parlor = await parlorWithScript();
    const talk = await enter(parlor);
    const [active, queued] = [talk.say("First"), talk.say("Second")];
    await parlor.model.nextCall();
    await until(talk, () => talk.state.unsent.length === 0);
    talk.forget();
    expect((await active.outcome).reason).toBe("cancelled");
    expect((await queued.outcome).reason).toBe("cancelled");
    await until(talk, () => talk.transcript.items.length === 0);
  });

  test("rename: another name, the same member, and the others see it", async () => {
    const parlor = await parlorWithScript();
    const ada = await enter(parlor, { room: "kitchen", name: "Ada" });
    const bob = await enter(parlor, { room: "kitchen", name: "Bob" });
    const { id } = ada.state.me ?? {};
    ada.rename("Countess");
    await until(bob, () => bob.state.members.some(({ name }) => name === "Countess"));
    await until(ada, () => isOpen(ada));
    expect(ada.state.me).toEqual({ id, name: "Countess" });
    expect(bob.state.members.length).toBe(2);
  });

  test("the token makes the same member in another talk", async () => {
    const parlor = await parlorWithScript();
    const one = await enter(parlor, { room: "kitchen", name: "Ada" });
    const { token = "" } = one;
    const other = await enter(parlor, { room: "hall", token });
    expect(other.state.me?.id).toBe(one.state.me?.id);
    const stranger = await enter(parlor, { room: "hall" });
    expect(stranger.state.me?.id).not.toBe(one.state.me?.id);
  });

  test("who is typing is seen by the others", async () => {
    const parlor = await parlorWithScript();
    const ada = await enter(parlor, { room: "kitchen", name: "Ada" });
    const bob = await enter(parlor, { room: "kitchen", name: "Bob" });
    ada.typing(true);
    await until(bob, () => bob.state.typing[0]?.name === "Ada");
    expect(ada.state.typing).toEqual([]);
    ada.typing(false);
    await until(bob, () => bob.state.typing.length === 0);
  });

  test("a listener that throws disturbs neither who speaks nor who listens", async () => {
    const talk = await enter(await parlorWithScript({ model: echo() }));
    const complaints = jest.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
    let heard = 0;
    const stop = talk.subscribe(() => {
      throw new Error("a fault of the page");
    });
    talk.subscribe(() => heard++);
    expect((await talk.say("Hello").outcome).text).toBe("Hello ");
    expect(heard).toBeGreaterThan(0);
    expect(complaints).toHaveBeenCalled();
    stop();
    complaints.mockRestore();
  });

  test("a listener hears every change until it is ended, and may ask for something itself", async () => {
    const parlor = await parlorWithScript({ model: echo() });
    const talk = await enter(parlor);
    const heard: number[] = [];
    const listener = (): void => void heard.push(talk.transcript.items.length);
    const [once, twice] = [talk.subscribe(listener), talk.subscribe(listener)];
    once();
    const within = new Promise<Run>((resolve) => {
      const stop = talk.subscribe(() => {
        stop();
        resolve(talk.say("from within"));
      });
    });
    await talk.say("first").outcome;
    expect((await (await within).outcome).text).toBe("from within ");
    expect(heard.at(-1)).toBe(4);
    expect(heard.length).toBe(heard.filter((count, index) => count >= (heard[index - 1] ?? 0)).length);
    twice();
    const { length } = heard;
    await talk.say("unheard").outcome;
    expect(heard.length).toBe(length);
  });

  test("the transcript and the state are the same values until they change", async () => {
    const parlor = await parlorWithScript();
    const talk = await enter(parlor);
    const { state, transcript } = talk;
    expect(talk.state).toBe(state);
    expect(talk.transcript).toBe(transcript);
    await talk.tell("Hello");
    expect(talk.transcript).not.toBe(transcript);
    expect(talk.state.limits).toBe(state.limits);
  });

  test("300 messages: older() gets what the newcomer was not shown, and it is what the server has", async () => {
    const parlor = await parlorWithScript({ model: echo(), limits: { commandsPerSecond: 0 } });
    const writer = await enter(parlor, { room: "kitchen" });
    for (let count = 1; count < 300; count++) void writer.tell(`message ${count}`);
    await writer.say("message 300").outcome;
    const reader = await enter(parlor, { room: "kitchen" });
    await until(reader, () => reader.state.isCaughtUp);
    expect(reader.transcript.items.length).toBeLessThan(110);
    for (let pages = 0; reader.state.past !== "none"; pages++) {
      expect(pages).toBeLessThan(5);
      reader.older();
      await until(reader, () => reader.state.past !== "asked");
    }
    expect(reader.transcript).toEqual(await wholeOf(parlor, reader));
    expect(reader.transcript.items.length).toBe(301);
  });

  test.each(["ftp://host", "nonsense", "localhost:8787"])("%s is no address of a server", (url) => {
    expect(() => connect({ url })).toThrow(expect.objectContaining({ name: "TypeError" }));
  });

  test.each(["", ".", "..", "a/b", "ä", "x".repeat(129)])("%j is no name of a room", (room) => {
    expect(() => connect({ url: "ws://127.0.0.1", room })).toThrow(TypeError);
  });

  test("words are wanted", async () => {
    const parlor = await parlorWithScript();
    const talk = await enter(parlor);
    for (const act of [() => talk.say(" "), () => talk.tell(""), () => talk.edit("m", "\n")])
      expect(act).toThrow(TypeError);
    expect(talk.state.unsent).toEqual([]);
  });
});

describe("a network that does its worst", () => {
  test("[P3] [P4] a cut in the middle of an answer: the loop goes on exactly where it was", async () => {
    const parlor = await parlorWithScript();
    const line = await lineTo(parlor.port);
    const talk = await enter(line);
    const run = talk.say("Hello");
    const pieces: string[] = [];
    const read = (async () => {
      for await (const words of run) pieces.push(words);
    })();
    const call = await parlor.model.nextCall();
    call.say("before ");
    await until(talk, () => textsOf(talk.transcript).includes("before "));
    const back = await away(talk, line, parlor.port);
    call.say("during ");
    await back();
    await until(talk, () => textsOf(talk.transcript).includes("before during "));
    call.say("after");
    call.finish();
    await read;
    expect(pieces).toEqual(["before ", "during ", "after"]);
    expect(talk.state).toMatchObject({ isLost: false, refusal: undefined });
    expect(talk.transcript).toEqual(await wholeOf(parlor, talk));
  });

  test("[P5] what is said while away goes out once, in order", async () => {
    const parlor = await parlorWithScript({ model: echo() });
    const line = await lineTo(parlor.port);
    const talk = await enter(line);
    const back = await away(talk, line, parlor.port);
    const runs = [1, 2, 3, 4, 5].map((count) => talk.say(`question ${count}`));
    const told = talk.tell("and a note");
    expect(talk.state.unsent.length).toBe(6);
    await back();
    await Promise.all([told, ...runs.map(({ outcome }) => outcome)]);
    const said = talk.transcript.items.filter(({ type }) => type === "message");
    expect(said.map(({ text }) => text)).toEqual([
      ...runs.map((_, at) => `question ${at + 1}`),
      "and a note",
    ]);
    expect(talk.state).toMatchObject({ unsent: [], refusal: undefined });
  });

  test("[P3] [P5] 150 cuts at random bytes: each question is there once, in order, and the transcript is the server's", async () => {
    const dice = createDice(20_261_122);
    const parlor = await parlorWithScript({
      model: echo(),
      limits: { commandsPerSecond: 0, queuedMessages: 1_000 },
    });
    const line = await lineTo(parlor.port);
    const cuts = 150;
    for (let cut = 0; cut < cuts; cut++) line.next.push({ cutAfterBytes: dice.between(100, 4_000) });
    const talk = talkAt(line, { room: "kitchen" });
    hurry(talk);
    const asked: string[] = [];
    const runs: Run[] = [];
    while (line.next.length > 0) {
      asked.push(`question ${asked.length} ${"word ".repeat(dice.between(1, 60))}end`);
      runs.push(talk.say(asked.at(-1) ?? ""));
      await until(talk, () => talk.state.unsent.length < dice.between(1, 5) || line.next.length === 0);
    }
    const answers = await Promise.all(runs.map(({ outcome }) => outcome));
    expect(answers.map(({ text }) => text)).toEqual(asked.map((text) => `${text} `));
    const said = talk.transcript.items.filter(({ type }) => type === "message");
    expect(said.map(({ text }) => text)).toEqual(asked);
    expect(asked.length).toBeGreaterThan(30);
    expect(talk.transcript).toEqual(await wholeOf(parlor, talk));
    expect(talk.state).toMatchObject({ unsent: [], refusal: undefined, isLost: false });
  });

  test("[P4] a server that has lost everything is told, and nobody waits for what is gone", async () => {
    const [parlor, another] = [await parlorWithScript(), await parlorWithScript({ model: echo() })];
    const line = await lineTo(parlor.port);
    const talk = await enter(line, { room: "kitchen" });
    const run = talk.say("Hello");
    (await parlor.model.nextCall()).say("half");
    await until(talk, () => textsOf(talk.transcript).includes("half"));
    const back = await away(talk, line, another.port);
    const kept = talk.say("Said while away");
    await back();
    expect(talk.state.isLost).toBe(true);
    expect(await codeOf(run)).toBe("gone");
    expect((await kept.outcome).text).toBe("Said while away ");
    expect(talk.transcript).toEqual(await wholeOf(another, talk));
  });

  test("what a server that stops does not take goes to the next one, and nothing overtakes it", async () => {
    const parlor = await parlorWithScript();
    const line = await lineTo(parlor.port);
    const talk = await enter(line, { room: "kitchen" });
    void talk.say("First");
    const call = await parlor.model.nextCall();
    const { store } = parlor;
    const stopped = parlor.stop(10_000);
    const second = talk.say("Second");
    const third = talk.tell("Third");
    await until(talk, () => talk.state.unsent.length === 2);
    talk.typing(true);
    const another = await parlorWithScript({ model: echo(), store });
    line.lead(another.port);
    call.finish();
    await stopped;
    hurry(talk);
    await Promise.all([second.outcome, third]);
    const said = talk.transcript.items.filter(({ type }) => type === "message");
    expect(said.map(({ text }) => text)).toEqual(["First", "Second", "Third"]);
  });

  test("a half-open connection is noticed after 20 s of silence and 8 s without an answer, and healed", async () => {
    jest.useFakeTimers({ doNotFake: allButTimeouts });
    jest.advanceTimersByTime(1);
    const parlor = await parlorWithScript({ model: echo() });
    const line = await lineTo(parlor.port);
    const hole = { isBlackHole: false };
    line.next.push(hole);
    const talk = await enter(line);
    await until(talk, () => talk.state.roundTripMs !== undefined);
    hole.isBlackHole = true;
    const run = talk.say("Are you there?");
    jest.advanceTimersByTime(27_999);
    expect(isOpen(talk)).toBe(true);
    jest.advanceTimersByTime(1);
    expect(talk.state.connection).toMatchObject({ name: "waiting", hasOpened: true });
    jest.advanceTimersByTime(501);
    expect((await run.outcome).text).toBe("Are you there? ");
    line.cut();
  });

  test("a clock that is set back by a day delays nothing", async () => {
    const parlor = await parlorWithScript({ model: echo() });
    const talk = await enter(parlor);
    const now = jest.spyOn(Date, "now").mockReturnValue(Date.now() - 86_400_000);
    parlor.cutAll();
    await until(talk, () => talk.state.connection.name !== "open");
    expect((await talk.say("Hello").outcome).text).toBe("Hello ");
    now.mockRestore();
  });

  test.each([
    "null",
    "[]",
    '{"type":"welcome"}',
    '{"type":"typing"}',
    '{"type":"presence"}',
    '{"type":"message","id":"x"}',
    '{"type":"token","run":"r","text":"x"}',
  ])("a peer that sends %s is no fault of ours: it is left, or not heard", async (frame) => {
    const peer = await foreignServer(frame);
    const talk = connect({ url: `ws://127.0.0.1:${peer.port}`, room: "kitchen" });
    closing(async () => talk.close());
    await peer.said;
    const asked = talk.say("Hello");
    talk.close();
    await expect(asked.outcome).rejects.toMatchObject({ code: "closed" });
    expect(talk.transcript.items).toEqual([]);
    expect(peer.addresses.every((address) => !address.includes("undefined"))).toBe(true);
  });

  test("a server that does not want us back is obeyed: 4509 is final, until one asks for it", async () => {
    const parlor = await parlorWithScript({ model: echo() });
    const talk = await enter(parlor);
    const closed = until(talk, () => talk.state.connection.name === "closed");
    for (let count = 0; count < 11; count++) talk.edit("", "no message has this id");
    await closed;
    expect(talk.state.connection).toEqual({ name: "closed", code: 4509 });
    expect(talk.forget()).toBe(false);
    talk.reconnect();
    expect((await talk.say("Sorry").outcome).reason).toBe("stop");
  });

  test("a server that takes five commands a second gets 60 in order, each once", async () => {
    const parlor = await parlorWithScript({ limits: { commandsPerSecond: 5 } });
    const talk = await enter(parlor);
    const said = Array.from({ length: 60 }, (_, at) => `message ${at}`);
    await Promise.all(said.map((text) => talk.tell(text)));
    expect(textsOf(talk.transcript)).toEqual(said);
    expect(textsOf(await wholeOf(parlor, talk))).toEqual(said);
    expect(talk.state.refusal).toBeUndefined();
  });

  test("a server that is not there is told from one that was", async () => {
    const talk = talkAt({ port: nowhere });
    await until(talk, () => talk.state.connection.name === "waiting");
    expect(talk.state.connection).toMatchObject({ hasOpened: false });
  });
});

/** Sockets know no fake time, and the server has its own clocks. */
type Foreign = { readonly port: number; readonly said: Promise<unknown>; readonly addresses: string[] };

/** A WebSocket server of another kind. `said`: what it says has been heard, and it has been heard of again. */
async function foreignServer(frame: string): Promise<Foreign> {
  const addresses: string[] = [];
  const said = Promise.withResolvers<void>();
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket, { url = "" }) => {
    addresses.push(url);
    socket.on("error", () => {});
    socket.on("close", () => said.resolve());
    socket.send(frame);
    socket.ping();
    socket.on("pong", () => said.resolve()); // it has read as far as that
  });
  closing(async () => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, said: said.promise, addresses };
}

const allButTimeouts = [
  "hrtime",
  "nextTick",
  "queueMicrotask",
  "setImmediate",
  "clearImmediate",
  "setInterval",
  "clearInterval",
] as const satisfies readonly string[] as never;

afterEach(() => void jest.useRealTimers());

const root = join(import.meta.dirname, "..");

/** Runs a script with the SDK; resolves with its exit code and what it wrote. */
async function script(code: string): Promise<{ code: number | null; output: string }> {
  const before = `import { connect } from "./client/index.ts";`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", `${before}${code}`], { cwd: root });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => (output += data.toString()));
  closing(async () => child.kill("SIGKILL"));
  const [exit] = (await once(child, "close")) as [number | null];
  return { code: exit, output };
}

describe("a script", () => {
  test("ends when its talk is closed, and an outcome that nobody looks at ends it not", async () => {
    const { port } = await parlorWithScript();
    const { code, output } = await script(`
      const talk = connect({ url: "ws://127.0.0.1:${port}", room: "kitchen" });
      await talk.tell("hello");
      talk.say("asked");
      talk.say("busy", { whenBusy: "reject" });
      talk.tell("x".repeat(100_000));
      await new Promise((resolve) => talk.subscribe(() => talk.state.refusal?.code === "too_large" && resolve()));
      talk.tell("not confirmed");
      talk.close();
      console.log("closed");
    `);
    expect({ code, output }).toEqual({ code: 0, output: "closed\n" });
  });

  test("ends also when it is closed while it waits for a server that is not there", async () => {
    const { code, output } = await script(`
      const talk = connect({ url: "ws://127.0.0.1:${nowhere}" });
      talk.say("kept");
      await new Promise((resolve) => talk.subscribe(() => talk.state.connection.name === "waiting" && resolve()));
      talk.close();
    `);
    expect({ code, output }).toEqual({ code: 0, output: "" });
  });
});
