// The client's machine, as plain values: no sockets, no timers, and time goes by when the test says so.
import { describe, expect, test } from "@jest/globals";
import { addressOf } from "../client/address.ts";
import { next } from "../client/next.ts";
import { createPending } from "../client/run.ts";
import { mostUnsent } from "../client/sending.ts";
import { deadline, initial, type Effect, type Event, type SayCommand, type State } from "../client/state.ts";
import { viewOf } from "../client/view.ts";
import { closeCodes } from "../shared/limits.ts";
import type { Command, FrameOf, ServerFrame } from "../shared/protocol.ts";

type Machine = {
  readonly state: State;
  readonly now: number;
  /** What is done about it. */
  do(event: Event, chance?: number): readonly Effect[];
  hear(...frames: ServerFrame[]): readonly Effect[];
  /** Lets so much time go by, and tells of it. Milliseconds. */
  wait(ms: number, chance?: number): readonly Effect[];
  /** The same, until something is due. */
  ring(chance?: number): readonly Effect[];
};

type Place = Partial<Parameters<typeof initial>[0]>;

function machineAt(place: Place = {}): Machine {
  let state = initial({
    address: "ws://host/ws",
    name: "",
    conversation: "kitchen",
    token: undefined,
    ...place,
  });
  let now = 1_000_000;
  const machine: Machine = {
    get state() {
      return state;
    },
    get now() {
      return now;
    },
    do: (event, chance = 1) => {
      const step = next(state, { ...event, now, chance });
      state = step.state;
      return step.effects;
    },
    hear: (...frames) => frames.flatMap((frame) => machine.do({ type: "frame", frame })),
    wait: (ms, chance) => {
      now += ms;
      return machine.do({ type: "time" }, chance);
    },
    ring: (chance) => machine.wait(deadline(state) - now, chance),
  };
  return machine;
}

/** In the room, after the welcome. */
function entered(frame: Partial<FrameOf<"welcome">> = {}, place: Place = {}): Machine {
  const machine = machineAt(place);
  machine.do({ type: "connect" });
  machine.hear(welcome(frame));
  return machine;
}

const me = { id: "ada", name: "Ada" };
const bob = { id: "bob", name: "Bob" };
const time = "2026-01-01T00:00:00.000Z";

const welcome = (frame: Partial<FrameOf<"welcome">> = {}): FrameOf<"welcome"> => ({
  type: "welcome",
  protocol: "parlor.v1",
  conversation: "kitchen",
  connection: "c",
  epoch: "first",
  resume: "new",
  offset: 0,
  head: 0,
  me: { ...me, key: "secret" },
  members: [me, bob],
  limits: { frameBytes: 1_000, textChars: 100, commandsPerSecond: 20 },
  ...frame,
});

const resumed = ({ state }: Machine): FrameOf<"welcome"> => {
  const { offset } = state.reading.transcript;
  return welcome({ resume: "resumed", offset, head: offset });
};

const message = (id: string, offset: number, author = me): FrameOf<"message"> => ({
  type: "message",
  id,
  author,
  text: id,
  time,
  reply: true,
  offset,
});

const start = (run: string, of: string, offset: number): FrameOf<"start"> => ({
  type: "start",
  run,
  message: of,
  model: "m",
  time,
  offset,
});

const end = (run: string, offset: number): FrameOf<"end"> => ({
  type: "end",
  run,
  reason: "stop",
  time,
  offset,
});

const error = (code: string, more: Partial<FrameOf<"error">> = {}): FrameOf<"error"> => ({
  type: "error",
  code,
  message: code,
  ...more,
});

const older: Event = { type: "command", command: { type: "history" } };
const say = (id: string, text = id): Event => ({ type: "command", command: { type: "say", id, text } });
const cancel = (target: { run?: string; message?: string }): Event => ({
  type: "command",
  command: { type: "cancel", ...target },
});

const sent = (effects: readonly Effect[]): Command[] =>
  effects.flatMap((effect) => (effect.type === "send" ? [effect.command] : []));

/** In short: the ids of says, the types of all others but pings. */
const names = (effects: readonly Effect[]): string[] =>
  sent(effects)
    .filter(({ type }) => type !== "ping")
    .map((command) =>
      command.type === "say"
        ? (command.id ?? "")
        : [command.type, ...("run" in command || "message" in command ? [target(command)] : [])].join(" "),
    );

const target = ({ run, message }: { run?: string | undefined; message?: string | undefined }): string =>
  run ?? message ?? "";

