// The library alone: chains, memories and callbacks, without a server.
import { describe, expect, test } from "@jest/globals";
import { ConversationChain } from "../server/chain/conversation-chain.ts";
import { InMemoryChatMessageHistory } from "../server/chain/history.ts";
import { LLMChain } from "../server/chain/llm-chain.ts";
import { BufferMemory, BufferWindowMemory, TokenBufferMemory } from "../server/chain/memory.ts";
import { PromptTemplate } from "../server/chain/prompt.ts";
import { ChainError } from "../server/chain/record.ts";
import type { CallbackHandler } from "../server/models/callback-handler.ts";
import { UpstreamError } from "../server/models/model.ts";
import { createScriptedModel } from "./support/scripted-model.ts";
import { givenUp } from "./support/silence.ts";

/** A model that answers "echo <last message>" in two pieces. */
const echo = () =>
  createScriptedModel({
    onCall: (call) => {
      call.say("echo ", call.messages.at(-1)?.content ?? "");
      call.finish();
    },
  });

describe("LLMChain", () => {
  test("formats its prompt and gives the answer under its key", async () => {
    const llm = echo();
    const prompt = PromptTemplate.fromTemplate("Translate {word} to {language}.");
    expect(await new LLMChain({ llm, prompt }).invoke({ word: "tea", language: "German" })).toEqual({
      text: "echo Translate tea to German.",
    });
    await expect(new LLMChain({ llm, prompt }).invoke({ word: "tea" })).rejects.toThrow();
  });

  test("stream gives the words as they come, and the reason with the last chunk", async () => {
    const chain = new LLMChain({ llm: echo(), prompt: PromptTemplate.fromTemplate("{word}") });
    const chunks = [];
    for await (const { text, finish } of chain.stream({ word: "tea" })) chunks.push([text, finish]);
    expect(chunks).toEqual([
      ["echo ", undefined],
      ["tea", undefined],
      ["", "stop"],
    ]);
  });

  test("invoke rejects when there is no whole answer, and says why", async () => {
    const llm = createScriptedModel({
      onCall: (call) => {
        call.say("half");
        call.fail(new UpstreamError("upstream_overloaded"));
      },
    });
    const failure = new LLMChain({ llm, prompt: PromptTemplate.fromTemplate("x") }).invoke({});
    await expect(failure).rejects.toThrow(ChainError);
    await expect(failure).rejects.toMatchObject({ code: "upstream_overloaded", text: "half" });
  });
});

