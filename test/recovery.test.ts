// After a crash: what was open is ended before anyone reads, and no model is asked because of it.
import { describe, expect, test } from "@jest/globals";
import { place } from "../server/log/entry.ts";
import { createMemoryStore } from "../server/log/memory.ts";
import type { Store } from "../server/log/store.ts";
import type { Draft } from "../shared/protocol.ts";
import { createGatedStore } from "./support/gated-store.ts";
import { parlorWithScript } from "./support/world.ts";

const author = { id: "ada", name: "Ada" };
const time = "2026-01-01T00:00:00.000Z";
const message = (id: string, reply = true): Draft => ({ type: "message", id, author, text: id, time, reply });
const start = (run: string, of: string): Draft => ({ type: "start", run, message: of, model: "test", time });
const token = (run: string, text: string): Draft => ({ type: "token", run, text });
const end = (run: string, reason: "stop" | "cancelled" = "stop"): Draft => ({
  type: "end",
  run,
  reason,
  time,
});

/** A store as a process left it that died in the middle. */
async function storeWith(...drafts: Draft[]): Promise<Store> {
  const store = createMemoryStore();
  const { term, head } = await store.claim("room");
  await store.append([{ conversation: "room", term, head, entries: place(drafts, head) }]);
  return store;
}

describe("recovery", () => {
  test("[R6] a run found without end gets end {interrupted} before anyone reads it", async () => {
    const store = await storeWith(message("a"), start("r", "a"), token("r", "half a"));
    const { join, model } = await parlorWithScript({ store });
    const client = await join("room");
    expect(client.welcome.head).toBe(9);
    expect(await client.next("end")).toMatchObject({ run: "r", reason: "interrupted" });
    expect(client.transcript().items[1]).toMatchObject({ text: "half a", reason: "interrupted" });
    expect(model.calls.length).toBe(0);
  });

  test("[R6] a message still waiting for its run gets start and end {interrupted}, and nothing is sent to a model", async () => {
    const store = await storeWith(
      message("a"),
      start("r", "a"),
      message("b"),
      message("remark", false),
      message("c"),
      start("s", "c"),
      end("s", "cancelled"),
      token("r", "words"),
    );
    const { join, model } = await parlorWithScript({ store });
    const client = await join("room");
    await client.reach(client.welcome.head);
    const answers = client.transcript().items.filter((item) => item.type === "answer");
    expect(answers.map((answer) => [answer.message, answer.reason])).toEqual([
      ["a", "interrupted"],
      ["c", "cancelled"],
      ["b", "interrupted"],
    ]);
    expect(model.calls.length).toBe(0);
  });

  test("[R6] it is done once: another opening finds nothing to end", async () => {
    const store = await storeWith(message("a"), start("r", "a"));
    const first = await parlorWithScript({ store });
    const head = (await first.join("room")).welcome.head;
    await first.stop();
    const second = await parlorWithScript({ store });
    expect((await second.join("room")).welcome.head).toBe(head);
  });

  test("[R6] what was finished is left alone, and a recovered answer can be asked for again", async () => {
    const store = await storeWith(message("a"), start("r", "a"), token("r", "x"), end("r"), message("b"));
    const { join, model } = await parlorWithScript({ store });
    const client = await join("room");
    await client.next("end", ({ run }) => run !== "r");
    client.send({ type: "regenerate" });
    const call = await model.nextCall();
    expect(call.messages.map(({ content }) => content)).toEqual(["Be brief.", "a", "x", "b"]);
    call.say("answered");
    call.finish();
    await client.next("end", ({ run, reason }) => run !== "r" && reason === "stop");
    expect(client.transcript().items.map((item) => item.text)).toEqual(["a", "x", "b", "answered"]);
  });

  test("[R6] a store that fails: nobody is told what is not in it, and whoever comes back finds what is", async () => {
    const store = createGatedStore();
    const { join, model } = await parlorWithScript({ store });
    const client = await join("room");
    client.send({ type: "say", text: "Hello" });
    (await store.next()).let();
    const call = await model.nextCall();
    call.say("never stored");
    (await store.next()).fail(new Error("disk full"));
    expect(await client.closed).toEqual({ code: 4001 });
    store.open();
    const again = await join("room");
    expect(await again.next("end")).toMatchObject({ reason: "interrupted" });
    expect(JSON.stringify([client.frames, again.frames])).not.toContain("never stored");
    again.send({ type: "say", text: "Once more" });
    (await model.nextCall()).finish();
    expect(await again.next("end")).toMatchObject({ reason: "stop" });
  });

  test.each([
    ["that wants an answer", true],
    ["for the people", false],
  ])(
    "a message %s that the store did not take is refused as storage_unavailable, is not there, and no model was asked",
    async (_, reply) => {
      const store = createGatedStore();
      const { join, model } = await parlorWithScript({ store });
      const client = await join("room");
      client.send({ type: "say", text: "Hello", reply });
      (await store.next()).fail(new Error("disk full"));
      expect(await client.next("error")).toMatchObject({ code: "storage_unavailable", ref: "say" });
      await client.closed;
      store.open();
      expect((await join("room")).welcome.head).toBe(0);
      expect(model.calls.length).toBe(0);
    },
  );
});