const typesOf = (effects: readonly Effect[]): string[] => effects.map(({ type }) => type);
const unsent = ({ state }: Machine): string[] => state.says.map(({ id }) => id);
const refused = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) => (effect.type === "refuse" ? [`${effect.id} ${effect.refusal.code}`] : []));

/** How long until the next attempt. */
const pause = ({ state, now }: Machine): number =>
  state.link.name === "waiting" ? state.link.until - now : -1;

describe("the link", () => {
  test("attempts that fail are repeated after a random time, whose bound doubles up to 20 s", () => {
    const machine = machineAt();
    machine.do({ type: "connect" });
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      machine.do({ type: "closed", code: 1006 }, 1);
      pauses.push(pause(machine));
      expect(typesOf(machine.ring())).toEqual(["disconnect", "connect"]);
    }
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000, 20_000]);
  });

  test.each([
    [0, 0],
    [0.5, 250],
    [1, 500],
  ])("the first pause is all chance: %d of 500 ms is %d", (chance, ms) => {
    const machine = machineAt();
    machine.do({ type: "connect" });
    machine.do({ type: "closed", code: 1006 }, chance);
    expect(pause(machine)).toBe(ms);
  });

  test("a cut of an open link begins with a short pause again, whatever was before", () => {
    const machine = machineAt();
    machine.do({ type: "connect" });
    for (let attempt = 0; attempt < 6; attempt++) {
      machine.do({ type: "closed", code: 1006 });
      machine.ring();
    }
    machine.hear(welcome(), message("a", 1));
    machine.do({ type: "closed", code: 1006 });
    expect(pause(machine)).toBe(500);
  });

  test("a link that is cut each time before anything has come over it is not hammered", () => {
    const machine = machineAt();
    const pauses: number[] = [];
    machine.do({ type: "connect" });
    for (let times = 0; times < 4; times++) {
      machine.hear(welcome());
      machine.do({ type: "closed", code: 1006 });
      pauses.push(pause(machine));
      machine.ring();
    }
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000]);
  });

  test.each([1006, 1011, 4001])(
    "a link that was open for ten seconds was a good one, also if %d ends it",
    (code) => {
      const machine = machineAt();
      machine.do({ type: "connect" });
      for (let times = 0; times < 3; times++) {
        machine.hear(welcome());
        machine.wait(10_000);
        machine.do({ type: "closed", code });
        expect(pause(machine)).toBe(500);
        machine.ring();
      }
    },
  );

  test.each([1011, 1013, 4001, 4013, 4299])(
    "a server that lets us in and closes with %d each time is not hammered",
    (code) => {
      const machine = machineAt();
      const pauses: number[] = [];
      machine.do({ type: "connect" });
      for (let times = 0; times < 4; times++) {
        machine.hear(welcome());
        machine.do({ type: "closed", code });
        pauses.push(pause(machine));
        machine.ring();
      }
      expect(pauses).toEqual([500, 1_000, 2_000, 4_000]);
    },
  );

  test.each(Object.values(closeCodes))("close code $code is obeyed: reconnect is $reconnect", (closing) => {
    const machine = entered();
    machine.do({ type: "closed", code: closing.code });
    const { link } = machine.state;
    if (closing.reconnect) expect(link.name).toBe("waiting");
    else expect(link).toEqual({ name: "closed", code: closing.code });
  });

  test.each([1000, 1001, 1002, 1005, 1006, 1007, 1008, 1012, 1013, 3000, 4000, 4499])(
    "close code %d means again",
    (code) => {
      const machine = entered();
      machine.do({ type: "closed", code });
      expect(machine.state.link.name).toBe("waiting");
    },
  );

  test.each([4500, 4777, 4999])("close code %d means not again, known or not", (code) => {
    const machine = entered();
    machine.do({ type: "closed", code });
    expect(machine.state.link).toEqual({ name: "closed", code });
    expect(machine.do({ type: "awake" })).toEqual([]);
    expect(machine.do({ type: "rename", name: "Eve" })).toEqual([]);
    expect(deadline(machine.state)).toBe(Infinity);
  });

  test("a silent link is asked after 20 s, and given up when it has not answered after 8", () => {
    const machine = entered();
    expect(machine.wait(19_999)).toEqual([]);
    expect(sent(machine.wait(1))).toEqual([{ type: "ping" }]);
    expect(viewOf(machine.state).connection).toEqual({ name: "open" });
    expect(machine.wait(7_999)).toEqual([]);
    expect(typesOf(machine.wait(1))).toEqual(["disconnect"]);
    expect(pause(machine)).toBe(500);
    expect(typesOf(machine.ring())).toEqual(["disconnect", "connect"]);
  });

  test("anything that comes is a sign of life", () => {
    const machine = entered();
    machine.wait(20_000);
    machine.wait(7_000);
    machine.hear({ type: "presence", members: [me] });
    expect(machine.wait(19_999)).toEqual([]);
    expect(sent(machine.wait(1))).toEqual([{ type: "ping" }]);
  });

  test("a pong says how far the server is", () => {
    const machine = entered();
    machine.wait(30);
    machine.hear({ type: "pong" });
    expect(machine.state.roundTripMs).toBe(30);
    machine.wait(20_000);
    machine.wait(70);
    machine.hear({ type: "pong" }, { type: "pong" });
    expect(machine.state.roundTripMs).toBe(70);
  });

  test("an attempt that hangs is given up after 10 s, and counts as one that failed", () => {
    const machine = machineAt();
    machine.do({ type: "connect" });
    expect(machine.wait(9_999)).toEqual([]);
    expect(typesOf(machine.wait(1))).toEqual(["disconnect"]);
    expect(pause(machine)).toBe(500);
    machine.ring();
    machine.wait(10_000);
    expect(pause(machine)).toBe(1_000);
  });

  test("a connection on which the log comes but no welcome is given up as well", () => {
    const machine = machineAt();
    machine.do({ type: "connect" });
    machine.wait(9_000);
    machine.hear({ type: "pong" });
    expect(typesOf(machine.wait(1_000))).toEqual(["disconnect"]);
  });

  test("awake: what waits connects at once, what is open is asked and has 3 s", () => {
    const machine = machineAt();
    machine.do({ type: "connect" });
    expect(machine.do({ type: "awake" })).toEqual([]); // it is under way
    machine.do({ type: "closed", code: 1006 });
    expect(typesOf(machine.do({ type: "awake" }))).toEqual(["disconnect", "connect"]);
    machine.hear(welcome());
    expect(sent(machine.do({ type: "awake" }))).toEqual([{ type: "ping" }]);
    expect(machine.do({ type: "awake" })).toEqual([]); // it is asked already
    expect(machine.wait(2_999)).toEqual([]);
    expect(typesOf(machine.wait(1))).toEqual(["disconnect"]);
    machine.do({ type: "leave" });
    expect(machine.do({ type: "awake" })).toEqual([]);
  });

  test("awake does not make the pauses shorter that follow", () => {
    const machine = machineAt();
    machine.do({ type: "connect" });
    for (let attempt = 0; attempt < 3; attempt++) {
      machine.do({ type: "closed", code: 1006 });
      machine.do({ type: "awake" });
    }
    machine.do({ type: "closed", code: 1006 });
    expect(pause(machine)).toBe(4_000);
  });

  test("who has left comes back only when told to, and nothing is due meanwhile", () => {
    const machine = entered();
    machine.hear({ type: "typing", member: bob, typing: true });
    expect(typesOf(machine.do({ type: "leave" }))).toEqual(["disconnect"]);
    expect(deadline(machine.state)).toBe(Infinity);
    expect(viewOf(machine.state).typing).toEqual([]);
    expect(machine.do(say("a"))).toMatchObject([{ type: "refuse", id: "a", refusal: { code: "not_sent" } }]);
    expect(typesOf(machine.do({ type: "connect" }))).toEqual(["disconnect", "connect"]);
    expect(names(machine.hear(resumed(machine)))).not.toContain("a");
  });

  test("a name that is the same is no news, and one that is told at the next attempt does not hurry it", () => {
    const machine = entered({}, { name: "Ada" });
    expect(machine.do({ type: "rename", name: "Ada" })).toEqual([]);
    machine.do({ type: "closed", code: 1006 });
    expect(machine.do({ type: "rename", name: "Eve" })).toEqual([]);
    const [, connect] = machine.ring();
    expect(connect).toMatchObject({ address: expect.stringContaining("name=Eve") });
  });
});