describe("ConversationChain", () => {
  test("remembers what was said", async () => {
    const llm = echo();
    const chain = new ConversationChain({ llm });
    expect(await chain.invoke({ input: "I am Ada" })).toEqual({ response: "echo I am Ada" });
    await chain.invoke({ input: "Who am I?" });
    expect(llm.calls[1]?.messages.slice(1)).toMatchObject([
      { role: "user", content: "I am Ada" },
      { role: "assistant", content: "echo I am Ada" },
      { role: "user", content: "Who am I?" },
    ]);
  });

  test("[R3] on abort the question and the words so far are remembered, marked as cut off", async () => {
    const llm = createScriptedModel({ onCall: (call) => call.say("one") });
    const chatHistory = new InMemoryChatMessageHistory();
    const chain = new ConversationChain({ llm, memory: new BufferMemory({ chatHistory }) });
    const controller = new AbortController();
    const chunks = [];
    for await (const chunk of chain.stream({ input: "Count" }, { signal: controller.signal })) {
      chunks.push([chunk.text, chunk.finish]);
      controller.abort();
      llm.calls[0]?.say(" two");
    }
    expect(chunks).toEqual([
      ["one", undefined],
      ["", "cancelled"],
    ]);
    expect(await chatHistory.getMessages()).toMatchObject([
      { role: "user", content: "Count" },
      { role: "assistant", content: "one", cut: "cancelled" },
    ]);
  });

  test("invoke honours the signal wherever it comes, and rejects with its reason", async () => {
    const llm = createScriptedModel();
    const chain = new ConversationChain({ llm });
    const controller = new AbortController();
    const invoked = chain.invoke({ input: "Count" }, { signal: controller.signal });
    await llm.nextCall();
    controller.abort(new Error("enough"));
    await expect(invoked).rejects.toThrow("enough");
    await expect(
      chain.invoke({ input: "x" }, { signal: AbortSignal.abort(new Error("no")) }),
    ).rejects.toThrow("no");
    expect(llm.calls.length).toBe(1);
  });

  test("a signal among the values counts like one in the options, and both together", async () => {
    const llm = createScriptedModel();
    const chain = new ConversationChain({ llm });
    const [inner, outer] = [new AbortController(), new AbortController()];
    const first = chain.invoke({ input: "x", signal: inner.signal }, { signal: outer.signal });
    const call = await llm.nextCall();
    inner.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect(call.signal?.aborted).toBe(true);
    const second = chain.invoke(
      { input: "y", signal: new AbortController().signal },
      { signal: outer.signal },
    );
    await llm.nextCall();
    outer.abort(new Error("all of it"));
    await expect(second).rejects.toThrow("all of it");
  });

  test("leaving the loop early is an abort: the upstream is let go, the words are remembered", async () => {
    const llm = createScriptedModel({ onCall: (call) => call.say("one") });
    const chatHistory = new InMemoryChatMessageHistory();
    const chain = new ConversationChain({ llm, memory: new BufferMemory({ chatHistory }) });
    for await (const { text } of chain.stream({ input: "Count" })) if (text) break;
    expect(llm.calls[0]?.signal?.aborted).toBe(true);
    expect(await chatHistory.getMessages()).toMatchObject([
      { content: "Count" },
      { content: "one", cut: "cancelled" },
    ]);
  });

  test("stream throws after its last chunk when the answer failed", async () => {
    const llm = createScriptedModel({ onCall: (call) => call.fail(new UpstreamError("upstream_auth")) });
    const reasons: unknown[] = [];
    const read = async (): Promise<void> => {
      for await (const { finish } of new ConversationChain({ llm }).stream({ input: "x" }))
        reasons.push(finish);
    };
    await expect(read()).rejects.toMatchObject({ code: "upstream_auth" });
    expect(reasons).toEqual(["error"]);
  });

  test("turns on one memory are taken in order of asking, not of finishing", async () => {
    const llm = createScriptedModel();
    const chatHistory = new InMemoryChatMessageHistory();
    const chain = new ConversationChain({ llm, memory: new BufferMemory({ chatHistory }) });
    const both = Promise.all([chain.invoke({ input: "one" }), chain.invoke({ input: "two" })]);
    const first = await llm.nextCall();
    expect(llm.calls.length).toBe(1);
    first.say("1");
    first.finish();
    const second = await llm.nextCall();
    expect(second.messages.map(({ content }) => content).slice(1)).toEqual(["one", "1", "two"]);
    second.finish();
    await both;
    expect((await chatHistory.getMessages()).map(({ content }) => content)).toEqual(["one", "1", "two"]);
  });

  test("no watchdog counts the time for which a call waits for its turn", async () => {
    const llm = createScriptedModel();
    const watchdogs = { firstTokenMs: 60, idleMs: 0, runMs: 60 };
    const memory = new BufferMemory();
    const first = new ConversationChain({ llm, memory }).invoke({ input: "one" });
    const second = new ConversationChain({ llm, memory, watchdogs }).invoke({ input: "two" });
    const call = await llm.nextCall();
    await givenUp(watchdogs);
    call.finish();
    await first;
    const next = await llm.nextCall();
    next.say("2");
    next.finish();
    expect(await second).toEqual({ response: "2" });
  });

  test("a call that is cancelled while it waits for its turn ends at once, and is remembered in its place", async () => {
    const llm = createScriptedModel();
    const chatHistory = new InMemoryChatMessageHistory();
    const chain = new ConversationChain({ llm, memory: new BufferMemory({ chatHistory }) });
    const first = chain.invoke({ input: "one" });
    const controller = new AbortController();
    const second = chain.invoke({ input: "two" }, { signal: controller.signal });
    const third = chain.invoke({ input: "three" });
    controller.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    (await llm.nextCall()).finish();
    await first;
    (await llm.nextCall()).finish();
    await third;
    expect((await chatHistory.getMessages()).map(({ content }) => content)).toEqual(["one", "two", "three"]);
  });
});

