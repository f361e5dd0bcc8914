// `parlor chat`: one question from a pipe, and a person at a terminal; with a model of its own, and with a server.
import { EventEmitter, once } from "node:events";
import { describe, expect, test } from "@jest/globals";
import { startProxy, type Proxy } from "./faults/proxy.ts";
import { openChat, pipeChat, readable, terminalTest, type Chat } from "./support/chat.ts";
import { createGatedStore } from "./support/gated-store.ts";
import { runProcess } from "./support/process.ts";
import { startUpstream, type Upstream, type UpstreamRequest } from "./support/upstream.ts";
import { closing, parlorWithScript } from "./support/world.ts";

async function upstreamOf(onRequest?: (request: UpstreamRequest) => void): Promise<Upstream> {
  const upstream = await startUpstream(onRequest);
  closing(() => upstream.close());
  return upstream;
}

/** Settings that lead to this upstream. */
const settingsOf = ({ url }: Upstream) => ({
  OPENAI_API_KEY: "sk-of-a-test",
  OPENAI_BASE_URL: url,
  SYSTEM_PROMPT: "Be brief.",
});

type Line = Proxy & {
  readonly url: string;
  /** From now on connections go to this port. */
  lead: (port: number) => void;
  /** Waits until somebody has tried so often to connect. */
  attempts: (count: number) => Promise<void>;
};

/** A line to a server that the test can cut, and lead elsewhere. */
async function proxyTo(port: number): Promise<Line> {
  let [target, tried] = [port, 0];
  const attempted = new EventEmitter();
  const proxy = await startProxy(() => {
    attempted.emit("attempt", ++tried);
    return target;
  });
  closing(() => proxy.close());
  return Object.assign(proxy, {
    url: `ws://127.0.0.1:${proxy.port}`,
    lead: (port: number) => void (target = port),
    attempts: async (count: number) => {
      while (tried < count) await once(attempted, "attempt");
    },
  });
}

/** A port where nobody listens. */
const nowhere = 1;

const urlOf = ({ port }: { port: number }): string => `ws://127.0.0.1:${port}`;