describe("the address", () => {
  const addressAfter = (effects: readonly Effect[]): unknown =>
    effects.flatMap((effect) => (effect.type === "connect" ? [effect.address] : []))[0];

  test("[P4] a resume names the offset and the epoch, and keeps the member by its key", () => {
    const machine = machineAt({ name: "Ada & Co", conversation: undefined });
    const first = machine.do({ type: "connect" });
    expect(first.at(-1)).toEqual({
      type: "connect",
      address: "ws://host/ws?name=Ada+%26+Co",
      protocols: ["parlor.v1"],
    });
    machine.hear(welcome({ conversation: "private.1" }), message("a", 1), start("r", "a", 2));
    machine.hear({ type: "token", run: "r", text: "words", offset: 7 });
    machine.do({ type: "closed", code: 1006 });
    expect(machine.ring().at(-1)).toEqual({
      type: "connect",
      address: "ws://host/ws/private.1?name=Ada+%26+Co&after=7&epoch=first",
      protocols: ["parlor.v1", "parlor.key.secret"],
    });
  });

  test("another name is told by connecting anew, from the same position", () => {
    const machine = entered();
    machine.hear(message("a", 1));
    const effects = machine.do({ type: "rename", name: "Eve" });
    expect(typesOf(effects)).toEqual(["disconnect", "connect"]);
    expect(addressAfter(effects)).toBe("ws://host/ws/kitchen?name=Eve&after=1&epoch=first");
  });

  test.each([
    ["ws://host", "ws://host/ws"],
    ["https://host/", "wss://host/ws"],
    ["http://host:80/ws/", "ws://host/ws"],
    ["wss://host/deep//ws", "wss://host/deep/ws"],
    ["wss://host/news", "wss://host/news/ws"],
    ["wss://host/ws?tenant=1#top", "wss://host/ws?tenant=1"],
  ])("%s is a server, whose WebSocket is at %s", (url, address) => {
    expect(addressOf(url, "kitchen")).toBe(address);
  });

  test("the query that the server's address has is kept", () => {
    const machine = machineAt({ address: "wss://host/deep/ws?tenant=1" });
    expect(addressAfter(machine.do({ type: "connect" }))).toBe("wss://host/deep/ws/kitchen?tenant=1");
  });

  test("[P4] a reset of the same history begins again, and nothing is said to be lost", () => {
    const machine = entered();
    machine.hear(message("a", 1), message("b", 2));
    machine.do({ type: "connect" });
    machine.hear(welcome({ resume: "reset", offset: 1, head: 2 }));
    expect(machine.state.reading.transcript).toEqual({ offset: 1, items: [] });
    expect(viewOf(machine.state)).toMatchObject({ isLost: false, isCaughtUp: false, past: "more" });
    machine.hear(message("b", 2));
    expect(viewOf(machine.state).isCaughtUp).toBe(true);
  });

  test("[P4] a new history is told as long as that connection lasts, and only where there was something to lose", () => {
    const machine = entered();
    machine.do({ type: "connect" });
    machine.hear(welcome({ resume: "reset", epoch: "second" }));
    expect(machine.state.isLost).toBe(false);
    machine.hear(message("a", 1));
    machine.do(cancel({ message: "a" }));
    machine.do({ type: "connect" });
    expect(names(machine.hear(welcome({ resume: "reset", epoch: "third" })))).toEqual([]);
    expect(machine.state.isLost).toBe(true);
    machine.do({ type: "connect" });
    machine.hear(welcome({ resume: "resumed", epoch: "third" }));
    expect(machine.state.isLost).toBe(false);
  });
});

