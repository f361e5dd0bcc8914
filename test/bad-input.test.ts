// Everything that comes from outside may be wrong. Each fault has an answer, and disturbs nobody else.
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { createClient, type Client } from "./support/client.ts";
import { closeCodeOf, frame, openRawSocket, upgradeRequest } from "./support/raw-socket.ts";
import { parlorWithScript } from "./support/world.ts";

const faults: unknown[] = [];
const onFault = (error: unknown): void => void faults.push(error);

beforeEach(() => {
  process.on("uncaughtException", onFault);
  process.on("unhandledRejection", onFault);
});

/** Whatever a test did: the process heard of no fault, and somebody else can still talk. */
afterEach(() => {
  process.off("uncaughtException", onFault);
  process.off("unhandledRejection", onFault);
  expect(faults.splice(0)).toEqual([]);
});

type Parlor = Awaited<ReturnType<typeof parlorWithScript>>;

async function expectUndisturbed({ join, model }: Parlor): Promise<void> {
  const client = await join();
  client.send({ type: "say", text: "still there?" });
  const call = await model.nextCall();
  call.say("yes");
  call.finish();
  expect(await client.next("end")).toMatchObject({ reason: "stop" });
}

/** Sends a frame and gives the code of the answer. */
async function answerTo(client: Client, data: string): Promise<{ code: string; ref?: string | undefined }> {
  client.raw(data);
  const { code, ref } = await client.next("error");
  return { code, ref };
}