describe("batch", () => {
  const prompt = PromptTemplate.fromTemplate("{word}");

  test("gives the answers in the order of the inputs, so many at the same time as it may", async () => {
    const llm = createScriptedModel();
    const words = ["a", "b", "c", "d", "e"].map((word) => ({ word }));
    const batch = new LLMChain({ llm, prompt }).batch(words, { maxConcurrency: 2 });
    const calls = [await llm.nextCall(), await llm.nextCall()];
    await new Promise(setImmediate);
    expect(llm.calls.length).toBe(2);
    for (let index = 2; calls.length > 0; index++) {
      const call = calls.pop(); // the later one ends first
      call?.say(`echo ${call.messages[0]?.content}`);
      call?.finish();
      if (index < words.length) calls.push(await llm.nextCall());
    }
    expect(await batch).toEqual(words.map(({ word }) => ({ text: `echo ${word}` })));
  });

  test("fails with the first that fails, and aborts the others", async () => {
    const llm = createScriptedModel();
    const batch = new LLMChain({ llm, prompt }).batch([{ word: "a" }, { word: "b" }]);
    const [first, second] = [await llm.nextCall(), await llm.nextCall()];
    second.fail(new UpstreamError("upstream_auth"));
    await expect(batch).rejects.toMatchObject({ code: "upstream_auth" });
    expect(first.signal?.aborted).toBe(true);
  });

  test("an abort ends them all, and nothing is asked for no input", async () => {
    const llm = createScriptedModel();
    const chain = new LLMChain({ llm, prompt });
    expect(await chain.batch([])).toEqual([]);
    const controller = new AbortController();
    const batch = chain.batch([{ word: "a" }, { word: "b" }], { signal: controller.signal });
    const [first, second] = [await llm.nextCall(), await llm.nextCall()];
    controller.abort(new Error("enough"));
    await expect(batch).rejects.toThrow("enough");
    expect([first.signal?.aborted, second.signal?.aborted]).toEqual([true, true]);
  });

  test("on one memory the turns are taken in the order of the inputs", async () => {
    const llm = echo();
    const chatHistory = new InMemoryChatMessageHistory();
    const chain = new ConversationChain({ llm, memory: new BufferMemory({ chatHistory }) });
    await chain.batch([{ input: "one" }, { input: "two" }, { input: "three" }]);
    expect((await chatHistory.getMessages()).map(({ content }) => content)).toEqual([
      ...["one", "echo one", "two", "echo two", "three", "echo three"],
    ]);
  });
});

describe("memories", () => {
  const filled = async (count: number) => {
    const chatHistory = new InMemoryChatMessageHistory();
    for (let index = 0; index < count; index++)
      await chatHistory.addMessages([
        { role: "user", content: `question ${index}` },
        { role: "assistant", content: `answer ${index}` },
      ]);
    return chatHistory;
  };
  const contents = async (memory: BufferMemory) =>
    (await memory.loadMemoryVariables()).history.map(({ content }) => content);

  test("a window keeps the last messages, and begins with a question", async () => {
    const chatHistory = await filled(10);
    expect(await contents(new BufferWindowMemory({ chatHistory, messages: 4 }))).toEqual([
      "question 8",
      "answer 8",
      "question 9",
      "answer 9",
    ]);
    expect(await contents(new BufferWindowMemory({ chatHistory, messages: 3 }))).toEqual([
      "question 9",
      "answer 9",
    ]);
  });

  test("a token memory keeps what fits, and reads no more of the past than it needs", async () => {
    const chatHistory = await filled(1_000);
    let read = 0;
    const counting = {
      ...chatHistory,
      async *newestFirst() {
        for await (const message of chatHistory.newestFirst()) {
          read += 1;
          yield message;
        }
      },
      addMessages: () => Promise.resolve(),
      clear: () => Promise.resolve(),
    };
    const kept = await contents(new TokenBufferMemory({ chatHistory: counting, maxTokenLimit: 100 }));
    expect(kept.at(-1)).toBe("answer 999");
    expect(kept.length).toBe(14);
    expect(read).toBeLessThanOrEqual(kept.length + 2);
  });
});

