// The command: how it starts, what it says, how it stops.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { connect } from "./support/client.ts";
import { runProcess, startProcess } from "./support/process.ts";
import { startUpstream } from "./support/upstream.ts";
import { closing } from "./support/world.ts";

type Start = Parameters<typeof startProcess>;

async function started(...[settings, options]: Start) {
  const running = await startProcess(settings, options);
  closing(async () => {
    running.child.kill("SIGKILL");
    await running.exited;
  });
  return running;
}

/** A server in the middle of an answer, whose words are in the test's hand. */
async function answering() {
  const upstream = await startUpstream();
  closing(() => upstream.close());
  const running = await started({ OPENAI_API_KEY: "k", OPENAI_BASE_URL: upstream.url });
  const client = await connect(running.address);
  client.send({ type: "say", text: "Hello" });
  return { ...running, client, request: await upstream.next() };
}

describe("the command", () => {
  test("without a key the demo speaks, says that it is one, and one line tells how to plug in a real model", async () => {
    const { address, output, port } = await started();
    expect(output()).toContain(`http://127.0.0.1:${port}`);
    expect(output()).toMatch(/demo, a stand-in and no language model.*OPENAI_API_KEY/);
    expect(output()).toMatch(/Store: memory/);
    const client = await connect(address);
    client.send({ type: "say", text: "Hello" });
    expect(await client.next("start")).toMatchObject({ model: "demo" });
    await client.words(60);
    client.send({ type: "cancel" });
    await client.next("end");
    await client.close();
  });

  test("with OPENAI_API_KEY and OPENAI_BASE_URL it talks to that server", async () => {
    const upstream = await startUpstream((request) => {
      request.say("from", " upstream");
      request.finish();
    });
    closing(() => upstream.close());
    const settings = { OPENAI_API_KEY: "sk-of-a-test", OPENAI_BASE_URL: upstream.url, TEMPERATURE: "0.5" };
    const { address, output } = await started(settings, { flags: ["--model", "openai:some-model"] });
    const client = await connect(address);
    client.send({ type: "say", text: "Hello" });
    expect(await client.next("end")).toMatchObject({ reason: "stop", usage: { input: 11, output: 7 } });
    expect(client.transcript().items[1]).toMatchObject({ text: "from upstream", model: "openai:some-model" });
    expect(upstream.requests[0]?.body).toMatchObject({ model: "some-model", temperature: 0.5 });
    expect(output()).not.toContain("sk-of-a-test");
    await client.close();
  });

  test("all faults of the configuration are reported at once, in words", async () => {
    const settings = { PORT: "eighty", MEMORY: "much", MODEL: "gpt", STORE: "floppy:", TEMPERATURE: "hot" };
    const { code, output } = await runProcess(settings, { flags: ["--log-level", "loud"] });
    expect(code).toBe(1);
    for (const name of [...Object.keys(settings), "LOG_LEVEL"])
      expect(output).toMatch(new RegExp(`- ${name} `));
    expect(output).not.toMatch(/\bat .*:\d+:\d+/);
  });

  test("a port that is taken is said in words", async () => {
    const { port } = await started();
    const { code, output } = await runProcess({ PORT: String(port) });
    expect(code).toBe(1);
    expect(output).toContain(`Port ${port} is taken`);
    expect(output).not.toMatch(/\bat .*:\d+:\d+/);
  });

  test("[S1] by default conversations are on disk: after kill -9 the same file has them, and the same members", async () => {
    const folder = await mkdtemp(join(tmpdir(), "parlor-"));
    closing(() => rm(folder, { recursive: true }));
    const settings = { STORE: `sqlite:${folder}/deep/parlor.db` };
    const first = await started(settings);
    expect(first.output()).toMatch(/Store: .*parlor.db, safe from a crash of this process, kept for 30 days/);
    const client = await connect(`${first.address}/room`);
    client.send({ type: "say", text: "Hello" });
    await client.words(60);
    first.child.kill("SIGKILL");
    await first.exited;
    const second = await started(settings);
    const { offset } = client.entries.at(-1) as { offset: number };
    const { epoch, me } = client.welcome;
    const again = await connect(`${second.address}/room`, { after: offset, epoch, key: me.key });
    expect(again.welcome).toMatchObject({ resume: "resumed", offset, me: { id: me.id } });
    expect(await again.next("end")).toMatchObject({ reason: "interrupted" });
    await again.close();
    const { code, output } = await runProcess(settings);
    expect(code).toBe(1);
    expect(output).toMatch(
      /The store .*parlor.db is in use by another process; .*a STORE and a PORT each\.\n$/,
    );
  });

  test("SIGTERM: no new runs, the active one may finish, then close 1012 and exit 0", async () => {
    const { child, address, port, exited, client, request } = await answering();
    request.say("one ");
    await client.words(4);
    child.kill("SIGTERM");
    await expectHealth(port, 503);
    client.send({ type: "say", text: "another" });
    expect(await client.next("error")).toMatchObject({ code: "draining", ref: "say" });
    await expect(connect(address)).rejects.toThrow("503");
    request.say("two");
    request.finish();
    expect(await client.next("end")).toMatchObject({ reason: "stop" });
    expect(await client.closed).toEqual({ code: 1012 });
    expect(await exited).toBe(0);
  });

  test("a second signal does not wait", async () => {
    const { child, port, exited } = await answering();
    child.kill("SIGINT");
    await expectHealth(port, 503);
    child.kill("SIGINT");
    expect(await exited).toBe(1);
  });
});

/** Asks until the health is this: a signal takes a moment to arrive. */
async function expectHealth(port: number, status: number): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`);
    if (response.status === status) return;
  }
}
