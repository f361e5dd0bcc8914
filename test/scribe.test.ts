// A run that is cancelled just when its words are on their way into the document.
import { expect, test } from "@jest/globals";
import * as Y from "yjs";
import { createCoauthor } from "../server/coauthor/coauthor.ts";
import type { Target } from "../shared/target.ts";
import { createSharedDocuments } from "./support/shared-documents.ts";
import { parlorWithScript } from "./support/world.ts";

async function asking(text: string, more: (notes: Y.Text) => Pick<Target, "mode"> & Partial<Target>) {
  const documents = createSharedDocuments();
  const parlor = await parlorWithScript({ coauthor: createCoauthor(new Map([["docs", documents]])) });
  const client = await parlor.join("kitchen", { name: "Ada" });
  const notes = documents.document("notes").getText("text");
  notes.insert(0, text);
  const target = { document: "notes", type: "text", ...more(notes) };
  client.send({ type: "say", text: "Write", target });
  return { documents, client, notes, call: await parlor.model.nextCall(), model: parlor.model };
}

const at = (notes: Y.Text, index: number): Target["from"] =>
  Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(notes, index)) as Target["from"];

test("in the middle of a character: the run ends, and the server goes on", async () => {
  const { client, call, model, notes } = await asking("", () => ({ mode: "append" }));
  call.say("one \uD83D");
  await client.words(4);
  client.send({ type: "cancel" });
  expect(await client.next("end")).toMatchObject({ reason: "cancelled" });
  client.send({ type: "say", text: "next" });
  (await model.nextCall()).finish();
  expect(await client.next("end")).toMatchObject({ reason: "stop" });
  expect(notes.toJSON()).toBe("one ");
});

test("while the document is behind: a selection is not taken by the last words alone", async () => {
  const { client, call, documents, model, notes } = await asking("one two three", (text) => ({
    mode: "replace",
    from: at(text, 4),
    to: at(text, 7),
  }));
  const { isMet, empty } = documents.fill();
  call.say("first ");
  await client.words(6);
  await isMet; // the scribe has taken them, and waits with them for room
  call.say("last");
  await client.words(10);
  client.send({ type: "cancel" });
  await client.next("end");
  empty();
  client.send({ type: "say", text: "next" });
  (await model.nextCall()).finish();
  await client.next("end");
  expect(notes.toJSON()).toBe("one two three");
  expect(client.entries.some(({ type }) => type === "replaced")).toBe(false);
});
