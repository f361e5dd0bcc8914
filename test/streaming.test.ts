// A talk over a socket: the welcome, the words as they are made, one end.
import { describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { WebSocket } from "ws";
import { ServerFrame } from "../shared/protocol.ts";
import { createScriptedModel } from "./support/scripted-model.ts";
import { parlorWithScript, parlorWithUpstream } from "./support/world.ts";

describe("streaming", () => {
  test("[P1] the welcome comes first, then the log from its offset, then live frames", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "Hello" });
    const call = await model.nextCall();
    call.say("Good", " day");
    call.finish();
    await client.next("end");
    expect(client.frames[0]).toMatchObject({ type: "welcome", resume: "new", offset: 0, head: 0 });
    expect(client.entries.map(({ type }) => type).filter((type) => type !== "token")).toEqual([
      "message",
      "start",
      "end",
    ]);
    expect(client.transcript().items).toMatchObject([
      { type: "message", text: "Hello" },
      { type: "answer", text: "Good day", reason: "stop" },
    ]);
  });

  test("the welcome says who answers, before anything is said, by the name that each start has", async () => {
    const { join } = await parlorWithScript({
      model: createScriptedModel({ onCall: (call) => call.finish() }),
    });
    const client = await join();
    expect(client.welcome.model).toBe("scripted");
    client.send({ type: "say", text: "Hello" });
    expect((await client.next("start")).model).toBe("scripted");
    const fromAnOlderServer = { ...client.welcome, model: undefined };
    expect(ServerFrame.safeParse(fromAnOlderServer).success).toBe(true);
  });

  test("[P2] each frame starts where the one before it ended", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "Hello" });
    const call = await model.nextCall();
    for (let index = 0; index < 50; index++) call.say(`word ${index} `);
    call.chunk({ text: "", reasoning: "hm" });
    call.finish();
    await client.next("end");
    let position = client.welcome.offset;
    for (const entry of client.entries) {
      position += entry.type === "token" ? entry.text.length : 1;
      expect(entry.offset).toBe(position);
    }
  });

  test("[R1] each start has exactly one end, and nothing of that run follows it", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "one" });
    client.send({ type: "say", text: "two" });
    const first = await model.nextCall();
    first.say("a");
    first.finish();
    first.say("late");
    first.finish();
    const second = await model.nextCall();
    first.say("later");
    second.say("b");
    second.finish();
    await client.next("end");
    await client.next("end");
    const runs = client.entries.map((entry) => `${entry.type} ${"run" in entry ? entry.run : ""}`);
    const starts = runs.filter((run) => run.startsWith("start"));
    expect(starts.length).toBe(2);
    for (const start of starts) {
      const run = start.slice("start ".length);
      expect(runs.filter((one) => one === `end ${run}`).length).toBe(1);
      expect(runs.findLastIndex((one) => one.endsWith(run))).toBe(runs.indexOf(`end ${run}`));
    }
  });

  test("the five lines of the README are a whole client", async () => {
    const { address, model } = await parlorWithScript();
    const ws = new WebSocket(address);
    let out = "";
    const ended = new Promise<void>((resolve) => {
      ws.onmessage = ({ data }) => {
        const frame = JSON.parse(data as string) as { type: string; text: string };
        if (frame.type === "token") out += frame.text;
        if (frame.type === "end") resolve();
      };
    });
    ws.onopen = () => ws.send(JSON.stringify({ type: "say", text: "Hello" }));
    const call = await model.nextCall();
    call.say("Hi", " there");
    call.finish();
    await ended;
    expect(out).toBe("Hi there");
    ws.close();
    await once(ws, "close");
  });

  test("every frame that the server sends fits the protocol", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join("room", { name: "Ada" });
    const other = await join("room", { name: "Bob" });
    client.send({ type: "say", text: "Hello" });
    const call = await model.nextCall();
    call.chunk({ text: "", reasoning: "thinking" });
    call.say("Hi");
    await client.words(2);
    other.send({ type: "typing", typing: true });
    other.send({ type: "cancel" });
    await client.next("end");
    client.send({ type: "history", before: 4 });
    client.send({ type: "ping", id: "p" });
    client.send({ type: "forget" });
    client.raw("nonsense");
    await client.next("rewind");
    await client.next("error");
    await client.next("presence");
    await client.next("typing");
    expect(new Set(client.frames.map(({ type }) => type)).size).toBe(11);
    for (const frame of client.frames) expect(ServerFrame.parse(frame)).toEqual(frame);
  });

  test("words and thoughts are told apart", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "Hello" });
    const call = await model.nextCall();
    call.chunk({ text: "", reasoning: "They greet me." });
    call.say("Hi");
    call.finish();
    await client.next("end");
    expect(client.transcript().items[1]).toMatchObject({ text: "Hi", reasoning: "They greet me." });
  });

  test("a surrogate pair is never split, whatever the upstream does; a lone half becomes U+FFFD", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "lone \uD800 half" });
    const call = await model.nextCall();
    call.say("a\uD83D");
    await client.words(1);
    call.say("\uDE00b", "\uD83D");
    call.finish();
    await client.next("end");
    for (const entry of client.entries)
      if (entry.type === "token") expect(entry.text.isWellFormed()).toBe(true);
    expect(client.transcript().items).toMatchObject([{ text: "lone \uFFFD half" }, { text: "a😀b\uFFFD" }]);
  });

  test("[R3] a run whose provider filters it ends so, and its words are not shown to the model again", async () => {
    const { join, model } = await parlorWithScript();
    const client = await join();
    client.send({ type: "say", text: "one" });
    const call = await model.nextCall();
    call.say("secret words");
    call.finish("content_filter");
    expect(await client.next("end")).toMatchObject({ reason: "content_filter" });
    client.send({ type: "say", text: "two" });
    const { messages } = await model.nextCall();
    expect(JSON.stringify(messages)).not.toContain("secret words");
    expect(messages.map(({ content }) => content)).toEqual(["Be brief.", "one", "two"]);
  });

  test("the same over the real OpenAI client and a real HTTP stream, with its usage", async () => {
    const { join, upstream } = await parlorWithUpstream();
    const client = await join();
    client.send({ type: "say", text: "Hello" });
    const request = await upstream.next();
    expect(request.path).toBe("/v1/chat/completions");
    expect(request.headers.authorization).toBe("Bearer sk-secret-of-tests");
    expect(request.body).toMatchObject({
      model: "test-model",
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
      ],
    });
    request.say("Good", " day");
    request.finish();
    expect(await client.next("end")).toMatchObject({ reason: "stop", usage: { input: 11, output: 7 } });
    expect(client.transcript().items[1]).toMatchObject({ text: "Good day", model: "openai:test-model" });
  });
});
