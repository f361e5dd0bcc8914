// Random schedules of people, cuts and words, played against a server over real sockets.
import fc from "fast-check";
import { v7 } from "uuid";
import { startOf } from "../../server/log/entry.ts";
import type { Command, Entry } from "../../shared/protocol.ts";
import { emptyTranscript, foldAll, type Transcript } from "../../shared/transcript.ts";
import { faultsIn, gapsIn } from "./checker.ts";
import { connect, type Client } from "./client.ts";
import { startParlor, type Parlor } from "./parlor.ts";
import { createScriptedModel, type ModelCall } from "./scripted-model.ts";

const readers = 3;

type Action =
  | { do: "join" | "cut" | "pause" | "cancel" | "regenerate" | "forget" | "repeat"; reader: number }
  | { do: "back"; reader: number; share: number }
  | { do: "say"; reader: number; whenBusy: "queue" | "interrupt" | "reject"; reply: boolean }
  | { do: "words"; text: string }
  | { do: "finish" | "fail" | "tick" };

const reader = fc.nat({ max: readers - 1 });
const plain = fc.record({
  do: fc.constantFrom("join", "cut", "pause", "cancel", "regenerate", "forget", "repeat"),
  reader,
});
const say = fc.record({
  do: fc.constant("say"),
  reader,
  whenBusy: fc.constantFrom("queue", "interrupt", "reject"),
  reply: fc.constantFrom(true, true, true, false),
});
const words = fc.record({
  do: fc.constant("words"),
  text: fc.constantFrom("word ", "Zwölf ", "👩‍👩‍👧", "\uD83D", "\uDE00", "long ".repeat(4_000)),
});
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: say },
  { weight: 6, arbitrary: words },
  { weight: 3, arbitrary: plain },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("join"), reader }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("back"),
      reader,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("finish", "fail", "tick") }),
  },
);
/** What happens in one conversation. */
const schedule = fc.array(action, { minLength: 5, maxLength: 30 });

/** What one reader knows, over all its connections. */
class Reader {
  known: Transcript = emptyTranscript;
  readonly faults: string[] = [];
  client: Client | undefined;
  epoch: string | undefined;
  #kept: Entry[] = [];

  async join(parlor: Parlor, room: string): Promise<void> {
    if (this.client) return;
    const place = this.epoch === undefined ? {} : { after: this.known.offset, epoch: this.epoch };
    this.client = await connect(`${parlor.address}/${room}`, place);
    const { resume, epoch } = this.client.welcome;
    if (this.epoch !== undefined && resume !== "resumed")
      this.faults.push(`P4: ${resume} at ${this.known.offset}`);
    this.epoch = epoch;
  }

  /** Takes in what has come; what comes later on a connection that was cut is not read. */
  take(): void {
    const { client } = this;
    if (!client) return;
    const entries = client.entries.filter(({ offset }) => offset > this.known.offset);
    this.faults.push(...gapsIn(client.entries, client.welcome.offset));
    this.#kept.push(...entries);
    this.known = foldAll(this.known, entries);
  }

  cut(): void {
    this.take();
    this.client?.socket.terminate();
    this.client = undefined;
  }

  /** Forgets the last part of what it knew: a client that had saved its state some time ago. */
  back(share: number): void {
    this.cut();
    const wanted = Math.floor(this.known.offset * share);
    const inside = this.#kept.find((entry) => startOf(entry) < wanted && entry.offset > wanted);
    const isPair = inside?.type === "token" && !inside.text.slice(0, wanted - startOf(inside)).isWellFormed();
    const offset = isPair ? wanted - 1 : wanted;
    this.#kept = this.#kept.flatMap((entry) => {
      if (entry.offset <= offset) return [entry];
      if (entry.type !== "token" || startOf(entry) >= offset) return [];
      return [{ ...entry, text: entry.text.slice(0, offset - startOf(entry)), offset }];
    });
    this.known = { ...foldAll(emptyTranscript, this.#kept), offset };
  }

  send(command: Command): void {
    this.client?.send(command);
  }
}

/** One conversation, and the people in it. */
class Play {
  readonly room = `room-${v7()}`;
  readonly people = Array.from({ length: readers }, () => new Reader());
  readonly witness = new Reader();
  readonly calls: ModelCall[] = [];
  readonly parlor: Parlor;
  isOver = false;
  #lastSay: { reader: number; command: Command } | undefined;

