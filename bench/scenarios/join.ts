// Joining a conversation of 100,000 entries, beside an empty one, and beside one in which nobody was since the start.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";
import type { ServerFrame } from "../../shared/protocol.ts";
import { quantile } from "../stage.ts";
import { writeLong, type Length } from "./long-conversation.ts";
import { now, type Figures, type Round, type Scenario } from "./scenario.ts";

const joins = 100;
const quickJoins = 30;
/** They warm the server up. */
const uncounted = 20;

/** Until all that there was is read. Who leaves leaves it empty, so the next one opens the conversation anew. */
async function join({ stage }: Round, conversation: string): Promise<number> {
  const begun = now();
  const socket = new WebSocket(`${stage.address.replace("http", "ws")}/ws/${conversation}`);
  const read = Promise.withResolvers<number>();
  let head = Infinity;
  socket.on("message", (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as ServerFrame;
    if (frame.type === "welcome") head = frame.head;
    if ("offset" in frame && frame.offset >= head) read.resolve(now() - begun);
  });
  const taken = await read.promise;
  socket.close();
  await once(socket, "close");
  await wait(5);
  return taken;
}

const chars = 40;

/** Nobody reads more of a conversation than its end, so those that are joined once need not be as long. */
const colds = Array.from({ length: uncounted + joins }, (_, index) => [
  `cold-${index}`,
  { exchanges: 200, chars },
]);
const lengths = {
  long: { exchanges: 25_000, chars },
  ...(Object.fromEntries(colds) as Record<string, Length>),
};

type Three = [number, number, number];

async function play(round: Round): Promise<Figures> {
  const [long, empty, cold]: [number[], number[], number[]] = [[], [], []];
  for (let count = 0; count < uncounted + (round.isQuick ? quickJoins : joins); count++) {
    const ofLong = await join(round, "long");
    const ofEmpty = await join(round, randomUUID());
    const ofCold = await join(round, `cold-${count}`);
    if (count < uncounted) continue;
    long.push(ofLong);
    empty.push(ofEmpty);
    cold.push(ofCold);
  }
  const [p50, ofEmpty, fromStore] = [long, empty, cold].map((times) => quantile(times, 0.5)) as Three;
  const [ratio, coldRatio] = [p50 / ofEmpty, fromStore / ofEmpty];
  return { empty: ofEmpty, p50, p99: quantile(long, 0.99), ratio, cold: fromStore, coldRatio };
}

export const joining = {
  join: {
    title: "joining a conversation of 100,000 entries, read to its end",
    figures: {
      empty: "an empty one, p50, ms",
      p50: "p50, ms",
      p99: "p99, ms",
      ratio: "× of an empty one",
      cold: "the first to join since the start, p50, ms",
      coldRatio: "× of an empty one, the first",
    },
    contestants: ["sqlite"],
    words: [1],
    prepare: (folder) => writeLong(`${folder}/parlor.db`, lengths),
    play,
  } satisfies Scenario,
};
