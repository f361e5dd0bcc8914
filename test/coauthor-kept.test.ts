// The assistant in Parlor's own documents: what a run wrote can be taken back after a restart, and nobody writes by its number.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { applyUpdate, Doc, encodeStateAsUpdate } from "yjs";
import { writerOf } from "../server/coauthor/writer.ts";
import { openSqliteStore } from "../server/log/sqlite.ts";
import { openWriter, textOf } from "./support/document-peer.ts";
import { closing, parlorWithScript } from "./support/world.ts";

const target = { document: "notes", type: "codemirror" } as const;
const whole = { from: { tname: "codemirror", assoc: -1 }, to: { tname: "codemirror", assoc: 0 } } as const;

test("an undo after a restart brings back what was replaced, once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "parlor-"));
  closing(() => rm(folder, { recursive: true }));
  const path = join(folder, "parlor.db");
  const first = await openSqliteStore({ path });
  const before = await parlorWithScript({ store: first });
  const ada = await openWriter(before.port, "notes");
  ada.text.insert(0, "old words");
  const client = await before.join("kitchen");
  await (await openWriter(before.port, "notes")).reads("old words");
  client.send({ type: "say", text: "Write", target: { ...target, ...whole, mode: "replace" } });
  const call = await before.model.nextCall();
  call.say("new");
  await ada.reads("new");
  call.finish();
  const { run } = await client.next("end");
  ada.destroy();
  await before.stop();
  await first.close();

  const second = await openSqliteStore({ path });
  closing(() => second.close());
  const after = await parlorWithScript({ store: second });
  const later = await after.join("kitchen");
  later.send({ type: "undo", run });
  later.send({ type: "undo", run });
  await later.next("undone");
  expect(await later.next("error")).toMatchObject({ code: "already_undone" });
  expect(textOf(await openWriter(after.port, "notes"))).toBe("old words");
});

test("somebody who writes by the number of a run ends the run, and its words are not mixed with his", async () => {
  const { port, join: enter, model } = await parlorWithScript();
  const eve = await openWriter(port, "notes");
  const client = await enter("kitchen");
  client.send({ type: "say", text: "Write", target: { ...target, mode: "append" } });
  const call = await model.nextCall();
  const { run } = await client.next("start");
  const forged = new Doc();
  forged.clientID = writerOf(run);
  forged.getText("codemirror").insert(0, "forged");
  applyUpdate(eve.doc, encodeStateAsUpdate(forged));
  expect(await client.next("end")).toMatchObject({ error: { code: "document_lost" } });
  call.say("words");
  expect(textOf(eve)).toBe("forged");
});
