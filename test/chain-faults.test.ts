// What a chain does when a memory, a model, a handler or its reader behaves badly.
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "@jest/globals";
import { ConversationChain } from "../server/chain/conversation-chain.ts";
import { generate, Generation } from "../server/chain/generation.ts";
import { LLMChain } from "../server/chain/llm-chain.ts";
import { BufferMemory, type Memory } from "../server/chain/memory.ts";
import { PromptTemplate } from "../server/chain/prompt.ts";
import { ChainError } from "../server/chain/record.ts";
import { speakersOf } from "../server/chain/speakers.ts";
import { openModel } from "../server/models/catalog.ts";
import { withFallbacks } from "../server/models/fallback.ts";
import { UpstreamError, type ChatMessage, type ChatModel } from "../server/models/model.ts";
import { createScriptedModel } from "./support/scripted-model.ts";
import { givenUp } from "./support/silence.ts";
import { startUpstream } from "./support/upstream.ts";
import { closing } from "./support/world.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What is in use, and not only not collected yet. */
function heldBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

const answering = () =>
  createScriptedModel({
    onCall: (call) => {
      call.say("Hi");
      call.finish();
    },
  });

/** A memory whose saving is in the test's hand. */
function memoryWith(saveContext: Memory["saveContext"]): Memory {
  return {
    loadMemoryVariables: () => Promise.resolve({ history: [] }),
    saveContext,
    clear: () => Promise.resolve(),
  };
}

describe("a memory that does not save", () => {
  test.each([
    ["rejects", () => Promise.reject(new Error("disk full"))],
    [
      "throws",
      () => {
        throw new Error("disk full");
      },
    ],
  ])(
    "when it %s, the last chunk comes all the same, the call fails after it, and the next one has its turn",
    async (_, save) => {
      const llm = answering();
      const chain = new ConversationChain({ llm, memory: memoryWith(save) });
      const chunks: unknown[] = [];
      const read = async (): Promise<void> => {
        for await (const { text, finish } of chain.stream({ input: "x" })) chunks.push([text, finish]);
      };
      await expect(read()).rejects.toMatchObject({ code: "storage_unavailable", text: "Hi" });
      expect(chunks).toEqual([
        ["Hi", undefined],
        ["", "stop"],
      ]);
      await expect(chain.invoke({ input: "y" })).rejects.toThrow(ChainError);
      expect(llm.calls.length).toBe(2);
    },
  );

  test("when it hangs, an abort ends the call nevertheless", async () => {
    const llm = createScriptedModel();
    const chain = new ConversationChain({ llm, memory: memoryWith(() => new Promise(() => {})) });
    const controller = new AbortController();
    const invoked = chain.invoke({ input: "x" }, { signal: controller.signal });
    await llm.nextCall();
    controller.abort(new Error("enough"));
    await expect(invoked).rejects.toThrow("enough");
  });
});

describe("a model that behaves badly", () => {
  test("one whose iterator cannot be let go locks nobody out", async () => {
    const llm: ChatModel = {
      name: "bad",
      stream: () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.resolve({ done: false, value: { text: "word" } }),
          return: () => {
            throw new Error("no");
          },
        }),
      }),
    };
    const chain = new ConversationChain({ llm });
    for (let count = 0; count < 2; count++)
      for await (const { text } of chain.stream({ input: "x" })) if (text) break;
  });

  test("one that is none of ours is told of in words, and its promise is nobody's fault", async () => {
    const foreign = { name: "foreign", stream: () => Promise.reject(new Error("aborted")) };
    const chain = new ConversationChain({ llm: foreign as unknown as ChatModel });
    await expect(chain.invoke({ input: "x" })).rejects.toThrow("fromLangChain");
    await turn();
  });

  test("a mistake of the caller is told in its own words, a fault of the provider by its status", async () => {
    const prompt = PromptTemplate.fromTemplate("{word}");
    await expect(new LLMChain({ llm: answering(), prompt }).invoke({})).rejects.toThrow("{word}");
    const llm = createScriptedModel({
      onCall: (call) => call.fail(new UpstreamError("upstream_auth", { status: 401 })),
    });
    const failure = new ConversationChain({ llm }).invoke({ input: "x" });
    await expect(failure).rejects.toMatchObject({ code: "upstream_auth", cause: { status: 401 } });
  });

  test("[S2] millions of tiny words cost what they are long", async () => {
    const count = 2_000_000;
    const llm: ChatModel = {
      name: "tiny",
      stream: () => {
        let left = count;
        const next = () =>
          Promise.resolve(
            left-- > 0
              ? { done: false as const, value: { text: "x" } }
              : { done: false as const, value: { text: "", finish: "stop" as const } },
          );
        let isOver = false;
        return {
          [Symbol.asyncIterator]: () => ({
            next: async () =>
              isOver
                ? { done: true as const, value: undefined }
                : next().then((step) => ((isOver = step.value.finish !== undefined), step)),
          }),
        };
      },
    };
    const before = heldBytes();
    let held = 0;
    let read = 0;
    for await (const { text } of new LLMChain({ llm, prompt: PromptTemplate.fromTemplate("x") }).stream({})) {
      read += text.length;
      if (text && read === count) held = heldBytes() - before;
    }
    expect(read).toBe(count);
    expect(held).toBeLessThan(16 * count);
  });
});

