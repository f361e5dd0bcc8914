// `parlor/client` in what looks like a page: it keeps the member and what is unsent, and hears when the network is back.
import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Talk } from "../client/index.ts";
import { closing, parlorWithScript } from "./support/world.ts";

class Keeper {
  readonly kept = new Map<string, string>();
  isForbidden = false;
  getItem = (name: string): string | null => this.#open().get(name) ?? null;
  setItem = (name: string, value: string): void => void this.#open().set(name, value);
  removeItem = (name: string): void => void this.#open().delete(name);

  #open(): Map<string, string> {
    if (this.isForbidden) throw new Error("a browser may forbid it");
    return this.kept;
  }
}

/** Whose listeners can be counted. */
class Source extends EventTarget {
  readonly names: string[] = [];

  override addEventListener(name: string, listener: () => void): void {
    this.names.push(name);
    super.addEventListener(name, listener);
  }

  override removeEventListener(name: string, listener: () => void): void {
    this.names.splice(this.names.indexOf(name), 1);
    super.removeEventListener(name, listener);
  }
}

const [localStorage, sessionStorage, surroundings] = [new Keeper(), new Keeper(), new Source()];
const document = Object.assign(new Source(), { visibilityState: "visible" });
const location = { href: "http://127.0.0.1/" };
for (const [name, value] of Object.entries({
  localStorage,
  sessionStorage,
  document,
  location,
  addEventListener: surroundings.addEventListener.bind(surroundings),
  removeEventListener: surroundings.removeEventListener.bind(surroundings),
}))
  Object.defineProperty(globalThis, name, { value, configurable: true });

const { connect } = await import("../client/index.ts"); // it looks at what is around it when it is loaded

beforeEach(() => {
  for (const keeper of [localStorage, sessionStorage]) {
    keeper.kept.clear();
    keeper.isForbidden = false;
  }
});

type Server = { port: number };

/** As a page of this server does it. */
function open({ port }: Server, options: { room?: string; token?: string } = {}): Talk {
  location.href = `http://127.0.0.1:${port}/deep/page.html`;
  const talk = connect({ room: "kitchen", ...options });
  closing(async () => talk.close());
  return talk;
}

function until(talk: Talk, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = talk.subscribe(look);
    function look(): void {
      if (!holds()) return;
      stop();
      resolve();
    }
    look();
  });
}

const opened = (talk: Talk): Promise<void> => until(talk, () => talk.state.connection.name === "open");
const waiting = (talk: Talk): Promise<void> => until(talk, () => talk.state.connection.name === "waiting");
const connecting = (talk: Talk): Promise<void> =>
  until(talk, () => talk.state.connection.name === "connecting");

describe("a talk in a page", () => {
  test("is with the server that the page is from, and the member is the same after a reload", async () => {
    const server = await parlorWithScript();
    const before = open(server);
    await opened(before);
    before.close();
    const after = open(server);
    await opened(after);
    expect(after.state.me?.id).toBe(before.state.me?.id);
    expect(after.token).toBe(before.token);
  });

  test("a token that the page brings itself is used, and not kept", async () => {
    const server = await parlorWithScript();
    const first = open(server);
    await opened(first);
    localStorage.kept.clear();
    const second = open(server, { token: first.token ?? "" });
    await opened(second);
    expect(second.state.me?.id).toBe(first.state.me?.id);
    expect(localStorage.kept.size).toBe(0);
  });

  test("[P5] what is unsent goes out after a reload, once, in the room where it was said", async () => {
    const server = await parlorWithScript();
    const before = open(server);
    void before.tell("kept");
    before.close();
    expect(open(server, { room: "hall" }).state.unsent).toEqual([]);
    const after = open(server);
    expect(after.state.unsent).toMatchObject([{ text: "kept" }]);
    await until(after, () => after.transcript.items.length === 1);
    expect([...sessionStorage.kept.values()]).toContain("[]");
    const again = open(server);
    await until(again, () => again.state.isCaughtUp);
    expect(again.transcript.items).toMatchObject([{ text: "kept" }]);
  });

  test.each([
    "{}",
    '"abc"',
    "[null]",
    "no JSON",
    '[{"type":"forget","id":"q"}]',
    '[{"type":"say","id":"q"}]',
  ])("what others have written into its storage is not taken for ours: %s", async (written) => {
    const server = await parlorWithScript();
    const before = open(server);
    void before.tell("kept");
    before.close();
    const [name = ""] = [...sessionStorage.kept.keys()].filter((key) => key.startsWith("parlor.unsent"));
    sessionStorage.kept.set(name, written);
    for (const keeper of [localStorage, sessionStorage])
      for (const key of keeper.kept.keys()) if (key.startsWith("parlor.token")) keeper.kept.set(key, "a b,é");
    const talk = open(server);
    await opened(talk);
    expect(talk.state.unsent).toEqual([]);
    expect(talk.token).toMatch(/^[\w.~-]+$/);
  });

  test("what is to be stopped is not said after a reload", async () => {
    const before = open({ port: 1 });
    before.say("kept");
    const run = before.say("stopped");
    run.cancel();
    before.close();
    expect(open({ port: 1 }).state.unsent).toMatchObject([{ text: "kept" }]);
  });

  test("tabs that were opened together stay who they were", async () => {
    const server = await parlorWithScript();
    const own = open(server);
    await opened(own);
    const token = own.token;
    for (const key of localStorage.kept.keys()) localStorage.kept.set(key, "of-another-tab");
    own.close();
    expect(open(server).token).toBe(token);
  });

  test("a browser that forbids its storage is no fault", async () => {
    localStorage.isForbidden = sessionStorage.isForbidden = true;
    const talk = open(await parlorWithScript());
    await talk.tell("Hello");
    expect(talk.transcript.items).toMatchObject([{ text: "Hello" }]);
  });

  test("when the network is back, or the page is looked at again, it does not wait any longer", async () => {
    const talk = open({ port: 1 });
    await waiting(talk);
    const tried = connecting(talk);
    surroundings.dispatchEvent(new Event("online"));
    expect(talk.state.connection.name).toBe("connecting");
    await tried;
    await waiting(talk);
    document.visibilityState = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
    expect(talk.state.connection.name).toBe("waiting");
    document.visibilityState = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
    expect(talk.state.connection.name).toBe("connecting");
  });

  test("closed, it listens to nothing any more", async () => {
    const talk = open(await parlorWithScript());
    await opened(talk);
    expect([surroundings.names, document.names]).toEqual([["online", "pageshow"], ["visibilitychange"]]);
    talk.close();
    expect([surroundings.names, document.names]).toEqual([[], []]);
    talk.reconnect();
    expect(document.names).toEqual(["visibilitychange"]);
    await opened(talk);
  });
});