describe("what is said", () => {
  test("[P5] is kept without a connection, goes out in order one after the other, and leaves with its message", () => {
    const machine = machineAt();
    machine.do({ type: "connect" });
    for (const id of ["a", "b", "c"]) expect(machine.do(say(id))).toEqual([]);
    expect(names(machine.hear(welcome()))).toEqual(["a"]);
    expect(names(machine.hear(message("a", 1)))).toEqual(["b"]);
    expect(unsent(machine)).toEqual(["b", "c"]);
    expect(names(machine.hear(message("b", 2)))).toEqual(["c"]);
    expect(names(machine.hear(message("c", 3)))).toEqual([]);
    expect(unsent(machine)).toEqual([]);
  });

  test("[P5] goes out again after a cut, and `duplicate` confirms it as well as its message", () => {
    const machine = entered();
    expect(names(machine.do(say("a")))).toEqual(["a"]);
    expect(names(machine.do(say("b")))).toEqual([]);
    machine.do({ type: "closed", code: 1006 });
    machine.ring();
    expect(names(machine.hear(resumed(machine)))).toEqual(["a"]);
    expect(names(machine.hear(error("duplicate", { ref: "a" })))).toEqual(["b"]);
    expect(unsent(machine)).toEqual(["b"]);
    expect(machine.state.refusal).toBeUndefined();
  });

  test("[P5] a repeat whose message came first is no news: the `duplicate` that follows is not told", () => {
    const machine = entered();
    machine.do(say("a"));
    machine.do({ type: "connect" });
    machine.hear(resumed(machine), message("a", 1), error("duplicate", { ref: "a" }));
    expect(machine.state.refusal).toBeUndefined();
  });

  test("another's message with such an id confirms nothing of ours but ours does", () => {
    const machine = entered();
    machine.do(say("a"));
    machine.hear(message("x", 1, bob));
    expect(unsent(machine)).toEqual(["a"]);
  });

  test("[P5] whose repeat is confirmed before its message comes has its outcome all the same", async () => {
    const machine = entered();
    const pending = createPending();
    const run = pending.run("a", () => {});
    const follow = (effects: readonly Effect[]): void => pending.follow(machine.state, effects);
    follow(machine.do(say("a")));
    follow(machine.do({ type: "connect" }));
    follow(machine.hear(resumed(machine)));
    follow(machine.hear(error("duplicate", { ref: "a" })));
    for (const frame of [message("a", 1), start("r", "a", 2), end("r", 3)]) follow(machine.hear(frame));
    expect((await run.outcome).reason).toBe("stop");
  });

  test("what a server that stops does not take waits for the next one, and all that follows with it", () => {
    const machine = entered();
    machine.do(say("a"));
    machine.do(say("b"));
    expect(machine.hear(error("draining", { ref: "a" }))).toEqual([]);
    expect(unsent(machine)).toEqual(["a", "b"]);
    machine.do({ type: "closed", code: 1012 });
    machine.ring();
    expect(names(machine.hear(resumed(machine)))).toEqual(["a"]);
  });

  test("retryAfterMs holds everything so long, and keeps the order", () => {
    const machine = entered();
    machine.do(say("a"));
    machine.do(say("b"));
    machine.hear(error("rate_limited", { ref: "a", retryAfterMs: 300 }));
    expect(machine.do(say("c"))).toEqual([]);
    expect(machine.wait(299)).toEqual([]);
    expect(deadline(machine.state)).toBe(machine.now + 1);
    expect(names(machine.wait(1))).toEqual(["a"]);
    expect(machine.state.refusal).toBeUndefined();
    expect(names(machine.hear(message("a", 1)))).toEqual(["b"]);
  });

  test("while it waits, what is held is not sent without a connection, and goes out with the next one", () => {
    const machine = entered();
    machine.do(say("a"));
    machine.do(cancel({ run: "r" }));
    machine.hear(error("rate_limited", { ref: "a", retryAfterMs: 100 }));
    machine.hear({ type: "typing", member: bob, typing: true });
    machine.do({ type: "closed", code: 1006 });
    expect(machine.wait(200)).toEqual([]);
    machine.do({ type: "connect" });
    expect(machine.wait(6_000)).toEqual([]);
    expect(names(machine.hear(resumed(machine)))).toEqual(["a", "cancel r"]);
  });

  test.each(["busy", "id_taken", "storage_unavailable", "bad_request"])(
    "%s gives it up, and tells",
    (code) => {
      const machine = entered();
      machine.do(say("a"));
      machine.do(say("b"));
      const effects = machine.hear(error(code, { ref: "a" }));
      expect(refused(effects)).toEqual([`a ${code}`]);
      expect(names(effects)).toEqual(["b"]);
      expect(viewOf(machine.state)).toMatchObject({ refusal: { code, ref: "a" }, unsent: [{ id: "b" }] });
      machine.do(say("c"));
      expect(machine.state.refusal).toBeUndefined();
    },
  );

  test.each([
    ["in characters", "x".repeat(101), /101 characters, and 100 at most/],
    ["in bytes", "€".repeat(99), /bytes, and 200 at most/],
  ])("what is too long %s is not sent, for its frame would cost us the connection", (_, text, words) => {
    const machine = entered({ limits: { frameBytes: 200, textChars: 100, commandsPerSecond: 20 } });
    const effects = machine.do(say("a", text));
    expect(refused(effects)).toEqual(["a too_large"]);
    expect(names(effects)).toEqual([]);
    expect(machine.state.refusal?.message).toMatch(words);
    expect(names(machine.do(say("b")))).toEqual(["b"]);
  });

  test("among those that waited, what is too long makes room for the next", () => {
    const machine = machineAt();
    machine.do({ type: "connect" });
    for (const [id, text] of [["a", "x".repeat(101)], ["b", "x".repeat(102)], ["c"], ["d"]] as const)
      machine.do(say(id, text));
    const effects = machine.hear(welcome());
    expect(refused(effects)).toEqual(["a too_large", "b too_large"]);
    expect(names(effects)).toEqual(["c"]);
    expect(names(machine.hear(message("c", 1)))).toEqual(["d"]);
  });

  test("an edit that is too long is not sent either", () => {
    const machine = entered();
    const edit: Command = { type: "edit", message: "a", text: "x".repeat(101) };
    expect(machine.do({ type: "command", command: edit })).toEqual([]);
    expect(machine.state.refusal).toMatchObject({ code: "too_large", ref: "edit" });
    expect(names(machine.do({ type: "command", command: { ...edit, text: "short" } }))).toEqual(["edit a"]);
    expect(machine.state.refusal).toBeUndefined();
  });

  test("more than a thousand are not kept", () => {
    const machine = machineAt();
    for (let count = 0; count < mostUnsent; count++) machine.do(say(`${count}`));
    expect(refused(machine.do(say("one more")))).toEqual(["one more too_many_unsent"]);
    expect(unsent(machine).length).toBe(mostUnsent);
  });

  test("commands that change what was said are not kept", () => {
    const machine = machineAt();
    machine.do({ type: "connect" });
    expect(machine.do({ type: "command", command: { type: "forget" } })).toEqual([]);
    expect(names(machine.hear(welcome()))).toEqual([]);
    expect(names(machine.do({ type: "command", command: { type: "forget" } }))).toEqual(["forget"]);
  });

  test("what a page had kept goes out first", () => {
    const kept: SayCommand = { type: "say", id: "kept", text: "kept" };
    const state = initial({ address: "ws://h/ws", name: "", conversation: "kitchen", token: undefined });
    const before = { ...state, says: [kept] };
    const at = { now: 1, chance: 1 };
    const connecting = next(before, { type: "connect", ...at }).state;
    const { effects } = next(connecting, { type: "frame", frame: welcome(), ...at });
    expect(names(effects)).toEqual(["kept"]);
  });
});