describe("a reader that behaves badly", () => {
  const watchdogs = { firstTokenMs: 50, idleMs: 50, runMs: 0 };

  test("one that takes longer for a word than a model may be silent loses none, and the model is not blamed", async () => {
    const llm = createScriptedModel({
      onCall: (call) => {
        call.say("one ", "two ", "three");
        call.finish();
      },
    });
    let text = "";
    let last: string | undefined;
    for await (const chunk of new ConversationChain({ llm, watchdogs }).stream({ input: "x" })) {
      text += chunk.text;
      last = chunk.finish;
      await givenUp(watchdogs);
    }
    expect([text, last]).toEqual(["one two three", "stop"]);
  });

  test("one that leaves while it waits for a word need not wait for it", async () => {
    const llm = createScriptedModel();
    const answer = new ConversationChain({ llm }).stream({ input: "x" });
    const pending = answer.next();
    const call = await llm.nextCall();
    await answer.return(undefined);
    expect(call.signal?.aborted).toBe(true);
    expect((await pending).value).toMatchObject({ finish: "cancelled" });
  });

  test("one that never comes back keeps its turn no longer than a run may take", async () => {
    const llm = createScriptedModel({ onCall: (call) => call.say("word") });
    const memory = new BufferMemory();
    const forgetful = new ConversationChain({ llm, memory, watchdogs: { ...watchdogs, runMs: 60 } });
    await forgetful.stream({ input: "one" }).next();
    const next = new ConversationChain({ llm, memory }).stream({ input: "two" });
    expect((await next.next()).value).toMatchObject({ text: "word" });
    await next.return(undefined);
    const { history } = await memory.loadMemoryVariables();
    expect(history.map(({ content }) => content)).toEqual(["one", "word", "two", "word"]);
  });

  test("the finish marker ends the time that a run may take", async () => {
    const llm = createScriptedModel();
    const prompt = () => Promise.resolve<ChatMessage[]>([]);
    const aRun = { firstTokenMs: 0, idleMs: 0, runMs: 80 };
    const generation = new Generation({ llm, prompt, watchdogs: aRun });
    const next = generation.next();
    const call = await llm.nextCall();
    call.chunk({ text: "", finish: "stop" });
    await givenUp(aRun);
    call.end();
    expect(await next).toMatchObject({ finish: "stop" });
    generation.close();
  });
});

describe("handlers", () => {
  test("one that aborts keeps the others from hearing of it, and one that is given twice hears once", async () => {
    const heard: string[] = [];
    const controller = new AbortController();
    const twice = { handleLLMStart: () => heard.push("start"), handleLLMNewToken: () => heard.push("late") };
    const llm = { ...answering(), callbacks: [twice] };
    const aborting = { handleLLMNewToken: () => controller.abort(new Error("enough")) };
    const chain = new ConversationChain({ llm, callbacks: [aborting, twice] });
    await expect(chain.invoke({ input: "x" }, { signal: controller.signal })).rejects.toThrow("enough");
    expect(heard).toEqual(["start"]);
  });

  test("after a memory that was too slow nothing begins any more", async () => {
    const heard: string[] = [];
    const loading = Promise.withResolvers<{ history: ChatMessage[] }>();
    const memory = { ...memoryWith(() => Promise.resolve()), loadMemoryVariables: () => loading.promise };
    const chain = new ConversationChain({
      llm: answering(),
      memory,
      watchdogs: { firstTokenMs: 20, idleMs: 0, runMs: 0 },
      callbacks: [{ handleLLMStart: () => heard.push("start"), handleLLMError: () => heard.push("error") }],
    });
    await expect(chain.invoke({ input: "x" })).rejects.toMatchObject({ code: "first_token_timeout" });
    loading.resolve({ history: [] });
    await turn();
    expect(heard).toEqual(["error"]);
  });

  test("the signal that they are given is not aborted by a good end", async () => {
    const signals: AbortSignal[] = [];
    const handler = {
      handleLLMStart: (...args: unknown[]) => signals.push((args[4] as { signal: AbortSignal }).signal),
    };
    await new ConversationChain({ llm: answering(), callbacks: [handler] }).invoke({ input: "x" });
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });
});

