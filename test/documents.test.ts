// Shared documents over real sockets, with the provider that people have: y-websocket, unmodified.
import { describe, expect, test } from "@jest/globals";
import { openWriter, textOf } from "./support/document-peer.ts";
import { parlorWithScript } from "./support/world.ts";

describe("peers of a document", () => {
  test("two y-websocket providers converge, and one that comes later has it all", async () => {
    const { port } = await parlorWithScript();
    const [ada, bob] = [await openWriter(port, "notes"), await openWriter(port, "notes")];
    ada.text.insert(0, "Hello");
    await bob.reads("Hello");
    bob.text.insert(5, ", world");
    await ada.reads("Hello, world");
    const late = await openWriter(port, "notes");
    expect(textOf(late)).toBe("Hello, world");
  });
});
