// What has gone wrong elsewhere, in servers that stream and resume: each fault has a test here that would catch it.
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { v7 } from "uuid";
import { WebSocket } from "ws";
import { between, place } from "../server/log/entry.ts";
import { createMemoryStore } from "../server/log/memory.ts";
import type { Store } from "../server/log/store.ts";
import type { Draft, Entry, ServerFrame } from "../shared/protocol.ts";
import { emptyTranscript, foldAll, type Transcript } from "../shared/transcript.ts";
import { faultsIn, gapsIn } from "./support/checker.ts";
import { createClient, isEntry, wordsOf, type Client } from "./support/client.ts";
import { createGatedStore } from "./support/gated-store.ts";
import type { Parlor } from "./support/parlor.ts";
import { parlorWithScript } from "./support/world.ts";

const author = { id: "ada", name: "Ada" };
const time = "2026-01-01T00:00:00.000Z";
const message = (id: string, reply = true): Draft => ({ type: "message", id, author, text: id, time, reply });
const start = (run: string, of: string): Draft => ({ type: "start", run, message: of, model: "test", time });
const token = (run: string, text: string): Draft => ({ type: "token", run, text });
const end = (run: string): Draft => ({ type: "end", run, reason: "stop", time });

/** Writes drafts at the end of the conversation "room", past any server. */
async function write(store: Store, drafts: readonly Draft[]): Promise<{ epoch: string; head: number }> {
  const { term, head, epoch } = await store.claim("room");
  const entries = place(drafts, head);
  expect(await store.append([{ conversation: "room", term, head, entries }])).toEqual(["durable"]);
  return { epoch, head: entries.at(-1)?.offset ?? head };
}

const logOf = (store: Store): Promise<Entry[]> =>
  store.forward({ conversation: "room", offset: 0, budget: Infinity });

/** What a connection was sent joins what its reader had before, without a gap, and makes the whole log of it. */
function expectWhole(log: readonly Entry[], { entries, welcome }: Client): void {
  const known = foldAll(emptyTranscript, between(log, 0, welcome.offset));
  expect(gapsIn(entries, welcome.offset)).toEqual([]);
  expect(foldAll(known, entries)).toEqual(foldAll(emptyTranscript, log));
}

/** All commands of this client that were sent before have been read, and it has all it was sent. */
async function roundTrip(client: Client): Promise<void> {
  const id = v7();
  client.send({ type: "ping", id });
  await client.next("pong", (pong) => pong.id === id);
}

/** One reader of "room" over all its connections. */
class Traveller {
  known: Transcript = emptyTranscript;
  readonly #parlor: Parlor;
  #client: Client | undefined;
  #past: { epoch: string; key: string } | undefined;

  constructor(parlor: Parlor) {
    this.#parlor = parlor;
  }

  /** Goes on where it was, which must always be possible. */
  async join(parlor = this.#parlor): Promise<Client> {
    const place = this.#past && { after: this.known.offset, ...this.#past };
    const client = await parlor.join("room", place);
    const { resume, offset, epoch, me } = client.welcome;
    expect({ resume, offset }).toEqual({ resume: place ? "resumed" : "new", offset: this.known.offset });
    this.#past = { epoch, key: me.key };
    this.#client = client;
    return client;
  }

  /** Keeps what has come so far, and nothing that comes later on this connection. */
  leave(how: "cut" | "close" = "cut"): void {
    const { socket, entries, welcome } = this.#client as Client;
    expect(gapsIn(entries, welcome.offset)).toEqual([]);
    this.known = foldAll(this.known, entries);
    if (how === "cut") socket.terminate();
    else socket.close();
  }
}