test("a model that is given up for the next one is told of, whatever the listener makes of it", async () => {
  const told: unknown[] = [];
  const bad = {
    ...createScriptedModel({ onCall: (call) => call.fail(new UpstreamError("upstream_auth")) }),
    name: "a",
  };
  const quiet = { ...createScriptedModel({ onCall: (call) => call.end() }), name: "b" };
  const onFallback = (model: string, error: unknown): void => {
    told.push([model, (error as UpstreamError).code]);
    throw new Error("bad listener");
  };
  const llm = withFallbacks([bad, quiet, answering()], { onFallback });
  expect(await new ConversationChain({ llm }).invoke({ input: "x" })).toEqual({ response: "Hi" });
  expect(told).toEqual([
    ["a", "upstream_auth"],
    ["b", "upstream_cut"],
  ]);
});

test("a batch needs to be allowed one answer at a time, and takes any number", async () => {
  const chain = new LLMChain({ llm: answering(), prompt: PromptTemplate.fromTemplate("x") });
  for (const maxConcurrency of [0, -1, NaN])
    await expect(chain.batch([{}], { maxConcurrency })).rejects.toThrow(RangeError);
  expect(await chain.batch([{}, {}], { maxConcurrency: Infinity })).toHaveLength(2);
});

test("[R7] people of one name are told apart, however many they are", () => {
  const messages = Array.from({ length: 50_000 }, (_, index): ChatMessage => {
    const name = index === 2 ? "Ada (2)" : "Ada";
    return { role: "user", content: "Hi", author: { id: String(index), name } };
  });
  const names = [...speakersOf(messages).values()];
  expect(names.slice(0, 4)).toEqual(["Ada", "Ada (2)", "Ada (2) (2)", "Ada (3)"]);
  expect(new Set(names).size).toBe(50_000);
});

test("a list of messages in the place of a text is all of them", async () => {
  const { ChatPromptTemplate } = await import("../server/chain/prompt.ts");
  const history: ChatMessage[] = [
    { role: "user", content: "q1" },
    { role: "assistant", content: "a1" },
  ];
  expect(ChatPromptTemplate.fromMessages([["human", "{history}"]]).format({ history })).toEqual([
    { role: "user", content: "Human: q1\nAI: a1" },
  ]);
});

test("settings of Azure lead to its deployment", async () => {
  const upstream = await startUpstream((request) => (request.say("Hi"), request.finish()));
  closing(() => upstream.close());
  const settings = {
    provider: "azure",
    name: "my-deployment",
    endpoint: new URL(upstream.url).origin,
    apiKey: "k",
    apiVersion: "2024-10-21",
    temperature: undefined,
  } as const;
  const llm = await openModel([settings], { firstTokenMs: 1_000 });
  expect(await new ConversationChain({ llm }).invoke({ input: "x" })).toEqual({ response: "Hi" });
  expect(upstream.requests[0]?.path).toContain("/openai/deployments/my-deployment/");
});

describe("a model whose stream is none", () => {
  const steps = {
    "gives nothing where a piece should be": () => Promise.resolve({ done: false, value: undefined }),
    "throws where it should give a promise": () => {
      throw new Error("not a promise");
    },
    "gives no promise": () => 7,
  };
  test.each(Object.entries(steps))(
    "that %s ends the answer as an error of ours, and nothing hangs",
    async (_, next) => {
      const stream = () => ({ [Symbol.asyncIterator]: () => ({ next }) });
      const llm = { name: "odd", stream } as unknown as ChatModel;
      const pieces = [];
      for await (const { finish, error } of generate({ llm, prompt: () => Promise.resolve([]) }))
        pieces.push({ finish, code: error?.code });
      expect(pieces).toEqual([{ finish: "error", code: "internal" }]);
    },
  );

  test("a reader who asks for several pieces at once gets them in their order, then the end", async () => {
    const chain = new LLMChain({ llm: answering(), prompt: PromptTemplate.fromTemplate("{input}") });
    const answer = chain.stream({ input: "Hello" });
    const steps = await Promise.all([answer.next(), answer.next(), answer.next(), answer.next()]);
    expect(steps.map(({ done, value }) => (done ? "over" : (value?.finish ?? value?.text)))).toEqual([
      "Hi",
      "stop",
      "over",
      "over",
    ]);
  });
});
