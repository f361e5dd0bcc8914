// Stop: mid-word, while queued, before the first word, while waiting to try again, and against models that go on.
import { describe, expect, test } from "@jest/globals";
import { v7 } from "uuid";
import { createScriptedModel } from "./support/scripted-model.ts";
import { parlorWithScript, parlorWithUpstream } from "./support/world.ts";

describe("cancel", () => {
  test("[R2] after a cancel no token follows, the end comes at once, and the upstream request is aborted", async () => {
    const { join, upstream } = await parlorWithUpstream();
    const client = await join();
    client.send({ type: "say", text: "Hello" });
    const request = await upstream.next();
    request.say("one", " two");
    await client.words(7);
    client.send({ type: "cancel" });
    const end = await client.next("end");
    await request.closed;
    expect(end).toMatchObject({ reason: "cancelled", by: { id: client.welcome.me.id } });
    expect(end.usage?.estimated).toBe(true);
    expect(client.entries.at(-1)).toBe(end);
  });

  test("[R3] a cancelled run keeps the words it already said, and so does the model, marked as cut off", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "Count" });
    (await model.nextCall()).say("one two");
    await client.words(7);
    client.send({ type: "cancel" });
    await client.next("end");
    expect(client.transcript().items).toMatchObject([
      { text: "Count" },
      { text: "one two", reason: "cancelled" },
    ]);
    client.send({ type: "say", text: "Go on" });
    const { messages } = await model.nextCall();
    expect(messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
    expect(messages[2]?.content).toMatch(/^one two\n\n\[.*cut off.*\]$/);
  });

  test.each(["interrupted", "error"])(
    "[R3] the words before an end of reason %s stay too",
    async (reason) => {
      const { join, upstream } = await parlorWithUpstream();
      const client = await join();
      client.send({ type: "say", text: "Count" });
      const request = await upstream.next();
      request.say("one two");
      await client.words(7);
      if (reason === "error") request.event({ error: { message: "sorry", code: 500 } });
      request.end();
      expect(await client.next("end")).toMatchObject({ reason });
      expect(client.transcript().items).toMatchObject([{ text: "Count" }, { text: "one two", reason }]);
    },
  );

  test("[R2] before the first token: the run ends without words, and the upstream is let go", async () => {
    const { join, upstream } = await parlorWithUpstream();
    const client = await join();
    client.send({ type: "say", text: "Hello" });
    const request = await upstream.next();
    client.send({ type: "cancel" });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    await request.closed;
    expect(client.entries.map(({ type }) => type)).toEqual(["message", "start", "end"]);
  });

  test("[R2] right behind the say, before the run has a name: it is found all the same", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "Hello" });
    client.send({ type: "cancel" });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    expect(client.entries.map(({ type }) => type)).toEqual(["message", "start", "end"]);
    expect(model.calls.length).toBe(0);
  });

  test("[R2] during the wait that Retry-After asks for: at once, and no second request", async () => {
    const { join, upstream } = await parlorWithUpstream();
    const client = await join();
    client.send({ type: "say", text: "Hello" });
    const request = await upstream.next();
    request.answer(429, '{"error":{}}', { "content-type": "application/json", "retry-after": "15" });
    await request.closed;
    client.send({ type: "cancel" });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    expect(upstream.requests.length).toBe(1);
  });

  test("[R2][R3] while queued: start and end with no words between, at once, and the active run goes on", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "one" });
    const first = await model.nextCall();
    const queued = v7();
    client.send({ type: "say", text: "two", id: queued });
    await client.next("message", ({ id }) => id === queued);
    client.send({ type: "cancel", message: queued });
    const end = await client.next("end");
    const start = await client.next("start", ({ run }) => run === end.run);
    expect([start.message, end.reason]).toEqual([queued, "cancelled"]);
    expect(start.offset + 1).toBe(end.offset);
    first.say("still here");
    first.finish();
    expect(await client.next("end")).toMatchObject({ reason: "stop" });
    expect(model.calls.length).toBe(1);
  });

  test("[R4] queued messages survive a cancel of the active run, and run in order", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    for (const text of ["one", "two", "three"]) client.send({ type: "say", text });
    await model.nextCall();
    client.send({ type: "cancel" });
    await client.next("end");
    for (const text of ["two", "three"]) {
      const call = await model.nextCall();
      expect(call.messages.at(-1)?.content).toBe(text);
      call.finish();
      await client.next("end", ({ reason }) => reason === "stop");
    }
    expect(model.calls.length).toBe(3);
  });

  test("[R2] a model that ignores its signal cannot add a word after the end", async () => {
    const model = createScriptedModel({ ignoresSignal: true });
    const { join } = await parlorWithScript({ model });
    const client = await join();
    client.send({ type: "say", text: "one" });
    const call = await model.nextCall();
    call.say("word");
    await client.words(4);
    client.send({ type: "cancel" });
    const end = await client.next("end");
    call.say(" late", " later");
    call.finish();
    client.send({ type: "ping" });
    await client.next("pong");
    expect(client.entries.at(-1)).toBe(end);
  });

  test("[R2] say, cancel, say, cancel in one breath: both are cancelled, and no model is asked", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    for (const text of ["one", "two"]) {
      client.send({ type: "say", text });
      client.send({ type: "cancel" });
    }
    for (let index = 0; index < 2; index++)
      expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    expect(model.calls.length).toBe(0);
  });

  test("[R2] right behind an edit or a regenerate: the run that they begin is found", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "one" });
    (await model.nextCall()).finish();
    await client.next("end");
    client.send({ type: "regenerate" });
    client.send({ type: "cancel" });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    const message = (await client.next("message")).id;
    client.send({ type: "edit", message, text: "uno" });
    client.send({ type: "cancel" });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    expect(model.calls.length).toBe(1);
    expect(client.transcript().items).toMatchObject([{ text: "uno" }, { reason: "cancelled" }]);
  });

  test("a cancel of an ended run is ignored, of an unknown one it is answered", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "one" });
    (await model.nextCall()).finish();
    const { run } = await client.next("end");
    client.send({ type: "cancel", run });
    client.send({ type: "cancel" });
    client.send({ type: "cancel", run: "no-such-run" });
    client.send({ type: "cancel", message: "no-such-message" });
    expect(await client.next("error")).toMatchObject({ code: "unknown_run", ref: "cancel" });
    expect(await client.next("error")).toMatchObject({ code: "unknown_message", ref: "cancel" });
  });

  test("anyone in the room stops it, and everyone sees who did", async () => {
    const { join, model } = await parlorWithScript();
    const [ada, bob] = [await join("room", { name: "Ada" }), await join("room", { name: "Bob" })];
    ada.send({ type: "say", text: "Hello" });
    (await model.nextCall()).say("word");
    const { run } = await bob.next("token");
    bob.send({ type: "cancel", run });
    const [seenByAda, seenByBob] = [await ada.next("end"), await bob.next("end")];
    expect(seenByAda).toEqual(seenByBob);
    expect(seenByAda.by).toEqual({ id: bob.welcome.me.id, name: "Bob" });
  });
});
