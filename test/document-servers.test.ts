// The co-author's ways into a document: real servers of both kinds, and strangers.
import { afterEach, describe, expect, test } from "@jest/globals";
import { openHocuspocusServer } from "../server/coauthor/hocuspocus.ts";
import { openYWebsocketServer } from "../server/coauthor/y-websocket.ts";
import { joinAsPerson, startDocumentServer, type Kind } from "./support/document-servers.ts";

const after: (() => unknown)[] = [];
afterEach(async () => {
  for (const act of after.splice(0).reverse()) await act();
});

const openServer = (kind: Kind, address: string, openMs = 2_000) =>
  (kind === "hocuspocus" ? openHocuspocusServer : openYWebsocketServer)(address, { openMs });

describe.each(["y-websocket", "hocuspocus"] as const)("%s", (kind) => {
  test("opens, and sees what is there", async () => {
    const server = await startDocumentServer(kind);
    after.push(() => server.close());
    const person = await joinAsPerson(server, "notes");
    after.push(() => person.leave());
    person.doc.getText("text").insert(0, "hello");
    await new Promise((r) => setTimeout(r, 100));
    const documents = await openServer(kind, server.address);
    const shared = await documents.open("notes", { client: 77, signal: new AbortController().signal });
    expect(shared.doc.getText("text").toJSON()).toBe("hello");
    shared.doc.getText("text").insert(5, " world");
    await shared.settled();
    expect(server.text("notes")).toBe("hello world");
    shared.close();
  });
});
