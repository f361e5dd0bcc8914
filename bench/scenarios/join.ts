// Joining a conversation of 100,000 entries, beside an empty one.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";
import type { ServerFrame } from "../../shared/protocol.ts";
import { quantile } from "../stage.ts";
import { writeLong } from "./long-conversation.ts";
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

async function play(round: Round): Promise<Figures> {
  const [long, empty]: [number[], number[]] = [[], []];
  for (let count = 0; count < uncounted + (round.isQuick ? quickJoins : joins); count++) {
    const [ofLong, ofEmpty] = [await join(round, "long"), await join(round, randomUUID())];
    if (count < uncounted) continue;
    long.push(ofLong);
    empty.push(ofEmpty);
  }
  const [p50, ofEmpty] = [quantile(long, 0.5), quantile(empty, 0.5)];
  return { empty: ofEmpty, p50, p99: quantile(long, 0.99), ratio: p50 / ofEmpty };
}

export const joining = {
  join: {
    title: "joining a conversation of 100,000 entries, read to its end",
    figures: { p50: "p50, ms", p99: "p99, ms", empty: "an empty one, p50, ms", ratio: "of that" },
    contestants: ["sqlite"],
    words: [1],
    prepare: (folder) => writeLong(`${folder}/parlor.db`, "long", { exchanges: 25_000, chars: 40 }),
    play,
  } satisfies Scenario,
};
