// Draining: what is active gets a while, what is not is ended, and everyone is sent to come again.
import { describe, expect, test } from "@jest/globals";
import { v7 } from "uuid";
import { createGatedStore } from "./support/gated-store.ts";
import { parlorWithScript } from "./support/world.ts";

describe("draining", () => {
  test("[R6] when the time is over, the active run ends interrupted, with its words kept", async () => {
    const { join, model, stop } = await parlorWithScript();
    const client = await join("room");
    client.send({ type: "say", text: "one" });
    const call = await model.nextCall();
    call.say("half");
    await client.words(4);
    await stop(10);
    expect(await client.next("end")).toMatchObject({
      reason: "interrupted",
      error: { code: "server_stopped" },
    });
    expect(await client.closed).toEqual({ code: 1012 });
    expect(call.signal?.aborted).toBe(true);
    expect(client.transcript().items[1]).toMatchObject({ text: "half" });
  });

  test("what waits in the queue is ended at once, and never sent to a model", async () => {
    const { join, model, stop } = await parlorWithScript();
    const client = await join("room");
    client.send({ type: "say", text: "one" });
    const call = await model.nextCall();
    client.send({ type: "say", text: "two" });
    await client.next("message", ({ text }) => text === "two");
    const stopped = stop(60_000);
    expect(await client.next("end")).toMatchObject({ reason: "interrupted" });
    call.finish();
    expect(await client.next("end")).toMatchObject({ reason: "stop" });
    await stopped;
    expect(await client.closed).toEqual({ code: 1012 });
    expect(model.calls.length).toBe(1);
  });

  test("a run whose question is being stored when it begins has its grace like any other, and its model is asked only then", async () => {
    const store = createGatedStore();
    const { join, model, stop } = await parlorWithScript({ store });
    const client = await join("room");
    client.send({ type: "say", text: "one", id: v7() });
    const storing = await store.next();
    const stopped = stop(60_000);
    client.send({ type: "ping" });
    await client.next("pong");
    expect(model.calls.length).toBe(0);
    storing.let();
    store.open();
    (await model.nextCall()).finish();
    expect(await client.next("end")).toMatchObject({ reason: "stop" });
    await stopped;
  });

  test("[P5] a repeat is told that it is one, and not that the server stops", async () => {
    const { join, model, stop } = await parlorWithScript();
    const client = await join("room");
    const id = v7();
    client.send({ type: "say", text: "one", id });
    const call = await model.nextCall();
    const stopped = stop(60_000);
    client.send({ type: "say", text: "one", id });
    client.send({ type: "say", text: "two" });
    expect(await client.next("error")).toMatchObject({ code: "duplicate", ref: id });
    expect(await client.next("error")).toMatchObject({ code: "draining", ref: "say" });
    call.finish();
    await stopped;
  });

  test("with nothing to do it stops at once", async () => {
    const { join, stop } = await parlorWithScript();
    const client = await join();
    await stop(60_000);
    expect(await client.closed).toEqual({ code: 1012 });
  });
});