describe("a question from a pipe", () => {
  test("without a key the demo answers: words and a line's end on standard output, nothing else anywhere", async () => {
    const { exited, stdout, stderr } = pipeChat({ input: "What is this?\n" });
    expect(await exited).toBe(0);
    expect(stdout()).toMatch(/^\S.*“What is this\?”[^]*\S\n$/);
    expect(stderr()).toBe("");
  });

  test("with OPENAI_BASE_URL that model is asked, and its words come out as they are made", async () => {
    const upstream = await upstreamOf();
    const flags = ["--model", "openai:some-model"];
    const { exited, stdout, stderr, until } = pipeChat({
      input: "two\nlines\n",
      settings: settingsOf(upstream),
      flags,
    });
    const request = await upstream.next();
    expect(request.body.model).toBe("some-model");
    expect(request.body.messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "two\nlines" },
    ]);
    request.say("one ");
    await until("one ");
    request.say("two");
    request.finish();
    expect(await exited).toBe(0);
    expect([stdout(), stderr()]).toEqual(["one two\n", ""]);
  });

  const badEnds: { reason: string; act: (request: UpstreamRequest) => void; words: string; why: RegExp }[] = [
    {
      reason: "length",
      act: (request) => (request.say("cut"), request.finish("length")),
      words: "cut\n",
      why: /length limit/,
    },
    {
      reason: "content_filter",
      act: (request) => request.finish("content_filter"),
      words: "",
      why: /filter ended this answer/,
    },
    {
      reason: "interrupted",
      act: (request) => (request.say("cut"), request.end()),
      words: "cut\n",
      why: /broke before the answer/,
    },
    {
      reason: "error",
      act: (request) => request.answer(401, "{}"),
      words: "",
      why: /The answer failed\. .* refused the key/,
    },
  ];

  test.each(badEnds)("an answer that ends with $reason is 1, and why is on standard error", async (end) => {
    const upstream = await upstreamOf(end.act);
    const { exited, stdout, stderr } = pipeChat({ input: "Hello", settings: settingsOf(upstream) });
    expect(await exited).toBe(1);
    expect(stdout()).toBe(end.words);
    expect(stderr()).toMatch(end.why);
    expect(stderr()).not.toContain("sk-of-a-test");
  });

  test("Ctrl-C stops the answer, closes the upstream, and is 130", async () => {
    const upstream = await upstreamOf();
    const { child, exited, stdout, until } = pipeChat({ input: "Hello", settings: settingsOf(upstream) });
    const request = await upstream.next();
    request.say("one ");
    await until("one ");
    child.kill("SIGINT");
    await request.closed;
    expect(await exited).toBe(130);
    expect(stdout()).toBe("one \n");
  });

  test("Ctrl-C while the question is being read is 130", async () => {
    const upstream = await upstreamOf();
    const { child, exited, type } = pipeChat({ settings: settingsOf(upstream) });
    type("Hel");
    await started(child.pid);
    child.kill("SIGINT");
    expect(await exited).toBe(130);
    expect(upstream.requests).toEqual([]);
  });

  test("when nobody reads on, the answer stops and nothing is said about it", async () => {
    const upstream = await upstreamOf();
    const { child, exited, stderr, until } = pipeChat({ input: "Hello", settings: settingsOf(upstream) });
    const request = await upstream.next();
    request.say("one ");
    await until("one ");
    child.stdout?.destroy();
    request.say("two ");
    await request.closed;
    expect(await exited).toBe(1);
    expect(stderr()).toBe("");
  });

  test.each(["", " \n\t\n"])("no question (%j) is 1, in words", async (input) => {
    const { exited, stdout, stderr } = pipeChat({ input });
    expect(await exited).toBe(1);
    expect([stdout(), stderr()]).toEqual(["", "There is no question on standard input.\n"]);
  });

  test("nothing that a model writes moves the cursor, however it is cut into pieces", async () => {
    const pieces = [
      "\x1b[31mred\x1b",
      "[2J",
      "\u009b1;1Hhome",
      "\x1b]0;owned\x07",
      "\b\r\x7f",
      "a\tb\n",
      "\0é",
    ];
    const upstream = await upstreamOf((request) => {
      for (const piece of pieces) request.say(piece);
      request.finish();
    });
    const { exited, stdout } = pipeChat({ input: "Hello", settings: settingsOf(upstream) });
    expect(await exited).toBe(0);
    expect(stdout()).toBe("[31mred[2J1;1Hhome]0;owneda\tb\né\n");
  });

  test("all faults of the settings are reported at once, in words", async () => {
    const settings = { MEMORY: "much", TEMPERATURE: "hot" };
    const { exited, stdout, stderr } = pipeChat({
      input: "Hello",
      settings,
      flags: ["--room", "r", "--nam"],
    });
    expect(await exited).toBe(1);
    expect(stdout()).toBe("");
    for (const fault of ["--room needs --url", "MEMORY must", "TEMPERATURE must", "--nam is no flag"])
      expect(stderr()).toContain(`- ${fault}`);
    expect(stderr()).not.toMatch(/\bat .*:\d+:\d+/);
  });

  test("beside --url, settings of the server are a fault", async () => {
    const flags = ["--url", "localhost", "--room", "..", "--model", "demo", "--name="];
    const { exited, stderr } = pipeChat({ input: "Hello", flags });
    expect(await exited).toBe(1);
    for (const fault of [
      "--url must",
      "--room must",
      "MODEL is a setting of the server",
      "--name needs a value",
    ])
      expect(stderr()).toContain(`- ${fault}`);
  });

  test("--help names its flags, and the server's --help names it", async () => {
    const { exited, stdout } = pipeChat({ flags: ["--help"] });
    expect(await exited).toBe(0);
    for (const flag of ["--url", "--room", "--name"]) expect(stdout()).toContain(flag);
    const { output } = await runProcess({}, { flags: ["--help"] });
    expect(output).toContain("chat");
  });
});