describe("a cancel", () => {
  test("is kept until the end is seen, and goes out again after a cut", () => {
    const machine = entered();
    machine.hear(message("a", 1), start("r", "a", 2));
    expect(names(machine.do(cancel({ run: "r" })))).toEqual(["cancel r"]);
    machine.do({ type: "connect" });
    expect(names(machine.hear(resumed(machine)))).toEqual(["cancel r"]);
    machine.hear(end("r", 3));
    machine.do({ type: "connect" });
    expect(names(machine.hear(resumed(machine)))).toEqual([]);
  });

  test("of a message is over with the end of its run", () => {
    const machine = entered();
    machine.hear(message("a", 1));
    machine.do(cancel({ message: "a" }));
    machine.hear(start("r", "a", 2), end("r", 3));
    machine.do({ type: "connect" });
    expect(names(machine.hear(resumed(machine)))).toEqual([]);
  });

  test("of a say that is refused in the end is over with it", () => {
    const machine = entered();
    machine.do(say("a"));
    machine.do(cancel({ message: "a" }));
    machine.hear(error("busy", { ref: "a" }));
    machine.do({ type: "connect" });
    expect(names(machine.hear(resumed(machine)))).toEqual([]);
  });

  test("of what wants no answer is over when it is said", () => {
    const machine = entered();
    machine.do({ type: "command", command: { type: "say", id: "a", text: "a", reply: false } });
    machine.do(cancel({ message: "a" }));
    machine.hear({ ...message("a", 1), reply: false });
    machine.do({ type: "connect" });
    expect(names(machine.hear(resumed(machine)))).toEqual([]);
  });

  test("of a run that nobody knows takes no other cancel along", () => {
    const machine = entered();
    machine.hear(message("a", 1), start("r", "a", 2));
    machine.do(cancel({ run: "unknown" }));
    machine.do(cancel({ run: "r" }));
    machine.hear(error("unknown_run", { ref: "cancel" }));
    machine.do({ type: "connect" });
    expect(names(machine.hear(resumed(machine)))).toEqual(["cancel r"]);
  });

  test("of another run stays when one ends", () => {
    const machine = entered();
    machine.hear(message("a", 1), start("r", "a", 2), message("b", 3));
    machine.do(cancel({ run: "r" }));
    machine.do(cancel({ message: "b" }));
    machine.hear(end("r", 4));
    machine.do({ type: "connect" });
    expect(names(machine.hear(resumed(machine)))).toEqual(["cancel b"]);
  });

  test("[R2] while the network is away it is kept, and goes right behind what it stops", () => {
    const machine = entered();
    machine.hear(message("q", 1), start("r", "q", 2));
    machine.do(say("a"));
    machine.do({ type: "closed", code: 1006 });
    expect(names(machine.do(cancel({ message: "a" })))).toEqual([]);
    expect(names(machine.do(cancel({ run: "r" })))).toEqual([]);
    expect(names(machine.do(cancel({ run: "r" })))).toEqual([]);
    machine.ring();
    expect(names(machine.hear(resumed(machine)))).toEqual(["a", "cancel a", "cancel r"]);
  });

  test("of what was never sent takes it back", () => {
    const machine = entered();
    machine.do(say("a"));
    machine.do(say("b"));
    machine.do(say("c"));
    const effects = machine.do(cancel({ message: "b" }));
    expect(refused(effects)).toEqual(["b not_sent"]);
    expect(names(effects)).toEqual([]); // what is on its way is there once
    expect(unsent(machine)).toEqual(["a", "c"]);
    expect(names(machine.hear(message("a", 1)))).toEqual(["c"]);
  });

  test("of what the server has refused for now takes it back too", () => {
    const machine = entered();
    machine.do(say("a"));
    machine.do(say("b"));
    machine.hear(error("overloaded", { ref: "a", retryAfterMs: 100 }));
    expect(refused(machine.do(cancel({ message: "a" })))).toEqual(["a not_sent"]);
    expect(names(machine.wait(100))).toEqual(["b"]);
  });

  test("of what has ended is not sent", () => {
    const machine = entered();
    machine.hear(message("a", 1), start("r", "a", 2), end("r", 3));
    expect(machine.do(cancel({ run: "r" }))).toEqual([]);
    expect(machine.do(cancel({ message: "a" }))).toEqual([]);
  });

  test("without a name is sent, and not kept", () => {
    const machine = entered();
    expect(names(machine.do(cancel({})))).toEqual(["cancel"]);
    machine.do({ type: "connect" });
    expect(names(machine.hear(resumed(machine)))).toEqual([]);
  });

  test("that came too soon for the server's limit goes out again, also when what it stops is not confirmed yet", () => {
    const machine = entered();
    machine.do(say("a"));
    machine.do(cancel({ message: "a" }));
    machine.do(cancel({ run: "r" }));
    machine.hear(error("rate_limited", { ref: "cancel", retryAfterMs: 100 }));
    expect(names(machine.wait(100))).toEqual(["cancel a", "cancel r"]);
    machine.hear(message("a", 1), error("rate_limited", { ref: "cancel", retryAfterMs: 100 }));
    expect(names(machine.wait(100))).toEqual(["cancel a", "cancel r"]);
  });

  test("without a name, that came too soon, is told: it is not sent again", () => {
    const machine = entered();
    machine.do(cancel({}));
    machine.hear(error("rate_limited", { ref: "cancel", retryAfterMs: 100 }));
    expect(machine.state.refusal?.code).toBe("rate_limited");
    expect(names(machine.do(say("a")))).toEqual(["a"]);
  });

  test("of what nobody knows any more is given up", () => {
    const machine = entered();
    machine.do(cancel({ run: "r" }));
    machine.hear(error("unknown_run", { ref: "cancel" }));
    machine.do({ type: "connect" });
    expect(names(machine.hear(resumed(machine)))).toEqual([]);
  });
});