describe("bad frames", () => {
  test.each([
    ["not JSON", "hello"],
    ["half a JSON text", '{"type":"say"'],
    ["a number", "42"],
    ["null", "null"],
    ["an array", '[{"type":"ping"}]'],
    ["no type", "{}"],
    ["an empty frame", ""],
    ["deep nesting", "[".repeat(30_000) + "]".repeat(30_000)],
    ["deep nesting in a field", `{"type":"say","text":${"[".repeat(20_000)}${"]".repeat(20_000)}}`],
  ])("%s is answered by bad_request", async (_, data) => {
    const parlor = await parlorWithScript();
    const client = await parlor.join();
    expect((await answerTo(client, data)).code).toBe("bad_request");
    await expectUndisturbed(parlor);
  });

  test.each([
    ["an unknown type", '{"type":"shout","text":"x"}', "shout"],
    ["a text that is a number", '{"type":"say","text":7}', "say"],
    ["no text", '{"type":"say"}', "say"],
    ["a blank text", '{"type":"say","text":"  "}', "say"],
    ["an id that is no UUID", '{"type":"say","text":"x","id":"1"}', "1"],
    ["an unknown word for whenBusy", '{"type":"say","text":"x","whenBusy":"push"}', "say"],
    ["an unknown field", '{"type":"say","text":"x","txet":"y"}', "say"],
    ["__proto__ as a field", '{"type":"say","text":"x","__proto__":{"type":"forget"}}', "say"],
    ["__proto__ as the type", '{"type":"__proto__"}', "__proto__"],
    ["constructor as the type", '{"type":"constructor"}', "constructor"],
    ["a negative position", '{"type":"history","before":-1}', "history"],
    ["a huge number", '{"type":"history","before":1e300}', "history"],
    ["a broken number", '{"type":"history","before":1.5}', "history"],
    ["too large a limit", '{"type":"history","before":1,"limit":1001}', "history"],
    ["a very long ref", `{"type":"ping","id":"${"x".repeat(1_000)}"}`, "x".repeat(128)],
  ])("%s is answered by bad_request, with its ref", async (_, data, ref) => {
    const parlor = await parlorWithScript();
    const client = await parlor.join();
    expect(await answerTo(client, data)).toEqual({ code: "bad_request", ref });
    expect(client.entries).toEqual([]);
    await expectUndisturbed(parlor);
  });

  test("doubled keys: the last one counts, as JSON.parse has it", async () => {
    const { join } = await parlorWithScript();
    const client = await join();
    client.raw('{"type":"say","type":"ping","id":"a","id":"b"}');
    expect(await client.next("pong")).toEqual({ type: "pong", id: "b" });
  });

  test("lone surrogates in a text and in a name become U+FFFD", async () => {
    const { address, join } = await parlorWithScript();
    const client = await join();
    client.raw('{"type":"say","text":"\\ud800x\\udc00","reply":false}');
    expect(await client.next("message")).toMatchObject({ text: "\uFFFDx\uFFFD" });
    const named = createClient(new WebSocket(`${address}?name=%ED%A0%80x`));
    expect((await named.next("welcome")).me.name.isWellFormed()).toBe(true);
  });

  test("a text that is too long is refused as too_large, one that just fits is taken", async () => {
    const { join } = await parlorWithScript({ limits: { textChars: 1_000 } });
    const client = await join();
    client.send({ type: "say", text: "x".repeat(1_001), reply: false });
    expect(await client.next("error")).toMatchObject({ code: "too_large", ref: "say" });
    client.send({ type: "say", text: "x".repeat(1_000), reply: false });
    expect((await client.next("message")).text.length).toBe(1_000);
  });

  test("a frame larger than the limit closes with 1009, one that just fits does not", async () => {
    const parlor = await parlorWithScript();
    const client = await parlor.join();
    client.raw('{"type":"ping"}'.padEnd(65_536));
    await client.next("pong");
    client.raw('{"type":"ping"}'.padEnd(65_537));
    expect(await client.closed).toEqual({ code: 1009 });
    await expectUndisturbed(parlor);
  });

  test("a binary frame closes with 1003", async () => {
    const parlor = await parlorWithScript();
    const client = await parlor.join();
    client.raw(Buffer.from([1, 2, 3]));
    expect(await client.closed).toEqual({ code: 1003 });
    await expectUndisturbed(parlor);
  });

  test("what comes after the server closed the connection is not obeyed any more", async () => {
    const parlor = await parlorWithScript();
    const watcher = await parlor.join("room");
    const { socket, until } = await openRawSocket(parlor.port);
    socket.write(upgradeRequest({}, "/ws/room"));
    await until((received) => received.includes("welcome"));
    socket.write(Buffer.concat([frame("x", { opcode: 2 }), frame('{"type":"say","text":"late"}')]));
    await until((received) => closeCodeOf(received) === 1003);
    socket.write(frame('{"type":"say","text":"later"}'));
    await watcher.next("presence", ({ members }) => members.length === 1);
    socket.destroy();
    await expectUndisturbed(parlor);
    expect(watcher.entries).toEqual([]);
  });

  test("too many bad frames close with 4509", async () => {
    const parlor = await parlorWithScript();
    const client = await parlor.join();
    for (let index = 0; index < 12; index++) client.raw("nonsense");
    expect(await client.closed).toEqual({ code: 4509 });
    expect(client.frames.filter(({ type }) => type === "error").length).toBe(11);
    await expectUndisturbed(parlor);
  });

  test("beyond the rate commands are refused as rate_limited, with the time to wait and the ref", async () => {
    const { join } = await parlorWithScript({ limits: { commandsPerSecond: 5, commandBurst: 10 } });
    const client = await join();
    for (let index = 0; index < 12; index++) client.send({ type: "ping", id: `p${index}` });
    const { code, ref, retryAfterMs } = await client.next("error");
    expect([code, ref]).toEqual(["rate_limited", "p10"]);
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(400);
    expect(client.frames.filter(({ type }) => type === "pong").length).toBe(10);
  });

  test("a flood of commands closes with 4013", async () => {
    const parlor = await parlorWithScript();
    const { socket, until } = await openRawSocket(parlor.port);
    socket.write(upgradeRequest());
    await until((received) => received.includes("welcome"));
    socket.write(Buffer.concat(Array.from({ length: 1_500 }, () => frame('{"type":"ping"}'))));
    await until((received) => closeCodeOf(received) === 4013);
    socket.destroy();
    await expectUndisturbed(parlor);
  });

  test("a flood of the WebSocket's own pings ends the connection", async () => {
    const parlor = await parlorWithScript();
    const { socket, until, closed } = await openRawSocket(parlor.port);
    socket.write(upgradeRequest());
    await until((received) => received.includes("welcome"));
    socket.write(Buffer.concat(Array.from({ length: 1_500 }, () => frame("", { opcode: 9 }))));
    await closed;
    await expectUndisturbed(parlor);
  });

  test.each([
    ["an unmasked frame", frame('{"type":"ping"}', { isMasked: false }), 1002],
    ["a reserved opcode", frame("x", { opcode: 3 }), 1002],
    ["a reserved bit", frame("x", { reserved: 4 }), 1002],
    ["a fragmented control frame", frame("x", { opcode: 9, final: false }), 1002],
    ["a continuation of nothing", frame("x", { opcode: 0 }), 1002],
    ["a control frame that is too long", frame("x".repeat(126), { opcode: 9 }), 1002],
    ["bytes that are no UTF-8", frame(Buffer.from([0xc3, 0x28])), 1007],
    ["a close code that may not be sent", frame(Buffer.from([0x03, 0xed]), { opcode: 8 }), 1002],
  ])("%s closes with its code", async (_, data, code) => {
    const parlor = await parlorWithScript();
    const { socket, until } = await openRawSocket(parlor.port);
    socket.write(upgradeRequest());
    await until((received) => received.includes("welcome"));
    socket.write(data);
    await until((received) => closeCodeOf(received) === code);
    socket.destroy();
    await expectUndisturbed(parlor);
  });

  test("too many fragments of one message close with 1008", async () => {
    const parlor = await parlorWithScript();
    const { socket, until } = await openRawSocket(parlor.port);
    socket.write(upgradeRequest());
    await until((received) => received.includes("welcome"));
    socket.write(frame("x", { final: false }));
    for (let index = 0; index < 100; index++) socket.write(frame("x", { opcode: 0, final: false }));
    await until((received) => closeCodeOf(received) === 1008);
    socket.destroy();
    await expectUndisturbed(parlor);
  });

  test("resets at every moment disturb nobody: in the request, in the upgrade, in a frame", async () => {
    const parlor = await parlorWithScript();
    const whole = Buffer.concat([
      Buffer.from(upgradeRequest()),
      frame('{"type":"say","text":"hi","reply":false}'),
    ]);
    for (let length = 1; length < whole.length; length += 7) {
      const { socket, closed } = await openRawSocket(parlor.port);
      socket.write(whole.subarray(0, length));
      await new Promise(setImmediate);
      socket.resetAndDestroy();
      await closed;
    }
    await expectUndisturbed(parlor);
  });

  test("nothing that people said, and no key, is in the logs", async () => {
    const parlor = await parlorWithScript();
    const client = await parlor.join(undefined, { name: "marked-name" });
    client.send({ type: "say", text: "marked-text" });
    const call = await parlor.model.nextCall();
    call.say("marked-word");
    call.fail(new Error("marked-fault"));
    await client.next("end");
    client.raw("marked-nonsense");
    await client.next("error");
    await client.close();
    expect(parlor.logged.length).toBeGreaterThan(0);
    expect(parlor.logged.join("\n")).not.toContain("marked");
    expect(parlor.logged.join("\n")).not.toContain(client.welcome.me.key);
  });
});