/** Resolves when the process handles signals: until then they end it. */
async function started(pid: number | undefined): Promise<void> {
  const { readFile } = await import("node:fs/promises");
  for (;;) {
    const caught = /SigCgt:\s*(\w+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
    if (BigInt(`0x${caught}`) & 1n) return; // SIGHUP, which only we listen to
  }
}

describe("a question from a pipe, to a server", () => {
  test("the answer is made there, and its reasoning is not shown", async () => {
    const parlor = await parlorWithScript();
    const { exited, stdout, stderr, until } = pipeChat({ input: "Hello\n", flags: ["--url", urlOf(parlor)] });
    const call = await parlor.model.nextCall();
    expect(call.messages.at(-1)).toMatchObject({ content: "Hello" });
    call.chunk({ text: "", reasoning: "hm" });
    call.say("one ");
    await until("one ");
    call.say("two");
    call.finish();
    expect(await exited).toBe(0);
    expect([stdout(), stderr()]).toEqual(["one two\n", ""]);
  });

  test("in a room it is asked under a name, after what was said there, and others' answers are not shown", async () => {
    const parlor = await parlorWithScript();
    const ada = await parlor.join("kitchen", { name: "Ada" });
    ada.send({ type: "say", text: "First" });
    const first = await parlor.model.nextCall();
    const flags = ["--url", `http://127.0.0.1:${parlor.port}`, "--room", "kitchen", "--name", "Bob"];
    const { exited, stdout } = pipeChat({ input: "Second", flags });
    await ada.next("message", ({ author }) => author.name === "Bob");
    first.say("for Ada");
    first.finish();
    const second = await parlor.model.nextCall();
    expect(second.messages.map(({ content }) => content)).toContain("Ada: First");
    second.say("for Bob");
    second.finish();
    expect(await exited).toBe(0);
    expect(stdout()).toBe("for Bob\n");
  });

  test("[R2] Ctrl-C reaches the server, and is 130", async () => {
    const parlor = await parlorWithScript();
    const ada = await parlor.join("kitchen", { name: "Ada" });
    const flags = ["--url", urlOf(parlor), "--room", "kitchen", "--name", "Bob"];
    const { child, exited, stdout, until } = pipeChat({ input: "Hello", flags });
    const call = await parlor.model.nextCall();
    call.say("one ");
    await until("one ");
    child.kill("SIGINT");
    expect(await ada.next("end")).toMatchObject({ reason: "cancelled", by: { name: "Bob" } });
    expect(call.signal?.aborted).toBe(true);
    expect(await exited).toBe(130);
    expect(stdout()).toBe("one \n");
  });

  test("[R2] Ctrl-C takes back a question that waits for its turn", async () => {
    const parlor = await parlorWithScript();
    const ada = await parlor.join("kitchen", { name: "Ada" });
    ada.send({ type: "say", text: "First" });
    await parlor.model.nextCall();
    const flags = ["--url", urlOf(parlor), "--room", "kitchen", "--name", "Bob"];
    const { child, exited, stdout } = pipeChat({ input: "Second", flags });
    await ada.next("message", ({ author }) => author.name === "Bob");
    child.kill("SIGINT");
    expect(await ada.next("end")).toMatchObject({ reason: "cancelled", by: { name: "Bob" } });
    expect(await exited).toBe(130);
    expect(stdout()).toBe("");
    expect(parlor.model.calls.length).toBe(1);
  });

  test("an answer that somebody else stops is 1, and who is on standard error", async () => {
    const parlor = await parlorWithScript();
    const ada = await parlor.join("kitchen", { name: "Ada" });
    const flags = ["--url", urlOf(parlor), "--room", "kitchen"];
    const { exited, stdout, stderr } = pipeChat({ input: "Hello", flags });
    (await parlor.model.nextCall()).say("one ");
    await ada.words(4);
    ada.send({ type: "cancel" });
    expect(await exited).toBe(1);
    expect([stdout(), stderr()]).toEqual(["one \n", "stopped by Ada\n"]);
  });

  test("[P3] after a cut in the middle of an answer it goes on where it was", async () => {
    const parlor = await parlorWithScript();
    const proxy = await proxyTo(parlor.port);
    const { exited, stdout, stderr, until } = pipeChat({ input: "Hello", flags: ["--url", proxy.url] });
    const call = await parlor.model.nextCall();
    call.say("before ");
    await until("before ");
    proxy.cut();
    call.say("during ");
    await until("during ");
    call.say("after");
    call.finish();
    expect(await exited).toBe(0);
    expect([stdout(), stderr()]).toEqual(["before during after\n", ""]);
  });

  test("[P5] a question that was not confirmed is sent again, and asked once", async () => {
    const store = createGatedStore();
    const parlor = await parlorWithScript({ store });
    const proxy = await proxyTo(parlor.port);
    const { exited, stdout, until } = pipeChat({ input: "Hello", flags: ["--url", proxy.url] });
    const held = await store.next();
    proxy.cut("rst");
    held.let();
    store.open();
    const call = await parlor.model.nextCall();
    for (const word of ["once ", "and ", "only "]) {
      call.say(word); // on its way the repeat is answered, and that ends nothing
      await until(word);
    }
    call.finish();
    expect(await exited).toBe(0);
    expect(stdout()).toBe("once and only \n");
    expect(parlor.model.calls.length).toBe(1);
  });

  test("[P4] a question that a server has lost is not waited for", async () => {
    const parlor = await parlorWithScript();
    const another = await parlorWithScript();
    const proxy = await proxyTo(parlor.port);
    const { exited, stdout, stderr, until } = pipeChat({ input: "Hello", flags: ["--url", proxy.url] });
    (await parlor.model.nextCall()).say("before");
    await until("before");
    proxy.lead(another.port);
    proxy.cut();
    expect(await exited).toBe(1);
    expect(stdout()).toBe("before\n");
    expect(stderr()).toBe("The server has begun anew, and the question is gone.\n");
    expect(another.model.calls).toEqual([]);
  });

  test("a server that is not there is 1 after a while, in words", async () => {
    const { exited, stdout, stderr } = pipeChat({ input: "Hello", flags: ["--url", "ws://127.0.0.1:1"] });
    expect(await exited).toBe(1);
    expect([stdout(), stderr()]).toEqual(["", "The server cannot be reached, or does not let us in.\n"]);
  });

  test("a question that is too long is 1, in words", async () => {
    const { port } = await parlorWithScript();
    const { exited, stderr } = pipeChat({ input: "x".repeat(40_000), flags: ["--url", urlOf({ port })] });
    expect(await exited).toBe(1);
    expect(stderr()).toBe("This message is too long: 40000 characters, and 32768 at most.\n");
  });
});

const [ctrlC, ctrlD, enter] = ["\x03", "\x04", "\r"];

/** Types it and ends the line. */
const say = ({ type }: Chat, text: string): void => type(text + enter);

/** At a terminal with a model whose words are in the test's hand. */
async function opened(): Promise<Chat & { upstream: Upstream }> {
  const upstream = await upstreamOf();
  const chat = openChat({ settings: settingsOf(upstream) });
  await chat.until("> ");
  return { ...chat, upstream };
}

/** In a room of a server. */
async function entered(url: string, name: string): Promise<Chat> {
  const chat = openChat({ flags: ["--url", url, "--room", "kitchen", "--name", name] });
  await chat.until(`In the room kitchen as ${name}`);
  await chat.until("> ");
  return chat;
}

describe("a person at a terminal", () => {
  terminalTest("Ctrl-C stops the answer, a second one leaves; what was said is remembered", async () => {
    const chat = await opened();
    say(chat, "Hello");
    const request = await chat.upstream.next();
    request.say("one ");
    await chat.until("one ");
    request.say("two");
    await chat.until("two");
    chat.type(ctrlC);
    await request.closed;
    await chat.until("(stopped)");
    await chat.until("> ");
    say(chat, "Again");
    const again = await chat.upstream.next();
    expect(again.body.messages.slice(1)).toEqual([
      { role: "user", content: "Hello" },
      { role: "assistant", content: expect.stringMatching(/^one two\n\n.*cut off/) },
      { role: "user", content: "Again" },
    ]);
    again.say("whole");
    again.finish();
    await chat.until("whole");
    await chat.until("> ");
    chat.type(ctrlC);
    expect(await chat.exited).toBe(0);
    expect(readable(chat.stdout()).match(/> (Hello|Again)/g)).toEqual(["> Hello", "> Again"]);
  });

  terminalTest("Ctrl-C takes back what is typed before it leaves", async () => {
    const chat = await opened();
    chat.type("half");
    await chat.until("half");
    chat.type(`${ctrlC}whole${enter}`);
    const request = await chat.upstream.next();
    expect(request.body.messages.at(-1)?.content).toBe("whole");
  });

  terminalTest("Ctrl-D and /quit leave, also in the middle of an answer", async () => {
    const [first, second] = [await opened(), await opened()];
    first.type(ctrlD);
    expect(await first.exited).toBe(0);
    say(second, "Hello");
    const request = await second.upstream.next();
    request.say("one");
    await second.until("one");
    say(second, "/quit");
    await request.closed;
    expect(await second.exited).toBe(0);
  });

  terminalTest("/regenerate makes the latest answer again, /forget empties the memory", async () => {
    const chat = await opened();
    say(chat, "/regenerate");
    await chat.until("There is no answer yet.");
    say(chat, "Hello");
    const first = await chat.upstream.next();
    first.say("bad");
    first.finish();
    await chat.until("bad");
    await chat.until("> ");
    say(chat, "/regenerate");
    const second = await chat.upstream.next();
    expect(second.body.messages).toEqual(first.body.messages);
    await chat.until("The answer is taken back.");
    second.say("good");
    second.finish();
    await chat.until("good");
    await chat.until("> ");
    say(chat, "Next");
    const third = await chat.upstream.next();
    expect(third.body.messages.map(({ content }) => content)).toEqual(["Be brief.", "Hello", "good", "Next"]);
    say(chat, "/forget"); // stops the answer first
    await third.closed;
    await chat.until("What was said here is forgotten.");
    say(chat, "Afresh");
    const fourth = await chat.upstream.next();
    expect(fourth.body.messages.map(({ content }) => content)).toEqual(["Be brief.", "Afresh"]);
  });

  terminalTest("an unknown command is told and not sent; with a space before it, it is words", async () => {
    const chat = await opened();
    say(chat, "/wat now");
    await chat.until("There is no command /wat; /help lists them.");
    say(chat, "/help");
    for (const word of ["/regenerate", "/forget", "/quit", "/help", "Ctrl-C"]) await chat.until(word);
    say(chat, "");
    say(chat, " /etc/hosts?");
    const request = await chat.upstream.next();
    expect(request.body.messages.at(-1)?.content).toBe(" /etc/hosts?");
    expect(chat.upstream.requests.length).toBe(1);
  });

  terminalTest("what is typed during an answer disturbs nothing, and is there afterwards", async () => {
    const chat = await opened();
    say(chat, "Hello");
    const first = await chat.upstream.next();
    first.say("one ");
    await chat.until("one ");
    say(chat, "typed ahead");
    chat.type("half");
    first.say("two");
    first.finish();
    await chat.until("two\n\n> typed ahead\n");
    const second = await chat.upstream.next();
    second.say("three");
    second.finish();
    await chat.until("three\n\n> half");
    expect(readable(chat.stdout())).toContain("one two\n");
  });

  terminalTest("lines that are pasted together are one question", async () => {
    const chat = await opened();
    chat.type("look: \x1b[200~one\rtwo\r/quit\x1b[201~");
    await chat.until("/quit");
    chat.type(enter);
    const request = await chat.upstream.next();
    expect(request.body.messages.at(-1)?.content).toBe("look: one\ntwo\n/quit");
  });

  terminalTest("an answer that failed says why, and the talk goes on", async () => {
    const chat = await opened();
    say(chat, "Hello");
    (await chat.upstream.next()).answer(401, "{}");
    await chat.until("(The answer failed. The model's provider refused the key.)");
    await chat.until("> ");
    say(chat, "Again");
    const again = await chat.upstream.next();
    again.say("fine");
    again.finish();
    await chat.until("fine");
  });

  terminalTest("nothing that a model writes moves the cursor", async () => {
    const chat = await opened();
    say(chat, "Hello");
    const request = await chat.upstream.next();
    request.say("a\x1b", "[2Jb\x1b]0;owned\x07\u009b", "31mc");
    request.finish();
    await chat.until("a[2Jb]0;owned31mc");
  });
});

describe("people at terminals, in a room of a server", () => {
  terminalTest("each sees the others' messages with their names, and either stops an answer", async () => {
    const parlor = await parlorWithScript();
    const ada = await entered(urlOf(parlor), "Ada");
    const bob = await entered(urlOf(parlor), "Bob");
    bob.type("half typed");
    await bob.until("half typed");
    say(ada, "Hello");
    const call = await parlor.model.nextCall();
    await bob.until("Ada: Hello\n");
    call.say("one ");
    await ada.until("one ");
    await bob.until("scripted to Ada: one ");
    call.say("two");
    await ada.until("two");
    await bob.until("two");
    bob.type(ctrlC);
    await ada.until("(stopped by Bob)");
    await bob.until("(stopped)");
    await bob.until("> half typed");
    say(bob, "");
    await ada.until("Bob: half typed\n");
    expect((await parlor.model.nextCall()).messages.at(-1)?.content).toBe("Bob: half typed");
  });

  terminalTest(
    "who comes and who leaves is told, but not who was there before; and not in the middle of an answer",
    async () => {
      const parlor = await parlorWithScript();
      const bob = await parlor.join("kitchen", { name: "Bob" });
      const ada = await entered(urlOf(parlor), "Ada");
      ada.type("half typed");
      await ada.until("half typed");
      const eve = await parlor.join("kitchen", { name: "E\x1b[2Jve" });
      const here = (): number | undefined =>
        bob.frames.findLast((frame) => frame.type === "presence")?.members.length;
      await bob.until(() => here() === 3);
      await ada.until("E [2Jve is here.\n");
      await ada.until("> half typed");
      say(ada, "");
      const call = await parlor.model.nextCall();
      call.say("one ");
      await ada.until("one ");
      await eve.close();
      await bob.until(() => here() === 2);
      bob.send({ type: "typing", typing: true });
      call.say("two");
      call.finish();
      await ada.until("two\n\nE [2Jve has left.\n> ");
      await bob.close();
      await ada.until("Bob has left.\n");
      expect(readable(ada.stdout()).match(/(Ada|Bob) (is here|has left)/g)).toEqual(["Bob has left"]);
    },
  );

  terminalTest(
    "what a command has to tell waits until the answer's line ends, or the answer does",
    async () => {
      const parlor = await parlorWithScript();
      const bob = await parlor.join("kitchen", { name: "Bob" });
      const ada = await entered(urlOf(parlor), "Ada");
      /** Resolves when all this was read, which nothing on her screen would show. */
      const sayAll = async (...texts: string[]): Promise<void> => {
        for (const text of texts) say(ada, text);
        await bob.next("message", ({ text }) => text === texts.at(-1));
      };
      await sayAll("Hello");
      const call = await parlor.model.nextCall();
      await sayAll("/who", "early"); // no word has come yet, so there is nothing to wait for
      await ada.until("There is no command /who; /help lists them. Nothing was said.\n");
      call.say("one ");
      await ada.until("one ");
      await sayAll("/help", "/wat", "late");
      call.say("two\nthree ");
      await ada.until("two\n/regenerate ");
      await ada.until("There is no command /wat; /help lists them. Nothing was said.\nthree ");
      await sayAll("/why", "last");
      call.say("four");
      call.finish();
      await ada.until("four\n\nThere is no command /why; /help lists them. Nothing was said.\n> early\n");
      expect(readable(ada.stdout())).toContain("one two\n");
      expect(readable(ada.stdout())).toContain("\nthree four\n");
    },
  );

  terminalTest("a long line that is being typed makes room for what others say", async () => {
    const parlor = await parlorWithScript();
    const ada = await entered(urlOf(parlor), "Ada");
    const bob = await parlor.join("kitchen", { name: "Bob" });
    ada.type(`${"x".repeat(200)}\x01\x05`); // three rows of 80, to their beginning, to their end
    for (let drawn = 0; drawn < 3; drawn++) await ada.until("x".repeat(200));
    const before = ada.stdout().length;
    bob.send({ type: "say", text: "Hi", reply: false });
    await ada.until("Bob: Hi\n");
    await ada.until("x".repeat(200));
    const drawn = ada.stdout().slice(before).replaceAll("\r\n", "\n");
    const [up, home, clear] = ["\x1b[2A", "\x1b[1G", "\x1b[0J"];
    expect(drawn).toContain(`${up}${home}${clear}\x1b[1mBob`); // all three rows go
    expect(drawn).toContain(` Hi\n${home}${clear}> xxx`); // and come back right below
  });

  terminalTest("nothing that others write moves the cursor, or looks like somebody else's", async () => {
    const parlor = await parlorWithScript();
    const ada = await entered(urlOf(parlor), "Ada");
    const eve = await parlor.join("kitchen", { name: "E\x1b[2Jve\u009b" });
    eve.send({ type: "say", text: "\x1b[2Jhi\x07\nBob: I am Bob", reply: false });
    await ada.until("[2Jhi\n  Bob: I am Bob\n");
    expect(ada.stdout()).not.toMatch(/\x1b\[2J|\x07|\u009b/); // eslint-disable-line no-control-regex
  });

  terminalTest("a newcomer sees the end of what was said, and how much more there is", async () => {
    const parlor = await parlorWithScript();
    const eve = await parlor.join("kitchen", { name: "Eve" });
    for (let count = 1; count <= 12; count++)
      eve.send({ type: "say", text: `message ${count}.`, reply: false });
    await eve.next("message", ({ text }) => text === "message 12.");
    const ada = openChat({ flags: ["--url", urlOf(parlor), "--room", "kitchen"] });
    await ada.until("2 earlier messages and answers are not shown.");
    for (let count = 3; count <= 12; count++) await ada.until(`Eve: message ${count}.\n`);
    expect(ada.stdout()).not.toContain("message 2.");
  });

  terminalTest("/regenerate and /forget are for all", async () => {
    const parlor = await parlorWithScript();
    const ada = await entered(urlOf(parlor), "Ada");
    const bob = await entered(urlOf(parlor), "Bob");
    say(ada, "Hello");
    const first = await parlor.model.nextCall();
    first.say("bad");
    first.finish();
    await bob.until("bad");
    await ada.until("> ");
    say(ada, "/regenerate");
    await bob.until("The answer is taken back.");
    const second = await parlor.model.nextCall();
    second.say("good");
    second.finish();
    await bob.until("scripted to Ada: good");
    await ada.until("good");
    await ada.until("> ");
    say(ada, "/forget");
    await bob.until("What was said here is forgotten.");
    await ada.until("What was said here is forgotten.");
  });

  terminalTest(
    "[P3] a cut in the middle of an answer is told, and the answer goes on where it was",
    async () => {
      const parlor = await parlorWithScript();
      const proxy = await proxyTo(parlor.port);
      const ada = await entered(proxy.url, "Ada");
      say(ada, "Hello");
      const call = await parlor.model.nextCall();
      call.say("before ");
      await ada.until("before ");
      proxy.lead(nowhere);
      proxy.cut();
      await ada.until("The connection is lost, trying again…");
      call.say("during ");
      say(ada, "while away");
      await ada.until("Not sent yet: it goes out when the server is back.");
      proxy.lead(parlor.port);
      await ada.until("during ");
      call.say("after");
      call.finish();
      await ada.until("after");
      const next = await parlor.model.nextCall();
      expect(next.messages.at(-1)?.content).toBe("while away");
      next.say("arrived");
      await ada.until("arrived");
      expect(readable(ada.stdout()).match(/before|during|after/g)).toEqual(["before", "during", "after"]);
      expect(parlor.model.calls.length).toBe(2);
    },
  );

  terminalTest("[P4] a server that has begun anew is told", async () => {
    const [parlor, another] = [await parlorWithScript(), await parlorWithScript()];
    const proxy = await proxyTo(parlor.port);
    const ada = await entered(proxy.url, "Ada");
    say(ada, "Hello");
    (await parlor.model.nextCall()).say("before");
    await ada.until("before");
    proxy.lead(another.port);
    proxy.cut();
    await ada.until("The server has begun anew: what was said here before is gone.");
    await ada.until("Connected again.");
    await ada.until("> ");
    say(ada, "Again");
    expect((await another.model.nextCall()).messages.at(-1)?.content).toBe("Again");
    expect(readable(ada.stdout())).not.toContain("forgotten"); // which is said of what people do
  });

  terminalTest("what a server that stops does not take goes to the next one", async () => {
    const [parlor, another] = [await parlorWithScript(), await parlorWithScript()];
    const proxy = await proxyTo(parlor.port);
    const ada = await entered(proxy.url, "Ada");
    const eve = await parlor.join("elsewhere");
    eve.send({ type: "say", text: "Hello" });
    const call = await parlor.model.nextCall();
    const stopped = parlor.stop(10_000);
    say(ada, "once");
    await ada.until("once");
    eve.send({ type: "say", text: "too late" });
    await eve.next("error", ({ code }) => code === "draining");
    proxy.lead(another.port);
    call.finish();
    await stopped;
    const next = await another.model.nextCall();
    expect(next.messages.at(-1)?.content).toBe("once");
    next.say("heard");
    await ada.until("heard");
    expect(parlor.model.calls.length).toBe(1);
  });

  terminalTest("a server that is not there yet is waited for, which is said once", async () => {
    const parlor = await parlorWithScript();
    const proxy = await proxyTo(nowhere);
    const ada = openChat({ flags: ["--url", proxy.url] });
    await ada.until("The server cannot be reached, or does not let us in; trying again…");
    await ada.until("> ");
    await proxy.attempts(3);
    say(ada, "early");
    await ada.until("Not sent yet");
    proxy.lead(parlor.port);
    await ada.until("A private conversation; --room ");
    expect((await parlor.model.nextCall()).messages.at(-1)?.content).toBe("early");
    expect(ada.stdout().match(/cannot be reached/g)?.length).toBe(1);
  });
});