describe("people", () => {
  const typing = (isTyping: boolean): Event => ({
    type: "command",
    command: { type: "typing", typing: isTyping },
  });

  test("typing is told every three seconds at most, and its end at once", () => {
    const machine = entered();
    expect(names(machine.do(typing(false)))).toEqual([]);
    expect(names(machine.do(typing(true)))).toEqual(["typing"]);
    machine.wait(2_999);
    expect(names(machine.do(typing(true)))).toEqual([]);
    machine.wait(1);
    expect(names(machine.do(typing(true)))).toEqual(["typing"]);
    expect(sent(machine.do(typing(false)))).toEqual([{ type: "typing", typing: false }]);
    expect(names(machine.do(typing(false)))).toEqual([]);
  });

  test("who says something types no longer, here and there", () => {
    const machine = entered();
    machine.do(typing(true));
    expect(names(machine.do(say("a")))).toEqual(["a", "typing"]);
    machine.hear({ type: "typing", member: bob, typing: true });
    expect(viewOf(machine.state).typing).toEqual([bob]);
    machine.hear(message("b", 1, bob));
    expect(viewOf(machine.state).typing).toEqual([]);
  });

  test("after a cut the others are told anew, and without a connection they are not told", () => {
    const machine = entered();
    machine.do(typing(true));
    machine.do({ type: "connect" });
    expect(names(machine.do(typing(true)))).toEqual([]);
    machine.hear(resumed(machine));
    expect(names(machine.do(typing(true)))).toEqual(["typing"]);
  });

  test("that others type is believed for 6 s, and while they are here", () => {
    const machine = entered();
    machine.hear({ type: "typing", member: bob, typing: true });
    machine.wait(5_000);
    machine.hear({ type: "typing", member: bob, typing: true });
    expect(deadline(machine.state)).toBe(machine.now + 6_000);
    machine.wait(5_999);
    expect(viewOf(machine.state).typing).toEqual([bob]);
    machine.wait(1);
    expect(viewOf(machine.state).typing).toEqual([]);
    machine.hear({ type: "typing", member: bob, typing: true }, { type: "presence", members: [me] });
    expect(viewOf(machine.state).typing).toEqual([]);
  });

  test("a cut ends what is believed of others", () => {
    const machine = entered();
    machine.hear({ type: "typing", member: bob, typing: true });
    machine.do({ type: "closed", code: 4509 });
    expect(viewOf(machine.state).typing).toEqual([]);
    expect(deadline(machine.state)).toBe(Infinity);
  });
});