/** A store whose readings are held back, once it is told so: they give what was there when they were asked for. */
function createSlowStore(store: Store) {
  const held: (() => void)[] = [];
  const waiting: ((go: () => void) => void)[] = [];
  let isHeld = false;
  const slow: Store = {
    ...store,
    forward: async (page) => {
      const found = await store.forward(page);
      if (!isHeld) return found;
      const gate = Promise.withResolvers<void>();
      const taker = waiting.shift();
      if (taker) taker(gate.resolve);
      else held.push(gate.resolve);
      await gate.promise;
      return found;
    },
  };
  return {
    store: slow,
    hold: () => void (isHeld = true),
    letAll: () => {
      isHeld = false;
      for (const go of held.splice(0)) go();
    },
    /** The next reading that was not taken yet; waits for it, and gives the way to let it go on. */
    nextReading: (): Promise<() => void> => {
      const one = held.shift();
      return one ? Promise.resolve(one) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}

describe("lessons about resuming", () => {
  // A replay asked for twice was shown twice.
  test("[P2] the same position asked for again, before and after the first frame of the rest: each connection gets the rest once", async () => {
    const { join, model, store } = await parlorWithScript();
    const talker = await join("room");
    talker.send({ type: "say", text: "Count" });
    const call = await model.nextCall();
    call.say("one two ");
    await talker.words(8);
    const { epoch, me } = talker.welcome;
    const place = { after: 5, epoch, key: me.key };
    const [first, atOnce] = await Promise.all([join("room", place), join("room", place)]);
    await first.words(1);
    const later = await join("room", place);
    call.say("three");
    call.finish();
    const readers = [first, atOnce, later];
    await Promise.all([talker, ...readers].map((reader) => reader.next("end")));
    const log = await logOf(store);
    for (const reader of readers) {
      expect(reader.welcome.resume).toBe("resumed");
      expect(wordsOf(reader.entries)).toBe(" two three");
      expectWhole(log, reader);
    }
  });

  // Live words came between those of the replay, and the text stayed scrambled.
  test("[P3] joined at every offset while words flow, every reader has the store's text, in its order", async () => {
    const { join, model, store } = await parlorWithScript();
    const talker = await join("room");
    talker.send({ type: "say", text: "Count" });
    const call = await model.nextCall();
    const { epoch } = talker.welcome;
    const readers: Client[] = [];
    for (let after = 0; after < 80; after++) {
      call.say(`w${after} `);
      await talker.reach(after);
      readers.push(await join("room", { after, epoch }));
    }
    call.finish();
    await Promise.all([talker, ...readers].map((reader) => reader.next("end")));
    const log = await logOf(store);
    readers.forEach((reader, after) => {
      expect(reader.welcome).toMatchObject({ resume: "resumed", offset: after });
      expectWhole(log, reader);
    });
  });

  // A run that had been accepted and had not spoken yet was invisible to who came back.
  test("[P1] cut before the message and the start are stored, and again before the first word: the run is shown to who comes back", async () => {
    const store = createGatedStore();
    const parlor = await parlorWithScript({ store });
    const traveller = new Traveller(parlor);
    const asker = await traveller.join();
    asker.send({ type: "say", text: "Hello" });
    const storing = await store.next();
    expect(storing.appends[0]?.entries.map(({ type }) => type)).toEqual(["message", "start"]);
    traveller.leave();
    const beforeStart = await traveller.join();
    storing.let();
    store.open();
    const { run } = await beforeStart.next("start");
    expect(beforeStart.welcome.active).toBe(run);
    traveller.leave();
    const beforeWord = await traveller.join();
    expect(beforeWord.welcome.active).toBe(run);
    const call = await parlor.model.nextCall();
    call.say("Hi");
    call.finish();
    expect(await beforeWord.next("end")).toMatchObject({ run, reason: "stop" });
    traveller.leave();
    expect(traveller.known.items).toMatchObject([{ text: "Hello" }, { run, text: "Hi", reason: "stop" }]);
  });

  // Live words were sent before the resume had been answered, and over a gap.
  test("[P1][P2] however slow the reading of the old part is: the welcome first, the old part, and live words only after it", async () => {
    const memory = createMemoryStore();
    const { store, hold, letAll, nextReading } = createSlowStore(memory);
    const old = Array.from({ length: 5 }, () => token("r", "old words ".repeat(3_000))); // more than a log keeps in memory
    const { epoch } = await write(store, [message("a"), start("r", "a"), ...old, end("r")]);
    const { join, model } = await parlorWithScript({ store });
    const talker = await join("room");
    await talker.reach(talker.welcome.head);
    talker.send({ type: "say", text: "Go on" });
    const call = await model.nextCall();
    call.say("live ");
    await talker.until(() => wordsOf(talker.entries).endsWith("live "));
    hold();
    const joining = join("room", { after: 4, epoch });
    const letJoin = await nextReading();
    call.say("while it joins ");
    await talker.until(() => wordsOf(talker.entries).endsWith("joins "));
    letJoin();
    const reader = await joining;
    const letRead = await nextReading();
    call.say("while it reads ");
    await talker.until(() => wordsOf(talker.entries).endsWith("reads "));
    await roundTrip(reader);
    expect(reader.entries).toEqual([]);
    letRead();
    letAll();
    call.finish();
    await reader.next("end", ({ run }) => run !== "r");
    expect(reader.frames[0]).toMatchObject({ type: "welcome", resume: "resumed", offset: 4 });
    expectWhole(await logOf(memory), reader);
  });

  // The recovery worked once, and not a second time.
  test("[P3][P4] 300 cuts of one reader, with and without something in flight: every resume goes on exactly", async () => {
    const parlor = await parlorWithScript({ limits: { commandsPerSecond: 0 } });
    const talker = await parlor.join("room");
    const traveller = new Traveller(parlor);
    for (let cuts = 0; cuts < 300; cuts++) {
      const reader = await traveller.join();
      if (cuts % 3 > 0) talker.send({ type: "say", text: `remark ${cuts}`, reply: false });
      if (cuts % 3 > 1) await reader.next("message", ({ text }) => text === `remark ${cuts}`);
      traveller.leave();
    }
    await (await traveller.join()).reach(200);
    traveller.leave();
    await talker.reach(200);
    expect(traveller.known).toEqual(talker.transcript());
  });

  // The recovery failed after a long quiet connection.
  test("[P4] a connection that was quiet for many heartbeats, and is then cut, resumes exactly", async () => {
    const parlor = await parlorWithScript({ heartbeat: { pingAfterMs: 1, pongWithinMs: 200 } });
    const traveller = new Traveller(parlor);
    const quiet = await traveller.join();
    quiet.send({ type: "say", text: "before", reply: false });
    await quiet.next("message");
    for (let pings = 0; pings < 5; pings++) await once(quiet.socket, "ping");
    traveller.leave();
    const other = await parlor.join("room");
    other.send({ type: "say", text: "meanwhile", reply: false });
    await other.reach(2);
    const again = await traveller.join();
    await again.reach(2);
    expect(again.entries).toMatchObject([{ text: "meanwhile" }]);
  });

  test("[P4] an old position in the middle of an answer that ended long ago leads to the exact rest, on a later server too", async () => {
    const store = createMemoryStore();
    const past = await parlorWithScript({ store });
    const talker = await past.join("room");
    talker.send({ type: "say", text: "Hello" });
    const call = await past.model.nextCall();
    call.say("Zwölf Boxkämpfer");
    call.finish();
    const { offset } = await talker.next("end");
    const { epoch } = talker.welcome;
    await past.stop();
    const remarks = Array.from({ length: 1_000 }, (_, index) => message(`remark ${index}`, false));
    const { head } = await write(store, remarks);
    const { join } = await parlorWithScript({ store });
    const log = await logOf(store);
    for (const after of [0, 1, 5, offset - 1, offset, offset + 500, head]) {
      const reader = await join("room", { after, epoch });
      expect(reader.welcome).toMatchObject({ resume: "resumed", offset: after, head });
      await reader.reach(head);
      expectWhole(log, reader);
    }
  });

  // There was no recovery for who was cut before the first event.
  test("[P4] cut right after the welcome, in a room where nothing was ever said: it resumes, and what was said meanwhile is there", async () => {
    const parlor = await parlorWithScript();
    const traveller = new Traveller(parlor);
    await traveller.join();
    traveller.leave();
    await traveller.join();
    traveller.leave();
    const other = await parlor.join("room");
    other.send({ type: "say", text: "first", reply: false });
    await other.next("message");
    await other.close();
    const again = await traveller.join();
    expect(await again.next("message")).toMatchObject({ text: "first", offset: 1 });
  });

  // News beside the log moved the position, and words were lost without a sign.
  test("[P2] cut right after news beside the log, of each kind: no word of the log is lost by it", async () => {
    const parlor = await parlorWithScript();
    const bob = await parlor.join("room", { name: "Bob" });
    bob.send({ type: "say", text: "Count" });
    const call = await parlor.model.nextCall();
    const traveller = new Traveller(parlor);
    const causes = {
      typing: () => bob.send({ type: "typing", typing: true }),
      presence: () => parlor.join("room"),
      pong: (reader: Client) => reader.send({ type: "ping" }),
      error: (reader: Client) => reader.send({ type: "cancel", run: "none" }),
      history: (reader: Client) => reader.send({ type: "history", before: 1 }),
    };
    for (const kind of Object.keys(causes) as (keyof typeof causes)[]) {
      const reader = await traveller.join();
      call.say(`before ${kind}, `);
      await causes[kind](reader);
      expect(await reader.next(kind)).not.toHaveProperty("offset");
      traveller.leave();
      call.say(`after ${kind}; `);
    }
    call.finish();
    await (await traveller.join()).next("end");
    traveller.leave();
    await bob.next("end");
    expect(traveller.known).toEqual(bob.transcript());
    expect(wordsOf(bob.entries)).toContain("before history, after history; ");
  });

  // Who came back within a few milliseconds often found no session to go on with.
  test("[P4] back at once, or 1 to 20 turns of the event loop later, alone in the room: every resume goes on exactly", async () => {
    const parlor = await parlorWithScript({ limits: { commandsPerSecond: 0 } });
    const traveller = new Traveller(parlor);
    for (let turns = 0; turns <= 40; turns++) {
      const client = await traveller.join();
      await client.reach(turns); // also what was still being stored when its author left
      client.send({ type: "say", text: `remark ${turns}`, reply: false });
      if (turns % 2 === 0) await client.reach(turns + 1);
      traveller.leave(turns % 2 === 0 ? "cut" : "close");
      for (let left = turns >> 1; left > 0; left--) await turn();
    }
    await (await traveller.join()).reach(41);
    traveller.leave();
    const expected = Array.from({ length: 41 }, (_, index) => `remark ${index}`);
    expect(traveller.known.items.map(({ text }) => text)).toEqual(expected);
  });

  // The last event of a run was lost, and the page streamed for ever.
  test("[R1] cut exactly before the end: who comes back gets the end and nothing else, and no run is active", async () => {
    const store = createMemoryStore();
    const parlor = await parlorWithScript({ store });
    const talker = await parlor.join("room");
    const traveller = new Traveller(parlor);
    const reader = await traveller.join();
    talker.send({ type: "say", text: "Hello" });
    const call = await parlor.model.nextCall();
    call.say("all words");
    await reader.words(9);
    traveller.leave();
    call.finish();
    const expected = await talker.next("end");
    const { known } = traveller;
    const again = await traveller.join();
    await again.next("end");
    await parlor.stop();
    const afterRestart = await traveller.join(await parlorWithScript({ store }));
    await afterRestart.next("end");
    for (const { welcome, entries } of [again, afterRestart]) {
      expect(welcome.active).toBeUndefined();
      expect(entries).toEqual([expected]);
      expect(foldAll(known, entries).items[1]).toMatchObject({ text: "all words", reason: "stop" });
    }
  });

  // Readers were told where the log ends before they listened to it; what came between was lost.
  test("[P1] who joins while an entry is being stored gets it as soon as it is, as newcomer and by resume", async () => {
    const store = createGatedStore();
    const { join } = await parlorWithScript({ store });
    const ada = await join("room");
    ada.send({ type: "say", text: "Hello", reply: false });
    const storing = await store.next();
    const { epoch } = ada.welcome;
    const readers = await Promise.all([join("room"), join("room", { after: 0, epoch })]);
    for (const { welcome } of readers) expect(welcome.head).toBe(0);
    storing.let();
    for (const reader of readers) expect(await reader.next("message")).toMatchObject({ offset: 1 });
  });

  // All that was missed came in one message that was larger than anything on the way let through.
  test("[P3] 100,000 missed entries and a long answer come in frames of 128 KiB at the most, and fold to the same", async () => {
    const store = createMemoryStore();
    const remarks = Array.from({ length: 100_000 }, (_, index) => message(`remark ${index}`, false));
    const words = Array.from({ length: 100 }, (_, index) => token("r", `${index} €`.padEnd(8_000, "€")));
    const drafts = [...remarks, message("a"), start("r", "a"), ...words, end("r")];
    const { epoch, head } = await write(store, drafts);
    const { address } = await parlorWithScript({ store });
    const socket = new WebSocket(`${address}/room?after=0&epoch=${epoch}`);
    const client = createClient(socket);
    const isThere = Promise.withResolvers<void>();
    let largest = 0;
    socket.on("message", (data: Buffer) => {
      largest = Math.max(largest, data.length);
      const last = client.frames.at(-1) as ServerFrame;
      if (isEntry(last) && last.offset === head) isThere.resolve();
    });
    await isThere.promise;
    expect(largest).toBeLessThanOrEqual(131_072);
    expect(client.welcome).toMatchObject({ resume: "resumed", offset: 0, head });
    expect(gapsIn(client.entries, 0)).toEqual([]);
    const [seen, expected] = [client.transcript(), foldAll(emptyTranscript, place(drafts, 0))];
    expect(JSON.stringify(seen) === JSON.stringify(expected)).toBe(true); // a difference of this size is no help
    expect(seen.items.length).toBe(100_002);
  });

  // A crash left "streaming" behind for ever.
  test("[R6] who was in the middle of an answer when its server died resumes on the next one, and is told that it has ended", async () => {
    const store = createMemoryStore();
    const dead = await parlorWithScript({ store });
    const traveller = new Traveller(dead);
    const reader = await traveller.join();
    reader.send({ type: "say", text: "Hello" });
    const call = await dead.model.nextCall();
    call.say("half an ");
    await reader.words(8);
    const witness = await dead.join("room");
    traveller.leave();
    const next = await parlorWithScript({ store });
    const again = await traveller.join(next);
    expect(again.welcome.active).toBeUndefined();
    expect(await again.next("end")).toMatchObject({ reason: "interrupted" });
    call.say("answer of the dead");
    call.finish();
    expect(await witness.closed).toEqual({ code: 4001 });
    await roundTrip(again);
    const log = await logOf(store);
    expect(wordsOf(log)).toBe("half an ");
    expect(faultsIn(log)).toEqual([]);
    expectWhole(log, again);
    expect(next.model.calls.length).toBe(0);
  });
});

describe("lessons about many at once", () => {
  // Two appends raced for one offset.
  test("[P2] commands of eight people in the same moment, in the middle of an answer: one order, without a gap, for all", async () => {
    const { join, model, store } = await parlorWithScript({ limits: { commandsPerSecond: 0 } });
    const people = await Promise.all(Array.from({ length: 8 }, () => join("room")));
    people[0]?.send({ type: "say", text: "Talk" });
    const call = await model.nextCall();
    for (let index = 0; index < 12; index++) {
      call.say(`word ${index} `);
      people.forEach((one, person) => one.send({ type: "say", text: `${person}: ${index}`, reply: false }));
    }
    for (const one of people) await roundTrip(one);
    await people[0]?.until(() => people[0]?.entries.filter(({ type }) => type === "message").length === 97);
    call.finish();
    await Promise.all(people.map((one) => one.next("end")));
    const log = await logOf(store);
    expect([...gapsIn(log, 0), ...faultsIn(log)]).toEqual([]);
    for (const one of people) expectWhole(log, one);
    const said = log.flatMap((entry) => (entry.type === "message" ? [entry.text] : []));
    people.forEach((_, person) => {
      const own = said.filter((text) => text.startsWith(`${person}: `));
      expect(own).toEqual(Array.from({ length: 12 }, (_, index) => `${person}: ${index}`));
    });
  });

  // Handles leaked with every reader.
  test("[S2] after 200 joins and leaves, closed, cut and cut before the welcome, nothing is left of them", async () => {
    const memory = createMemoryStore();
    let following = 0;
    const store: Store = {
      ...memory,
      claim: async (conversation) => {
        for (let turns = 0; turns < 10; turns++) await turn(); // so that some are gone before the room is there
        return memory.claim(conversation);
      },
      follow: (conversation, listener) => {
        const stop = memory.follow(conversation, listener);
        following += 1;
        return () => {
          following -= 1;
          stop();
        };
      },
    };
    const { join, address, port } = await parlorWithScript({ store });
    const handles = process as unknown as {
      _getActiveHandles(): { localPort?: number; remotePort?: number }[];
    };
    const isOurs = (one: { localPort?: number; remotePort?: number }): boolean =>
      one.localPort === port || one.remotePort === port;
    const left = () => ({ sockets: handles._getActiveHandles().filter(isOurs).length, following });
    const stays = await join("stays");
    expect(left()).toEqual({ sockets: 2, following: 1 }); // this is how a socket is seen, at both of its ends
    const comeAndGo = async (index: number): Promise<void> => {
      const room = index % 2 ? "room" : `room-${index}`;
      if (index % 4 === 0) {
        const socket = new WebSocket(`${address}/${room}`);
        await once(socket, "open");
        socket.terminate();
        return;
      }
      const client = await join(room);
      if (index % 4 === 1) return client.close();
      client.socket.terminate();
    };
    for (let index = 0; index < 200; index += 20)
      await Promise.all(Array.from({ length: 20 }, (_, more) => comeAndGo(index + more)));
    await stays.close();
    for (let turns = 0; turns < 10_000 && left().sockets + left().following > 0; turns++) await turn();
    expect(left()).toEqual({ sockets: 0, following: 0 });
  });

  // The close of any tab ended the stream of everyone.
  test("[R5] one tab's socket closes, and another person's is cut: the run goes on, and whoever is left sees all of it", async () => {
    const { join, model, store } = await parlorWithScript({ abandonedRunMs: 1 });
    const ada = await join("room", { name: "Ada" });
    const tab = await join("room", { name: "Ada", key: ada.welcome.me.key });
    const bob = await join("room", { name: "Bob" });
    ada.send({ type: "say", text: "Hello" });
    const call = await model.nextCall();
    call.say("one ");
    await Promise.all([ada, tab, bob].map((reader) => reader.words(4)));
    await ada.close();
    bob.socket.terminate();
    await tab.next("presence", ({ members }) => members.length === 1);
    for (const word of ["two ", "three "]) {
      call.say(word);
      await tab.until(() => wordsOf(tab.entries).endsWith(word));
    }
    expect(call.signal?.aborted).toBe(false);
    call.finish();
    expect(await tab.next("end")).toMatchObject({ reason: "stop" });
    expectWhole(await logOf(store), tab);
  });

  // The model ran again for everyone who came back.
  test("[P5] who comes back ten times in the middle of an answer, and says the same again each time, starts no other run", async () => {
    const parlor = await parlorWithScript();
    const traveller = new Traveller(parlor);
    const id = v7();
    const asker = await traveller.join();
    asker.send({ type: "say", text: "Hello", id });
    const call = await parlor.model.nextCall();
    for (let times = 0; times < 10; times++) {
      traveller.leave();
      const again = await traveller.join();
      again.send({ type: "say", text: "Hello", id });
      expect(await again.next("error")).toMatchObject({ code: "duplicate", ref: id });
    }
    call.say("Hi");
    call.finish();
    traveller.leave();
    await (await traveller.join()).next("end");
    traveller.leave();
    expect(parlor.model.calls.length).toBe(1);
    expect(traveller.known.items).toMatchObject([
      { id, text: "Hello" },
      { text: "Hi", reason: "stop" },
    ]);
    expect((await logOf(parlor.store)).map(({ type }) => type)).toEqual(["message", "start", "token", "end"]);
  });
});

describe("lessons about stopping and ending", () => {
  // A stop that was pressed before the run had a name was lost.
  test.each([
    ["by its message", true],
    ["without a name", false],
  ])(
    "[R2] stopped %s from another tab, while the message is still being stored: no model is asked",
    async (_, isNamed) => {
      const store = createGatedStore();
      const { join, model } = await parlorWithScript({ store });
      const asker = await join("room");
      const tab = await join("room", { key: asker.welcome.me.key });
      const id = v7();
      asker.send({ type: "say", text: "Hello", id });
      const storing = await store.next();
      tab.send({ type: "cancel", ...(isNamed && { message: id }) });
      await roundTrip(tab);
      storing.let();
      store.open();
      for (const reader of [asker, tab]) {
        expect(await reader.next("end")).toMatchObject({
          reason: "cancelled",
          by: { id: asker.welcome.me.id },
        });
        expect(reader.entries.map(({ type }) => type)).toEqual(["message", "start", "end"]);
      }
      expect(model.calls.length).toBe(0);
    },
  );

  // A second message took the place of the first run, and a stop reached only the newest.
  test("[R2][R4] with a second message behind it, a stop reaches the run that speaks, and the next stop the next run", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "one" });
    const first = await model.nextCall();
    first.say("word");
    const { run } = await client.next("token");
    client.send({ type: "say", text: "two" });
    await client.next("message", ({ text }) => text === "two");
    client.send({ type: "cancel", run });
    expect(await client.next("end")).toMatchObject({ run, reason: "cancelled" });
    expect(first.signal?.aborted).toBe(true);
    const second = await model.nextCall();
    second.say("another");
    await client.next("token", (said) => said.run !== run);
    expect(second.signal?.aborted).toBe(false);
    client.send({ type: "cancel" });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    expect(second.signal?.aborted).toBe(true);
    expect(client.transcript().items.map(({ text }) => text)).toEqual(["one", "word", "two", "another"]);
  });

  // The last frame was sent before the answer was saved.
  test("[S1] nobody is told of an end that is not stored yet, and the run counts as active until it is", async () => {
    const store = createGatedStore();
    const { join, model } = await parlorWithScript({ store });
    const asker = await join("room");
    asker.send({ type: "say", text: "Hello" });
    (await store.next()).let();
    const call = await model.nextCall();
    call.say("Hi");
    (await store.next()).let();
    await asker.words(2);
    call.finish();
    const ending = await store.next();
    expect(ending.appends[0]?.entries).toMatchObject([{ type: "end" }]);
    const late = await join("room");
    const run = (await asker.next("start")).run;
    expect(late.welcome).toMatchObject({ active: run, head: 4 });
    for (const reader of [asker, late]) {
      await roundTrip(reader);
      expect(reader.entries.map(({ type }) => type)).toEqual(["message", "start", "token"]);
    }
    ending.let();
    for (const reader of [asker, late]) expect(await reader.next("end")).toMatchObject({ reason: "stop" });
    expect((await logOf(store)).at(-1)).toMatchObject({ type: "end", run });
  });

  // Every frame held the whole text so far: megabytes for one answer.
  test("[P2] the words of a long answer cross the wire once: its frames are hardly larger than its text", async () => {
    const { join, model } = await parlorWithScript();
    const reader = await join();
    let bytes = 0;
    reader.socket.on("message", (data: Buffer) => (bytes += data.length));
    reader.send({ type: "say", text: "Talk" });
    const call = await model.nextCall();
    const pieces = Array.from({ length: 40 }, (_, index) => `${index} `.padEnd(9_000, "abcdefgh "));
    for (const [index, piece] of pieces.entries()) {
      call.say(piece);
      await reader.words((index + 1) * piece.length);
    }
    call.finish();
    await reader.next("end");
    const text = pieces.join("");
    expect(wordsOf(reader.entries)).toBe(text);
    expect(reader.entries.length).toBeGreaterThanOrEqual(pieces.length);
    expect(bytes).toBeLessThan(text.length * 1.05);
  });
});
