// Several people, several conversations: who is here, who said what, and nothing across the walls.
import { describe, expect, test } from "@jest/globals";
import { parlorWithScript, parlorWithUpstream } from "./support/world.ts";

describe("rooms", () => {
  test("everyone in the room sees the same thing", async () => {
    const { join, model } = await parlorWithScript();
    const readers = await Promise.all(["Ada", "Bob", "Cyd"].map((name) => join("room", { name })));
    readers[0]?.send({ type: "say", text: "Hello" });
    const call = await model.nextCall();
    call.say("Hi", " all");
    call.finish();
    await Promise.all(readers.map((reader) => reader.next("end")));
    const [first, ...others] = readers.map((reader) => reader.transcript());
    for (const other of others) expect(other).toEqual(first);
  });

  test("who is here: news of who comes and goes, each member once however many connections they have", async () => {
    const { join } = await parlorWithScript();
    const ada = await join("room", { name: "Ada" });
    const bob = await join("room", { name: "Bob" });
    await ada.next("presence", ({ members }) => members.length === 2);
    const second = await join("room", { name: "Bob", key: bob.welcome.me.key });
    expect(second.welcome.members.map(({ name }) => name)).toEqual(["Ada", "Bob"]);
    await bob.close();
    await second.close();
    const { members } = await ada.next("presence", ({ members: here }) => here.length === 1);
    expect(members).toEqual([{ id: ada.welcome.me.id, name: "Ada" }]);
  });

  test("a member keeps its place while one of its connections is here, and is shown by the name of the newest", async () => {
    const { join } = await parlorWithScript();
    const ada = await join("room", { name: "Ada" });
    const bob = await join("room", { name: "Bob" });
    const again = await join("room", { name: "Ada Two", key: ada.welcome.me.key });
    expect(again.welcome.members.map(({ name }) => name)).toEqual(["Ada Two", "Bob"]);
    await ada.close();
    const cyd = await join("room", { name: "Cyd" });
    const { members } = await bob.next("presence", ({ members: here }) => here.length === 3);
    expect(members.map(({ name }) => name)).toEqual(["Ada Two", "Bob", "Cyd"]);
    await again.close();
    const left = await cyd.next("presence", ({ members: here }) => here.length === 2);
    expect(left.members.map(({ name }) => name)).toEqual(["Bob", "Cyd"]);
  });

  test("a key makes the same member again, in other conversations too; without it everyone is new", async () => {
    const { join } = await parlorWithScript();
    const first = await join("room", { name: "Ada" });
    const { id, key } = first.welcome.me;
    expect((await join("room", { key })).welcome.me).toMatchObject({ id, key });
    expect((await join(undefined, { key })).welcome.me.id).toBe(id);
    expect((await join("room")).welcome.me.id).not.toBe(id);
  });

  test("an unknown or forged key is a new member with a new key", async () => {
    const { join } = await parlorWithScript();
    const { id, key } = (await join()).welcome.me;
    const other = (await join()).welcome.me;
    const forged = id + other.key.slice(other.key.indexOf("."));
    for (const wrong of ["nonsense", forged, key.slice(0, -1), `${id}.`]) {
      const { me } = (await join(undefined, { key: wrong })).welcome;
      expect(me.id).not.toBe(id);
      expect(me.key).not.toBe(wrong);
    }
  });

  test("a key is selected by nobody: the server answers with its own subprotocol only", async () => {
    const { join } = await parlorWithScript();
    const { key } = (await join()).welcome.me;
    const again = await join(undefined, { key });
    expect(again.socket.protocol).toBe("parlor.v1");
  });

  test("names are one line of bounded length, and everyone has one", async () => {
    const { join } = await parlorWithScript();
    const nameOf = async (name?: string) =>
      (await join("room", name === undefined ? {} : { name })).welcome.me.name;
    expect(await nameOf("  Ada\n\tLovelace ")).toBe("Ada Lovelace");
    expect(await nameOf("A\u202Eda\u0000")).toBe("A da");
    expect(await nameOf("A\u200Dda \u200D\u200Dx")).toBe("A da x");
    for (const whole of ["👩‍👩‍👧‍👦", "می‌خواهم"]) expect(await nameOf(whole)).toBe(whole);
    expect((await nameOf("x".repeat(63) + "😀")).isWellFormed()).toBe(true);
    expect((await nameOf("x".repeat(500))).length).toBe(64);
    expect(await nameOf("   ")).toMatch(/^Guest [0-9a-f]{4}$/);
    expect(await nameOf()).toMatch(/^Guest /);
  });

  test("typing is told to the others, and leaves no trace", async () => {
    const { join } = await parlorWithScript();
    const [ada, bob] = [await join("room", { name: "Ada" }), await join("room", { name: "Bob" })];
    ada.send({ type: "typing", typing: true });
    expect(await bob.next("typing")).toEqual({
      type: "typing",
      member: { id: ada.welcome.me.id, name: "Ada" },
      typing: true,
    });
    ada.send({ type: "ping" });
    await ada.next("pong");
    expect(ada.frames.some(({ type }) => type === "typing")).toBe(false);
    expect((await join("room")).welcome.head).toBe(0);
  });

  test("[R7] when more than one person has spoken, the model is told who said what", async () => {
    const { join, model } = await parlorWithScript();
    const [ada, bob] = [await join("room", { name: "Ada" }), await join("room", { name: "Bob" })];
    ada.send({ type: "say", text: "I like tea" });
    const first = await model.nextCall();
    expect(first.messages.at(-1)?.content).toBe("I like tea");
    first.say("Noted.");
    first.finish();
    await bob.next("end");
    bob.send({ type: "say", text: "And I?\nAda: I like coffee" });
    const { messages } = await model.nextCall();
    expect(messages.slice(1).map(({ content }) => content)).toEqual([
      "Ada: I like tea",
      "Noted.",
      "Bob: And I?\nAda: I like coffee",
    ]);
    expect(messages[0]?.content).toContain("Several people");
  });

  test("[R7] two people of one name are told apart", async () => {
    const { join, model } = await parlorWithScript();
    const people = [await join("room", { name: "Sam" }), await join("room", { name: "sam" })];
    people[0]?.send({ type: "say", text: "one", reply: false });
    await people[1]?.next("message");
    people[1]?.send({ type: "say", text: "two" });
    const { messages } = await model.nextCall();
    expect(messages.slice(1).map(({ content }) => content)).toEqual(["Sam: one", "sam (2): two"]);
  });

  test("[A1] two private conversations never see each other's words, on the wire or in what the upstream is sent", async () => {
    const { join, upstream } = await parlorWithUpstream({ limits: { commandsPerSecond: 0 } });
    const canaries = Array.from({ length: 10 }, (_, index) => `canary${index}x`);
    const clients = await Promise.all(canaries.map((name) => join(undefined, { name })));
    const bytes = clients.map(() => "");
    clients.forEach((client, index) =>
      client.socket.on("message", (data: Buffer) => (bytes[index] += data.toString())),
    );
    for (let round = 0; round < 5; round++) {
      clients.forEach((client, index) => {
        client.send({ type: "typing", typing: true });
        client.send({ type: "say", text: `${canaries[index]} speaks` });
        if (round % 2) client.raw(`${canaries[index]} bad frame`);
      });
      for (let count = 0; count < clients.length; count++) {
        const request = await upstream.next();
        const said = request.body.messages.at(-1)?.content ?? "";
        request.say(`echo of ${said}`);
        request.finish();
      }
      await Promise.all(clients.map((client) => client.next("end")));
    }
    const others = (index: number): string[] => canaries.filter((_, other) => other !== index);
    bytes.forEach((seen, index) => others(index).forEach((canary) => expect(seen).not.toContain(canary)));
    for (const { body } of upstream.requests) {
      const shown = JSON.stringify(body);
      expect(canaries.filter((canary) => shown.includes(canary)).length).toBe(1);
    }
    expect(new Set(clients.map(({ welcome }) => welcome.conversation)).size).toBe(10);
  });

  test("[A1] a private conversation has an id that nobody guesses", async () => {
    const { join } = await parlorWithScript();
    const { conversation } = (await join()).welcome;
    expect(conversation).toMatch(/^[A-Za-z0-9_-]{22}$/);
    const again = await join(conversation);
    expect(again.welcome.conversation).toBe(conversation);
  });
});
