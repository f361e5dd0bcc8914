// Many cancels at random moments, over real HTTP: not one token after an end, and not one upstream left open.
import { expect, test } from "@jest/globals";
import type { UpstreamRequest } from "./support/upstream.ts";
import type { Client } from "./support/client.ts";
import { parlorWithUpstream } from "./support/world.ts";

const seed = 20261122;
const runs = 50;
const cancels = 1_000;

/** A small generator of numbers from 0 to 1 (mulberry32), so that a failure can be seen again. */
function random(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Words without end, until the connection is gone. */
function talk(request: UpstreamRequest): void {
  let isOpen = true;
  void request.closed.then(() => (isOpen = false));
  const speak = (): void => {
    if (!isOpen) return;
    request.say("word ");
    setImmediate(speak);
  };
  speak();
}

test(`[R2][R1] ${cancels} cancels at random points among ${runs} concurrent runs: 0 tokens after the end`, async () => {
  const { join, upstream } = await parlorWithUpstream({ onRequest: talk, limits: { commandsPerSecond: 0 } });
  const dice = random(seed);
  const clients = await Promise.all(Array.from({ length: runs }, () => join()));

  async function cancelOnce(client: Client): Promise<void> {
    const before = client.entries.length;
    client.send({ type: "say", text: "Talk" });
    const wanted = Math.floor(dice() * 12); // entries of this run to see first; 0 = cancel blindly
    const { offset } = await client.next("message");
    if (wanted > 0) await client.reach(offset + 1 + 5 * (wanted - 1));
    client.send({ type: "cancel" });
    await client.next("end");
    expect(client.entries.length).toBeGreaterThan(before);
  }

  await Promise.all(
    clients.map(async (client) => {
      for (let index = 0; index < cancels / runs; index++) await cancelOnce(client);
      client.send({ type: "ping" });
      await client.next("pong");
    }),
  );

  let late = 0;
  let ends = 0;
  for (const { entries } of clients) {
    const ended = new Set<string>();
    for (const entry of entries) {
      if ("run" in entry && ended.has(entry.run)) late += 1;
      if (entry.type !== "end") continue;
      ended.add(entry.run);
      ends += 1;
      expect(entry.reason).toBe("cancelled");
    }
  }
  await Promise.all(upstream.requests.map(({ closed }) => closed));
  expect({ seed, late, ends }).toEqual({ seed, late: 0, ends: cancels });
});
