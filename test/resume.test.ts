// After a cut: exactly the rest, or an honest reset.
import { describe, expect, test } from "@jest/globals";
import { startOf } from "../server/log/entry.ts";
import { createMemoryStore } from "../server/log/memory.ts";
import type { Entry } from "../shared/protocol.ts";
import { emptyTranscript, foldAll } from "../shared/transcript.ts";
import type { Client } from "./support/client.ts";
import { parlorWithScript } from "./support/world.ts";

type Talk = Awaited<ReturnType<typeof parlorWithScript>> & { reader: Client; epoch: string; head: number };

/** A conversation "room" in which something was said and answered, and a reader who saw it all. */
async function afterATalk(): Promise<Talk> {
  const parlor = await parlorWithScript();
  const reader = await parlor.join("room");
  for (const text of ["one", "two"]) {
    reader.send({ type: "say", text });
    const call = await parlor.model.nextCall();
    for (const word of ["Zwölf ", "Box", "kämpfer ", "𝔘𝔫𝔦 ", "👩‍👩‍👧"]) {
      call.say(word);
      await reader.reach(reader.welcome.offset + 1);
    }
    call.finish();
    await reader.next("end");
  }
  return { ...parlor, reader, epoch: reader.welcome.epoch, head: (reader.entries.at(-1) as Entry).offset };
}

const positionsOf = (entries: readonly Entry[]): Set<number> => {
  const positions = new Set<number>([0]);
  for (const entry of entries) {
    if (entry.type !== "token") positions.add(entry.offset);
    else
      for (let index = 1; index <= entry.text.length; index++)
        if (!/[\uD800-\uDBFF]/.test(entry.text[index - 1] as string)) positions.add(startOf(entry) + index);
  }
  return positions;
};

/** What a reader knows who had read up to an offset before. */
function knownUpTo(entries: readonly Entry[], offset: number): Entry[] {
  return entries.flatMap((entry) => {
    if (entry.offset <= offset) return [entry];
    const start = startOf(entry);
    if (start >= offset || entry.type !== "token") return [];
    return [{ ...entry, text: entry.text.slice(0, offset - start), offset }];
  });
}

/** A conversation "room" of remarks that nobody answers. */
async function afterManyRemarks(count: number) {
  const parlor = await parlorWithScript({ limits: { commandsPerSecond: 0 } });
  const reader = await parlor.join("room");
  for (let index = 0; index < count; index++)
    reader.send({ type: "say", text: `remark ${index}`, reply: false });
  await reader.reach(count);
  return { ...parlor, reader };
}