describe("everything else that a server may say", () => {
  test("a frame of a kind that is not known changes nothing", () => {
    const machine = entered();
    const before = machine.state;
    machine.hear({ type: "confetti" } as unknown as ServerFrame);
    expect({ ...machine.state, link: before.link }).toEqual(before);
  });

  test.each(["ping", "typing"])("that a %s was refused is not told", (ref) => {
    const machine = entered();
    machine.hear(error("rate_limited", { ref, retryAfterMs: 10 }));
    expect(machine.state.refusal).toBeUndefined();
  });

  test("an entry of a kind that a newer server knows moves the place, and nothing else", () => {
    const machine = entered({ head: 2 });
    machine.hear(message("a", 1), { type: "poll", offset: 2 } as unknown as ServerFrame);
    expect(viewOf(machine.state).isCaughtUp).toBe(true);
    expect(machine.state.reading.transcript.items).toHaveLength(1);
  });

  test("a server that wants no time to pass is not asked again at once", () => {
    const machine = entered();
    machine.do(say("a"));
    machine.hear(error("overloaded", { ref: "a", retryAfterMs: 0 }));
    expect(names(machine.wait(99))).toEqual([]);
    expect(names(machine.wait(1))).toEqual(["a"]);
  });

  test("that it was refused again is told again, in the same words", () => {
    const machine = entered();
    machine.hear(error("not_author", { ref: "edit" }));
    const before = viewOf(machine.state);
    machine.hear(error("not_author", { ref: "edit" }));
    const after = viewOf(machine.state, before);
    expect(after.refusal).toEqual(before.refusal);
    expect(after.refusal).not.toBe(before.refusal);
    expect(viewOf(machine.state, after)).toBe(after);
  });

  test("that an edit was refused is", () => {
    const machine = entered();
    machine.hear(error("not_author", { ref: "edit" }));
    expect(viewOf(machine.state).refusal).toEqual({ code: "not_author", message: "not_author", ref: "edit" });
  });

  test("older messages that were refused, or that a cut prevented, may be asked for again", () => {
    const machine = entered({ offset: 5, head: 5 });
    expect(sent(machine.do(older))).toEqual([{ type: "history", before: 5 }]);
    expect(machine.do(older)).toEqual([]);
    machine.hear(error("rate_limited", { ref: "history", retryAfterMs: 1_000 }));
    expect(machine.do(older)).toEqual([]);
    machine.wait(1_000);
    expect(sent(machine.do(older))).toEqual([{ type: "history", before: 5 }]);
    machine.hear(error("storage_unavailable", { ref: "history" }));
    machine.wait(4_999);
    expect(machine.do(older)).toEqual([]);
    machine.wait(1);
    expect(sent(machine.do(older))).toEqual([{ type: "history", before: 5 }]);
    machine.do({ type: "connect" });
    machine.hear(resumed(machine));
    expect(sent(machine.do(older))).toEqual([{ type: "history", before: 5 }]);
    machine.hear({ type: "history", entries: [message("a", 5)], before: 4 });
    expect(viewOf(machine.state).past).toBe("more");
    expect(sent(machine.do(older))).toEqual([{ type: "history", before: 4 }]);
  });

  test("what is shown stays the same value as long as it says the same", () => {
    const machine = entered();
    const before = viewOf(machine.state);
    machine.hear(message("a", 1), { type: "presence", members: [me, bob] });
    const after = viewOf(machine.state, before);
    expect(after.connection).toBe(before.connection);
    expect(after.limits).toBe(before.limits);
    machine.hear(start("r", "a", 2));
    expect(viewOf(machine.state, after)).toBe(after);
  });
});
