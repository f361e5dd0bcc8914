// Six faults that LangChain's conversation chain has and ours must not have. The same tests can be asked of LangChain's,
// where they fail: bench/peers/README.md.
import { afterEach, describe, expect, test } from "@jest/globals";
import { setTimeout as wait } from "node:timers/promises";
import { ConversationChain } from "../server/chain/conversation-chain.ts";
import { BufferMemory } from "../server/chain/memory.ts";
import { SummaryBufferMemory } from "../server/chain/summary-memory.ts";
import type { ChatModel } from "../server/models/model.ts";
import { ChatOpenAI } from "../server/models/openai.ts";
import { startUpstream, type Upstream, type UpstreamRequest } from "./support/upstream.ts";

type Input = { input: string; signal?: AbortSignal };

/** A chain with a memory of its own. */
type Talk = {
  /** Resolves when the memory is done with it, too. */
  invoke(values: Input, options?: { signal?: AbortSignal }): Promise<unknown>;
  /** The texts of its chunks. */
  stream(values: Input): AsyncIterable<string>;
  /** What the memory would show to the model now. */
  remembered(): Promise<string>;
};

type OnToken = (token: string) => void;

/** What is asked of a chain, whoever made it. */
type Candidate = {
  /** Remembers everything; its model is `ChatOpenAI`. */
  talk(options: { baseURL: string; onToken?: OnToken }): Talk;
  /** Remembers about so many tokens, and a summary of what was before. */
  summarisingTalk(options: { baseURL: string; maxTokenLimit: number }): Talk;
  /** Its model says these words, whatever the signal says. */
  deafTalk(options: { words: () => AsyncIterable<string>; onToken: OnToken }): Talk;
};

const model = "gpt-5-mini";

function ourTalk(llm: ChatModel, memory: BufferMemory, onToken: OnToken = () => {}): Talk {
  const chain = new ConversationChain({ llm, memory, callbacks: [{ handleLLMNewToken: onToken }] });
  return {
    invoke: (values, options) => chain.invoke(values, options),
    async *stream(values) {
      for await (const { text } of chain.stream(values)) if (text) yield text;
    },
    remembered: async () => JSON.stringify(await memory.loadMemoryVariables()),
  };
}

const ours: Candidate = {
  talk: ({ baseURL, onToken }) => ourTalk(new ChatOpenAI({ model, baseURL }), new BufferMemory(), onToken),
  summarisingTalk: ({ baseURL, maxTokenLimit }) => {
    const llm = new ChatOpenAI({ model, baseURL });
    const memory = new SummaryBufferMemory({ llm, maxTokenLimit });
    const talk = ourTalk(llm, memory);
    return { ...talk, invoke: (values) => talk.invoke(values).finally(() => memory.idle()) };
  },
  deafTalk: ({ words, onToken }) => {
    async function* stream() {
      for await (const text of words()) yield { text };
      yield { text: "", finish: "stop" as const };
    }
    return ourTalk({ name: "deaf", stream }, new BufferMemory(), onToken);
  },
};

const theirs: string = "../bench/peers/langchain.js"; // what it needs is only there when somebody installed it
const candidate =
  process.env["CHAIN"] === "langchain"
    ? ((await import(theirs)) as { langchain: Candidate }).langchain
    : ours;

const upstreams: Upstream[] = [];
afterEach(async () => {
  for (const upstream of upstreams.splice(0)) await upstream.close();
});

async function open(onRequest?: (request: UpstreamRequest) => void): Promise<Upstream> {
  const upstream = await startUpstream(onRequest);
  upstreams.push(upstream);
  return upstream;
}

function answer(request: UpstreamRequest, ...words: string[]): void {
  request.say(...words);
  request.finish();
}

describe("six faults of another chain", () => {
  test("an answer that is stopped in its middle is remembered, and so is its question", async () => {
    const upstream = await open();
    const heard = Promise.withResolvers<string>();
    const talk = candidate.talk({ baseURL: upstream.url, onToken: heard.resolve });
    const controller = new AbortController();
    const invoked = talk.invoke({ input: "Count for me", signal: controller.signal });
    (await upstream.next()).say("one, two");
    await heard.promise;
    controller.abort();
    await expect(invoked).rejects.toThrow();
    const remembered = await talk.remembered();
    expect(remembered).toContain("Count for me");
    expect(remembered).toContain("one, two");
  });

  test("the signal in the options stops the answer", async () => {
    const upstream = await open();
    const heard = Promise.withResolvers<string>();
    const talk = candidate.talk({ baseURL: upstream.url, onToken: heard.resolve });
    const controller = new AbortController();
    const invoked = talk.invoke({ input: "Count for me" }, { signal: controller.signal });
    const request = await upstream.next();
    request.say("one, two");
    await heard.promise;
    controller.abort();
    answer(request, ", three"); // for those who did not hear
    await expect(invoked).rejects.toThrow();
  });

  test("callbacks are silent after an abort, even when the model goes on", async () => {
    const aborted = Promise.withResolvers<void>();
    async function* words() {
      yield "one";
      await aborted.promise;
      yield* [" two", " three", " four"];
    }
    const heard: string[] = [];
    const begun = Promise.withResolvers<void>();
    const onToken = (token: string): void => {
      heard.push(token);
      begun.resolve();
    };
    const controller = new AbortController();
    const talk = candidate.deafTalk({ words, onToken });
    const invoked = talk.invoke({ input: "Count", signal: controller.signal });
    await begun.promise;
    controller.abort();
    await expect(invoked).rejects.toThrow();
    aborted.resolve();
    for (let turns = 0; turns < 50; turns++) await new Promise(setImmediate);
    expect(heard).toEqual(["one"]);
  });

  test("stream gives the words one by one", async () => {
    const { url } = await open((request) => answer(request, "one", " two", " three"));
    const texts = [];
    for await (const text of candidate.talk({ baseURL: url }).stream({ input: "Count" })) texts.push(text);
    expect(texts).toEqual(["one", " two", " three"]);
  });

  test("of two calls at once the second sees the first, and they are remembered in the order of asking", async () => {
    const asked: Record<string, string> = {};
    const { url } = await open((request) => {
      const messages = JSON.stringify(request.body.messages);
      const isSecond = messages.includes("I am Bob");
      asked[isSecond ? "second" : "first"] = messages;
      if (isSecond) answer(request, "Hello Bob");
      else void wait(100).then(() => answer(request, "Hello Ada"));
    });
    const talk = candidate.talk({ baseURL: url });
    await Promise.all([talk.invoke({ input: "I am Ada" }), talk.invoke({ input: "I am Bob" })]);
    const remembered = await talk.remembered();
    const said = remembered.match(/I am Ada|Hello Ada|I am Bob|Hello Bob/g);
    expect({ said, isFirstSeen: asked["second"]?.includes("Hello Ada") }).toEqual({
      said: ["I am Ada", "Hello Ada", "I am Bob", "Hello Bob"],
      isFirstSeen: true,
    });
  });

  test("a memory with a summary shows a bounded number of messages for ever", async () => {
    const { url } = await open((request) => answer(request, "Well then."));
    const talk = candidate.summarisingTalk({ baseURL: url, maxTokenLimit: 60 });
    const shown: number[] = [];
    for (let turn = 0; turn < 60; turn++) {
      await talk.invoke({ input: `question ${turn}` });
      shown.push((await talk.remembered()).match(/question \d+/g)?.length ?? 0);
    }
    expect(Math.min(...shown)).toBeGreaterThan(0);
    expect(Math.max(...shown)).toBeLessThanOrEqual(10);
  });
});