describe("resume", () => {
  test("[P3][P4] from every offset that exists, a reader gets the exact rest", async () => {
    const { join, reader, epoch, head } = await afterATalk();
    const whole = reader.transcript();
    const positions = positionsOf(reader.entries);
    for (let after = 0; after <= head; after++) {
      const again = await join("room", { after, epoch });
      if (!positions.has(after)) {
        expect(again.welcome).toMatchObject({ resume: "reset", offset: 0 });
      } else {
        expect(again.welcome).toMatchObject({ resume: "resumed", offset: after, head });
        await again.reach(head);
        const known = foldAll(emptyTranscript, knownUpTo(reader.entries, after));
        expect(foldAll(known, again.entries)).toEqual(whole);
      }
      await again.close();
    }
  });

  test("[P3] a cut at every frame of a running answer, and resumed each time: no word twice, none missing", async () => {
    const { join, model } = await parlorWithScript();
    const talker = await join("room");
    talker.send({ type: "say", text: "Count" });
    const call = await model.nextCall();
    const { epoch } = talker.welcome;
    let known = emptyTranscript;
    for (let index = 0; index < 60; index++) {
      call.say(`${index} `);
      const reader: Client = await join("room", index === 0 ? {} : { after: known.offset, epoch });
      await reader.words(1);
      known = foldAll(known, reader.entries);
      reader.socket.terminate();
    }
    call.finish();
    await talker.next("end");
    const last = await join("room", { after: known.offset, epoch });
    await last.next("end");
    expect(foldAll(known, last.entries)).toEqual(talker.transcript());
  });

  test("[P4] an offset ahead of the head, another epoch, or none: reset, and a whole reading from a stated offset", async () => {
    const { join, reader, epoch, head } = await afterATalk();
    for (const place of [{ after: head + 1, epoch }, { after: 1, epoch: "another" }, { after: 1 }]) {
      const again = await join("room", place);
      expect(again.welcome).toMatchObject({ resume: "reset", offset: 0, head });
      await again.reach(head);
      expect(again.transcript()).toEqual(reader.transcript());
      await again.close();
    }
  });

  test("[P4] right at the head there is nothing to catch up with", async () => {
    const { join, model, epoch, head } = await afterATalk();
    const again = await join("room", { after: head, epoch });
    expect(again.welcome).toMatchObject({ resume: "resumed", offset: head });
    again.send({ type: "say", text: "three" });
    (await model.nextCall()).finish();
    await again.next("end");
    expect(again.entries.map(({ offset }) => offset)).toEqual([head + 1, head + 2, head + 3]);
  });

  test("[P1][P3] who joins in the middle of an answer sees the same as who was there", async () => {
    const { join, model } = await parlorWithScript();
    const first = await join("room");
    first.send({ type: "say", text: "Hello" });
    const call = await model.nextCall();
    call.say("one ");
    await first.words(4);
    const late = await join("room");
    expect(late.welcome.active).toBe((await first.next("start")).run);
    call.say("two");
    call.finish();
    await Promise.all([first.next("end"), late.next("end")]);
    expect(late.transcript()).toEqual(first.transcript());
  });

  test("[P1] a newcomer to a long conversation begins at a message, far enough back for the last 100", async () => {
    const { join, model } = await parlorWithScript({ limits: { commandsPerSecond: 0 } });
    const talker = await join("room");
    for (let index = 0; index < 130; index++) {
      talker.send({ type: "say", text: `message ${index}` });
      const call = await model.nextCall();
      call.say(`answer ${index}`);
      call.finish();
      await talker.next("end");
    }
    const newcomer = await join("room");
    await newcomer.reach(newcomer.welcome.head);
    const { items } = newcomer.transcript();
    expect(newcomer.entries[0]).toMatchObject({ type: "message", text: "message 30" });
    expect(items).toEqual(talker.transcript().items.slice(60));
    newcomer.send({ type: "history", before: newcomer.welcome.offset, limit: 1_000 });
    const { entries, before } = await newcomer.next("history");
    expect(before).toBe(0);
    expect([...entries, ...newcomer.entries].map(({ offset }) => offset).length).toBeGreaterThan(390);
    expect(foldAll(emptyTranscript, [...entries, ...newcomer.entries])).toEqual(talker.transcript());
  });

  test("[P1] a newcomer after an edit far back sees what is there, and not only the edit", async () => {
    const { join, reader: talker } = await afterManyRemarks(150);
    const [thirtieth] = talker.entries.filter(
      (entry) => entry.type === "message" && entry.text === "remark 30",
    );
    talker.send({
      type: "edit",
      message: thirtieth?.type === "message" ? thirtieth.id : "",
      text: "instead",
    });
    await talker.next("message", ({ text }) => text === "instead");
    const newcomer = await join("room");
    await newcomer.reach(newcomer.welcome.head);
    expect(newcomer.transcript().items).toEqual(talker.transcript().items);
    expect(newcomer.transcript().items.length).toBe(31);
  });

  test("[S2] of many requests for history at once a few are answered in turn, and the others are refused", async () => {
    const { reader } = await afterManyRemarks(20);
    for (let index = 0; index < 20; index++) reader.send({ type: "history", before: 10 });
    const repliesTo = () =>
      reader.frames.filter(
        (frame) => frame.type === "history" || (frame.type === "error" && frame.ref === "history"),
      );
    await reader.until(() => repliesTo().length === 20);
    const refused = repliesTo().filter((frame) => frame.type === "error");
    for (const refusal of refused)
      expect(refusal).toMatchObject({ code: "rate_limited", retryAfterMs: 1_000 });
    expect(refused.length).toBeLessThanOrEqual(12);
    reader.send({ type: "history", before: 10 });
    await reader.until(() => repliesTo().length === 21 && repliesTo().at(-1)?.type === "history");
  });

  test("history gives what ends at or before an offset, oldest first, at most so many, and where they begin", async () => {
    const { join, reader, head } = await afterATalk();
    const whole = reader.transcript();
    const again = await join("room");
    let before = head + 1_000;
    let entries: Entry[] = [];
    while (before > 0) {
      again.send({ type: "history", before, limit: 3 });
      const page = await again.next("history");
      expect(page.entries.length).toBeLessThanOrEqual(3);
      expect(page.entries.at(-1)?.offset).toBe(Math.min(before, head));
      expect(startOf(page.entries[0] as Entry)).toBe(page.before);
      ({ before } = page);
      entries = [...page.entries, ...entries];
    }
    expect(foldAll(emptyTranscript, entries)).toEqual(whole);
    again.send({ type: "history", before: 0 });
    expect(await again.next("history")).toEqual({ type: "history", entries: [], before: 0 });
  });

  test("[P4] after a restart of a memory store every old position is a reset, and never a silent gap", async () => {
    const store = createMemoryStore();
    const before = await parlorWithScript({ store });
    const client = await before.join("room");
    const { epoch } = client.welcome;
    await before.stop();
    const same = await parlorWithScript({ store });
    const other = await parlorWithScript();
    expect((await same.join("room", { after: 0, epoch })).welcome.resume).toBe("resumed");
    expect((await other.join("room", { after: 0, epoch })).welcome.resume).toBe("reset");
  });

  test("what is not in the log moves no position: typing, presence and pong come between, and nothing is lost", async () => {
    const { join, reader, epoch, head } = await afterATalk();
    reader.send({ type: "ping" });
    await reader.next("pong");
    const other = await join("room");
    other.send({ type: "typing", typing: true });
    await reader.next("typing");
    expect(reader.entries.at(-1)?.offset).toBe(head);
    expect((await join("room", { after: head, epoch })).welcome).toMatchObject({
      resume: "resumed",
      offset: head,
    });
  });

  test("[P3] the same position twice at once gives the same rest twice", async () => {
    const { join, epoch, head } = await afterATalk();
    const [one, two] = await Promise.all([
      join("room", { after: 2, epoch }),
      join("room", { after: 2, epoch }),
    ]);
    await Promise.all([one.reach(head), two.reach(head)]);
    expect(one.entries).toEqual(two.entries);
  });
});