describe("callbacks", () => {
  test("handlers hear the whole story, in order, and one that throws or hangs disturbs nothing", async () => {
    const heard: string[] = [];
    const handler = {
      handleChainStart: () => heard.push("chain start"),
      handleLLMStart: () => heard.push("llm start"),
      handleLLMNewToken: (token: string) => heard.push(token),
      handleLLMEnd: () => heard.push("llm end"),
      handleChainEnd: () => heard.push("chain end"),
    };
    const bad = {
      handleLLMNewToken: () => {
        throw new Error("bad handler");
      },
      handleLLMEnd: () => Promise.reject(new Error("bad handler")),
      handleChainEnd: () => new Promise(() => {}),
    };
    const chain = new ConversationChain({ llm: echo(), callbacks: [bad, handler] });
    await chain.invoke({ input: "tea" });
    expect(heard).toEqual(["chain start", "llm start", "echo ", "tea", "llm end", "chain end"]);
  });

  test("those of the model hear of the model, those of the call of that call, with one id each", async () => {
    const heard: string[] = [];
    const ids = { chain: new Set<string>(), llm: new Set<string>(), parent: new Set<string>() };
    const handler = (who: string): CallbackHandler => ({
      handleChainStart: ({ name }, _, runId) => {
        heard.push(`${who}: ${name}`);
        ids.chain.add(runId);
      },
      handleLLMStart: (...[{ name }, prompts, runId, parentRunId]) => {
        heard.push(`${who}: ${name}, ${prompts.join()}`);
        ids.llm.add(runId);
        ids.parent.add(parentRunId);
      },
      handleLLMNewToken: (token, _, runId) => {
        heard.push(`${who}: ${token}`);
        ids.llm.add(runId);
      },
      handleChainEnd: (outputs, runId) => {
        heard.push(`${who}: ${JSON.stringify(outputs)}`);
        ids.chain.add(runId);
      },
    });
    const llm = { ...echo(), callbacks: [handler("model")] };
    const prompt = PromptTemplate.fromTemplate("{word}");
    const chain = new LLMChain({ llm, prompt, callbacks: [handler("chain")] });
    await chain.invoke({ word: "tea" }, { callbacks: [handler("call")] });
    await chain.invoke({ word: "milk" });
    const of = (who: string) =>
      heard.filter((line) => line.startsWith(who)).map((line) => line.slice(who.length + 2));
    expect(of("model")).toEqual(["scripted, tea", "echo ", "tea", "scripted, milk", "echo ", "milk"]);
    expect(of("call")).toEqual(["LLMChain", "scripted, tea", "echo ", "tea", '{"text":"echo tea"}']);
    expect(of("chain").length).toBe(10);
    expect([ids.chain.size, ids.llm.size]).toEqual([2, 2]);
    expect(ids.parent).toEqual(ids.chain);
  });

  test("a handler that wants messages gets them instead of a text, and reasoning comes as a chunk without a token", async () => {
    const heard: unknown[] = [];
    const llm = createScriptedModel({
      onCall: (call) => {
        call.chunk({ text: "", reasoning: "hm" });
        call.say("Hi");
        call.finish();
      },
    });
    const handler: CallbackHandler = {
      handleChatModelStart: (_, [messages]) => heard.push(messages?.map(({ role }) => role)),
      handleLLMStart: () => heard.push("a text"),
      handleLLMNewToken: (...[token, , , , , { chunk }]) => heard.push([token, chunk.reasoning]),
    };
    await new ConversationChain({ llm, callbacks: [handler] }).invoke({ input: "Hello" });
    expect(heard).toEqual([
      ["system", "user"],
      ["", "hm"],
      ["Hi", undefined],
    ]);
  });

  test("a failure is told to the model's handlers and to the chain's, as what it was", async () => {
    const heard: string[] = [];
    const llm = createScriptedModel({ onCall: (call) => call.fail(new UpstreamError("upstream_auth")) });
    const handler: CallbackHandler = {
      handleLLMError: (error) => heard.push(`model ${(error as ChainError).code}`),
      handleChainError: (error) => heard.push(`chain ${(error as ChainError).code}`),
      handleLLMEnd: () => heard.push("end"),
    };
    await expect(
      new ConversationChain({ llm, callbacks: [handler] }).invoke({ input: "x" }),
    ).rejects.toThrow();
    expect(heard).toEqual(["model upstream_auth", "chain upstream_auth"]);
  });

  test("none is called after the abort, even when the model goes on", async () => {
    const llm = createScriptedModel({ ignoresSignal: true });
    const heard: string[] = [];
    const chain = new ConversationChain({
      llm,
      callbacks: [
        { handleLLMNewToken: (token) => heard.push(token), handleLLMError: () => heard.push("error") },
      ],
    });
    const controller = new AbortController();
    const invoked = chain.invoke({ input: "x" }, { signal: controller.signal });
    const call = await llm.nextCall();
    call.say("one");
    await new Promise(setImmediate);
    controller.abort();
    call.say("two");
    call.finish();
    await expect(invoked).rejects.toThrow();
    expect(heard).toEqual(["one"]);
  });
});
