// Runs that nobody watches: a closed socket cancels nothing, but they do not go on for ever.
import { describe, expect, test } from "@jest/globals";
import { createMemoryStore } from "../server/log/memory.ts";
import type { Entry } from "../shared/protocol.ts";
import { parlorWithScript, parlorWithUpstream } from "./support/world.ts";

describe("nobody is watching", () => {
  test("[R5] a closed socket cancels nothing: the run goes on, and whoever comes back finds the answer", async () => {
    const { join, upstream } = await parlorWithUpstream();
    const client = await join("room");
    client.send({ type: "say", text: "Hello" });
    const request = await upstream.next();
    request.say("one ");
    await client.words(4);
    client.socket.terminate();
    await client.closed;
    request.say("two");
    request.finish();
    const again = await join("room");
    expect(await again.next("end")).toMatchObject({ reason: "stop" });
    expect(again.transcript().items[1]).toMatchObject({ text: "one two" });
  });

  test("[R5] a say whose socket closes at once is still answered", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join("room");
    client.send({ type: "say", text: "Hello" });
    client.socket.close();
    (await model.nextCall()).finish();
    const again = await join("room");
    expect(await again.next("end")).toMatchObject({ reason: "stop" });
  });

  test("[R5] a run nobody is watching for abandonedRunMs is cancelled, by nobody, and its queue with it", async () => {
    const store = createMemoryStore();
    const { join, upstream } = await parlorWithUpstream({ abandonedRunMs: 30, store });
    const client = await join("room");
    const ended = Promise.withResolvers<Entry[]>();
    const entries: Entry[] = [];
    store.follow("room", (added) => {
      entries.push(...added);
      const ends = entries.filter(({ type }) => type === "end");
      if (ends.length === 2) ended.resolve(ends);
    });
    client.send({ type: "say", text: "one" });
    client.send({ type: "say", text: "two" });
    const request = await upstream.next();
    await client.next("message", ({ text }) => text === "two");
    await client.close();
    for (const end of await ended.promise) {
      expect(end).toMatchObject({ reason: "cancelled" });
      expect(end).not.toHaveProperty("by");
    }
    await request.closed;
    expect(upstream.requests.length).toBe(1);
  });

  test("[R5] who comes back in time keeps it alive; 0 means never", async () => {
    const { join, model } = await parlorWithScript({ abandonedRunMs: 0 });
    const client = await join("room");
    client.send({ type: "say", text: "one" });
    const call = await model.nextCall();
    await client.close();
    const again = await join("room");
    call.say("still here");
    call.finish();
    expect(await again.next("end")).toMatchObject({ reason: "stop" });
  });
});