describe("the handshake", () => {
  /** The status with which an upgrade is answered; 101 when it is let in. */
  async function statusOf(port: number, headers: Record<string, string>, path?: string): Promise<number> {
    const { socket, until } = await openRawSocket(port);
    socket.write(upgradeRequest(headers, path));
    const received = await until((text) => text.includes("\r\n\r\n"));
    socket.destroy();
    return Number(received.split(" ")[1]);
  }

  test.each([
    ["/ws", 101],
    ["/ws/room", 101],
    ["/ws/A-Z.a_z~0", 101],
    [`/ws/${"x".repeat(128)}`, 101],
    [`/ws/${"x".repeat(129)}`, 404],
    ["/ws/", 404],
    ["/ws/a/b", 404],
    ["/ws/a%20b", 404],
    ["/wsx", 404],
    ["/", 404],
    ["/elsewhere", 404],
    ["/ws?after=0&epoch=e", 101],
    ["/ws?after=0", 101],
    ["/ws?after=-1&epoch=e", 400],
    ["/ws?after=1.5&epoch=e", 400],
    ["/ws?after=x", 400],
    ["/ws?after=", 400],
    ["/ws?after=1&after=2", 400],
    ["/ws?after=9999999999999999", 400],
    ["/ws?name=%", 101],
  ])("GET %s is answered by %i", async (path, status) => {
    const { port } = await parlorWithScript();
    expect(await statusOf(port, {}, path)).toBe(status);
  });

  test("[A1] a foreign Origin is refused with 403, in all its shapes; our own page's is let in", async () => {
    const parlor = await parlorWithScript();
    const { port } = parlor;
    const own = `http://127.0.0.1:${port}`;
    const at = (origin: string, host = `127.0.0.1:${port}`): Promise<number> =>
      statusOf(port, { Origin: origin, Host: host });
    expect(await at(own)).toBe(101);
    expect(await at(`http://localhost:${port}`, `localhost:${port}`)).toBe(101);
    const foreign = [
      "https://evil.example",
      "null",
      `http://127.0.0.1`,
      `http://127.0.0.1:${port + 1}`,
      `http://127.0.0.1:${port}.evil.example`,
      `http://evil.127.0.0.1:${port}`,
      `http://user@127.0.0.1:${port}`,
      `http://127.0.0.1:${port}/`,
      `HTTP://127.0.0.1:${port}`,
      `ws://127.0.0.1:${port}`,
      `http://localhost:${port}`,
      "file://",
      "",
    ];
    for (const origin of foreign) expect([origin, await at(origin)]).toEqual([origin, 403]);
    // DNS rebinding: the page's name leads to us, and its Host agrees with its Origin
    expect(await at(`http://evil.example:${port}`, `evil.example:${port}`)).toBe(403);
    await expectUndisturbed(parlor);
  });

  test("[A1] a list of origins is exact, and leaves this machine's own page in", async () => {
    const { port } = await parlorWithScript({ allowedOrigins: ["https://chat.example"] });
    const at = (origin: string): Promise<number> =>
      statusOf(port, { Origin: origin, Host: `127.0.0.1:${port}` });
    expect(await at("https://chat.example")).toBe(101);
    for (const origin of [
      "http://chat.example",
      "https://chat.example.evil",
      "https://CHAT.example",
      `http://127.0.0.1:${port + 1}`,
      `http://evil.example:${port}`,
    ])
      expect([origin, await at(origin)]).toEqual([origin, 403]);
    expect(await at(`http://127.0.0.1:${port}`)).toBe(101);
  });

  test("other subprotocols are not selected, and are no fault", async () => {
    const { port } = await parlorWithScript();
    const { socket, until } = await openRawSocket(port);
    socket.write(upgradeRequest({ "Sec-WebSocket-Protocol": "chat, parlor.key.abc" }));
    const received = await until((text) => text.includes("welcome"));
    expect(received.toLowerCase()).not.toContain("sec-websocket-protocol");
    socket.destroy();
  });

  test("too many connections are refused with 503 and when to come again", async () => {
    const { port, join } = await parlorWithScript({ limits: { connections: 1 } });
    const client = await join();
    const { socket, until } = await openRawSocket(port);
    socket.write(upgradeRequest());
    expect(await until((text) => text.includes("\r\n\r\n"))).toMatch(/503[^]*Retry-After: \d/);
    socket.destroy();
    await client.close();
    expect((await join()).welcome.resume).toBe("new");
  });

  test("an upgrade to something else, or a plain request, is answered in HTTP", async () => {
    const { port } = await parlorWithScript();
    const response = await fetch(`http://127.0.0.1:${port}/ws`);
    expect(response.status).toBe(426);
    expect((await fetch(`http://127.0.0.1:${port}/nothing`)).status).toBe(404);
    expect(await statusOf(port, { "Sec-WebSocket-Version": "7" })).toBe(400);
    expect(await statusOf(port, { "X-Large": "x".repeat(20_000) })).toBe(431);
  });

  test("only the page's own files are served, with headers that let nothing else run", async () => {
    const { port } = await parlorWithScript();
    const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
    const page = await get("/");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    for (const path of [
      "/package.json",
      "/client/../package.json",
      "/server/main.ts",
      "/client/page/main.tsx",
      "/assets/../../../package.json",
    ])
      expect((await get(path)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/`, { method: "POST" })).status).toBe(404);
  });
});