  constructor(parlor: Parlor) {
    this.parlor = parlor;
  }

  onCall(call: ModelCall): void {
    this.calls.push(call);
    if (this.isOver) call.finish();
  }

  async act(action: Action): Promise<void> {
    const person = "reader" in action ? (this.people[action.reader] as Reader) : undefined;
    const call = this.calls.at(-1);
    switch (action.do) {
      case "join":
        return person?.join(this.parlor, this.room);
      case "cut":
        return person?.cut();
      case "back":
        return person?.back(action.share);
      case "pause": {
        const socket = person?.client?.socket;
        return void (socket?.isPaused ? socket.resume() : socket?.pause());
      }
      case "say": {
        const { whenBusy, reply } = action;
        const command: Command = { type: "say", text: `${this.room} says`, id: v7(), whenBusy, reply };
        this.#lastSay = { reader: action.reader, command };
        return person?.send(command);
      }
      case "repeat":
        return void (this.#lastSay?.reader === action.reader && person?.send(this.#lastSay.command));
      case "cancel":
      case "regenerate":
      case "forget":
        return person?.send({ type: action.do });
      case "words":
        return call?.say(action.text);
      case "finish":
        return call?.finish();
      case "fail":
        return call?.end();
      case "tick":
        return new Promise(setImmediate);
    }
  }

  /** Lets everything come to its end, and everyone catch up. */
  async settle(): Promise<Entry[]> {
    this.isOver = true;
    for (const call of this.calls) call.finish();
    for (const person of this.people) {
      person.client?.socket.resume();
      if (person.client) await said(person.client);
    }
    const client = this.witness.client as Client;
    await said(client);
    const last = v7();
    client.send({ type: "say", text: `${this.room} ends`, id: last });
    const { run } = await client.next("start", ({ message }) => message === last);
    const { offset } = await client.next("end", (end) => end.run === run);
    for (const person of [...this.people, this.witness]) {
      await person.join(this.parlor, this.room);
      await (person.client as Client).reach(offset);
      person.take();
    }
    return this.parlor.store.forward({ conversation: this.room, offset: 0, budget: Infinity });
  }
}

/** A command has taken effect when a message that was said after it is there. */
async function said(client: Client): Promise<void> {
  const id = v7();
  client.send({ type: "say", text: "done", id, reply: false });
  await client.next("message", (message) => message.id === id);
}

/** So many schedules are played at the same time. */
const together = 20;

export type Played = { schedules: number; commands: number };

/**
 * Plays schedules, each in a conversation of its own; in the end every reader must have the transcript of the log.
 * @throws what fast-check found, with the seed and the smallest schedule that shows it
 */
export async function playSchedules({
  schedules,
  seed,
}: {
  schedules: number;
  seed: number;
}): Promise<Played> {
  const plays = new Map<string, Play>();
  const model = createScriptedModel({
    onCall: (call) =>
      plays.get(/room-[0-9a-f-]+/.exec(call.messages.at(-1)?.content ?? "")?.[0] ?? "")?.onCall(call),
  });
  const parlor = await startParlor({ model, limits: { commandsPerSecond: 0 } });
  let commands = 0;
  const several = fc.array(schedule, { minLength: together, maxLength: together });
  const property = fc.asyncProperty(several, async (all) => {
    commands += all.flat().length;
    await Promise.all(all.map((actions) => perform(new Play(parlor), { plays, actions })));
  });
  try {
    await fc.assert(property, { numRuns: schedules / together, seed, endOnFailure: true });
  } finally {
    await parlor.stop();
  }
  return { schedules, commands };
}

async function perform(
  play: Play,
  { plays, actions }: { plays: Map<string, Play>; actions: readonly Action[] },
): Promise<void> {
  plays.set(play.room, play);
  await play.witness.join(play.parlor, play.room);
  for (const action of actions) await play.act(action);
  const log = await play.settle();
  const expected = JSON.stringify(foldAll(emptyTranscript, log));
  const everyone = [...play.people, play.witness];
  const faults = [...gapsIn(log, 0), ...faultsIn(log), ...everyone.flatMap((person) => person.faults)];
  for (const person of everyone)
    if (JSON.stringify(person.known) !== expected)
      faults.push(`P3: ${JSON.stringify(person.known)} is not ${expected}`);
  for (const person of everyone) person.cut();
  plays.delete(play.room);
  if (faults.length > 0) throw new Error(faults.join("\n"));
}
