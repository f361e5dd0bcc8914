// Whose turn it is: the queue, repeats, and the commands that change what was said.
import { describe, expect, test } from "@jest/globals";
import { v7 } from "uuid";
import type { Client } from "./support/client.ts";
import { parlorWithScript } from "./support/world.ts";

type Parlor = Awaited<ReturnType<typeof parlorWithScript>>;

/** Says something, has it answered, and gives the message's id and the run. */
async function talk({ model }: Parlor, client: Client, text: string) {
  client.send({ type: "say", text });
  const call = await model.nextCall();
  call.say(`answer to ${text}`);
  call.finish();
  const { run } = await client.next("end");
  const { message } = await client.next("start", (start) => start.run === run);
  return { message, run, shown: call.messages };
}

const visible = (client: Client): string[] => client.transcript().items.map(({ text }) => text);

describe("turns", () => {
  test("[R4] one run at a time, queued messages in order", async () => {
    const { join, model } = await parlorWithScript();
    const [ada, bob] = [await join("room"), await join("room")];
    ada.send({ type: "say", text: "one" });
    const first = await model.nextCall();
    ada.send({ type: "say", text: "two" });
    await bob.next("message", ({ text }) => text === "two");
    bob.send({ type: "say", text: "three" });
    await bob.next("message", ({ text }) => text === "three");
    expect(model.calls.length).toBe(1);
    first.finish();
    for (const text of ["two", "three"]) {
      const call = await model.nextCall();
      expect(call.messages.at(-1)?.content).toContain(text);
      call.finish();
    }
    for (let index = 0; index < 3; index++) await ada.next("end");
    const order = ada.entries.map(({ type }) => type).filter((type) => type !== "message");
    expect(order).toEqual(["start", "end", "start", "end", "start", "end"]);
  });

  test("[P5] a repeated id makes one entry and one run, however often, and the repeat is told so", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join("room");
    const id = v7();
    for (let index = 0; index < 5; index++) client.send({ type: "say", text: "Hello", id });
    for (let index = 0; index < 4; index++)
      expect(await client.next("error")).toMatchObject({ code: "duplicate", ref: id });
    (await model.nextCall()).finish();
    await client.next("end");
    const again = await join("room", { key: client.welcome.me.key });
    again.send({ type: "say", text: "Hello", id, whenBusy: "interrupt" });
    expect(await again.next("error")).toMatchObject({ code: "duplicate", ref: id });
    expect(client.entries.map(({ type }) => type)).toEqual(["message", "start", "end"]);
    expect(model.calls.length).toBe(1);
  });

  test("[P5] a repeat that would interrupt, or be rejected, does neither", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    const id = v7();
    client.send({ type: "say", text: "Hello", id });
    const call = await model.nextCall();
    client.send({ type: "say", text: "Hello", id, whenBusy: "interrupt" });
    client.send({ type: "say", text: "Hello", id, whenBusy: "reject" });
    expect(await client.next("error")).toMatchObject({ code: "duplicate" });
    expect(await client.next("error")).toMatchObject({ code: "duplicate" });
    call.finish();
    expect(await client.next("end")).toMatchObject({ reason: "stop" });
  });

  test("[P5] another member's id is taken, and not taken for a repeat", async () => {
    const { join, model } = await parlorWithScript();
    const [ada, bob] = [await join("room"), await join("room")];
    const id = v7();
    ada.send({ type: "say", text: "Hello", id });
    (await model.nextCall()).finish();
    await bob.next("end");
    bob.send({ type: "say", text: "Mine", id });
    expect(await bob.next("error")).toMatchObject({ code: "id_taken", ref: id });
  });

  test("whenBusy reject: refused while a run is active, taken when none is", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "one" });
    const call = await model.nextCall();
    const id = v7();
    client.send({ type: "say", text: "two", id, whenBusy: "reject" });
    expect(await client.next("error")).toMatchObject({ code: "busy", ref: id });
    call.finish();
    await client.next("end");
    client.send({ type: "say", text: "two", id, whenBusy: "reject" });
    (await model.nextCall()).finish();
    await client.next("end");
    expect(visible(client)).toEqual(["one", "", "two", ""]);
  });

  test("whenBusy interrupt: the active run is stopped, the new message is answered", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "one" });
    (await model.nextCall()).say("long story");
    await client.words(10);
    client.send({ type: "say", text: "wait", whenBusy: "interrupt" });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled", by: { id: client.welcome.me.id } });
    const call = await model.nextCall();
    expect(call.messages.at(-1)?.content).toBe("wait");
    call.finish();
    expect(await client.next("end")).toMatchObject({ reason: "stop" });
  });

  test("too many queued messages are refused as busy, and the others still run", async () => {
    const { join, model } = await parlorWithScript({ limits: { queuedMessages: 2 } });
    const client = await join();
    for (const text of ["one", "two", "three", "four"]) client.send({ type: "say", text });
    expect(await client.next("error")).toMatchObject({ code: "busy" });
    for (let index = 0; index < 3; index++) {
      (await model.nextCall()).finish();
      await client.next("end");
    }
    expect(model.calls.length).toBe(3);
  });

  test("a process that has all the runs it takes says overloaded, and when to come again", async () => {
    const { join, model } = await parlorWithScript({ limits: { activeRuns: 1 } });
    const [ada, bob] = [await join(), await join()];
    ada.send({ type: "say", text: "one" });
    const call = await model.nextCall();
    bob.send({ type: "say", text: "two" });
    expect(await bob.next("error")).toMatchObject({ code: "overloaded", retryAfterMs: 1_000 });
    call.finish();
    await ada.next("end");
    bob.send({ type: "say", text: "two" });
    (await model.nextCall()).finish();
    await bob.next("end");
  });

  test("a message without reply is for the people, and the next run sees it", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "Only a remark", reply: false });
    expect(await client.next("message")).toMatchObject({ reply: false });
    client.send({ type: "say", text: "And a question" });
    const { messages } = await model.nextCall();
    expect(messages.map(({ content }) => content)).toEqual(["Be brief.", "Only a remark", "And a question"]);
    expect(model.calls.length).toBe(1);
  });

  test("[R7] a run is shown the messages up to the one it answers, each followed by its answer, none said later", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    for (const text of ["one", "two", "three"]) client.send({ type: "say", text });
    await client.next("message", ({ text }) => text === "three");
    const shown: string[][] = [];
    for (const text of ["1", "2", "3"]) {
      const call = await model.nextCall();
      shown.push(call.messages.slice(1).map(({ content }) => content));
      call.say(text);
      call.finish();
      await client.next("end");
    }
    expect(shown).toEqual([["one"], ["one", "1", "two"], ["one", "1", "two", "2", "three"]]);
  });

  test("regenerate rewinds to the latest answer and answers the same message again", async () => {
    const parlor = await parlorWithScript();
    const client = await parlor.join();
    await talk(parlor, client, "one");
    const { message, run } = await talk(parlor, client, "two");
    client.send({ type: "regenerate" });
    expect(await client.next("rewind")).toMatchObject({ to: run, by: { id: client.welcome.me.id } });
    expect(await client.next("start")).toMatchObject({ message });
    const call = await parlor.model.nextCall();
    expect(call.messages.map(({ content }) => content)).toEqual(["Be brief.", "one", "answer to one", "two"]);
    call.say("better");
    call.finish();
    await client.next("end");
    expect(visible(client)).toEqual(["one", "answer to one", "two", "better"]);
  });

  test("regenerate with a name goes back to that answer; what came after it leaves", async () => {
    const parlor = await parlorWithScript();
    const client = await parlor.join();
    const first = await talk(parlor, client, "one");
    const second = await talk(parlor, client, "two");
    client.send({ type: "regenerate", run: first.run });
    const call = await parlor.model.nextCall();
    expect(call.messages.map(({ content }) => content)).toEqual(["Be brief.", "one"]);
    call.say("anew");
    call.finish();
    await client.next("end");
    expect(visible(client)).toEqual(["one", "anew"]);
    client.send({ type: "regenerate", run: second.run });
    expect(await client.next("error")).toMatchObject({ code: "unknown_run", ref: "regenerate" });
  });

  test("regenerate in the middle of an answer stops it first; the queue goes too", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "one" });
    (await model.nextCall()).say("half");
    await client.words(4);
    client.send({ type: "say", text: "two" });
    await client.next("message", ({ text }) => text === "two");
    client.send({ type: "regenerate" });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
    const call = await model.nextCall();
    call.say("whole");
    call.finish();
    await client.next("end");
    expect(visible(client)).toEqual(["one", "whole"]);
  });

  test("regenerate without any answer, or of an unknown one, is refused", async () => {
    const { join } = await parlorWithScript();
    const client = await join();
    client.send({ type: "regenerate" });
    client.send({ type: "regenerate", run: "none" });
    expect(await client.next("error")).toMatchObject({ code: "unknown_run" });
    expect(await client.next("error")).toMatchObject({ code: "unknown_run" });
  });

  test("edit rewinds to the message and says this instead", async () => {
    const parlor = await parlorWithScript();
    const client = await parlor.join();
    const { message } = await talk(parlor, client, "one");
    await talk(parlor, client, "two");
    client.send({ type: "edit", message, text: "uno" });
    expect(await client.next("rewind")).toMatchObject({ to: message });
    const call = await parlor.model.nextCall();
    expect(call.messages.map(({ content }) => content)).toEqual(["Be brief.", "uno"]);
    call.finish();
    await client.next("end");
    expect(visible(client)).toEqual(["uno", ""]);
  });

  test("edit is for the author, of a message that is there, and within the limits", async () => {
    const parlor = await parlorWithScript({ limits: { textChars: 100 } });
    const [ada, bob] = [await parlor.join("room"), await parlor.join("room")];
    const { message } = await talk(parlor, ada, "one");
    bob.send({ type: "edit", message, text: "hacked" });
    expect(await bob.next("error")).toMatchObject({ code: "not_author", ref: "edit" });
    ada.send({ type: "edit", message: "none", text: "x" });
    expect(await ada.next("error")).toMatchObject({ code: "unknown_message" });
    ada.send({ type: "edit", message, text: "x".repeat(101) });
    expect(await ada.next("error")).toMatchObject({ code: "too_large" });
    ada.send({ type: "forget" });
    await ada.next("rewind");
    ada.send({ type: "edit", message, text: "back" });
    expect(await ada.next("error")).toMatchObject({ code: "unknown_message" });
  });

  test("forget empties the memory, for everyone and for the model", async () => {
    const parlor = await parlorWithScript();
    const [ada, bob] = [await parlor.join("room"), await parlor.join("room")];
    await talk(parlor, ada, "my name is Ada");
    ada.send({ type: "say", text: "active" });
    await parlor.model.nextCall();
    ada.send({ type: "forget" });
    expect(await bob.next("rewind")).toMatchObject({ by: { id: ada.welcome.me.id } });
    expect(visible(bob)).toEqual([]);
    const { shown } = await talk(parlor, ada, "who am I?");
    expect(shown.map(({ content }) => content)).toEqual(["Be brief.", "who am I?"]);
  });

  test("commands take effect in the order in which they are sent", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "gone", reply: false });
    client.send({ type: "forget" });
    client.send({ type: "say", text: "stays" });
    const { messages } = await model.nextCall();
    expect(messages.map(({ content }) => content)).toEqual(["Be brief.", "stays"]);
    await client.next("start");
    expect(visible(client)).toEqual(["stays", ""]);
  });
});
