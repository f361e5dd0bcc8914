// From values to what a model is shown.
import { describe, expect, test } from "@jest/globals";
import { ConversationChain } from "../server/chain/conversation-chain.ts";
import { LLMChain } from "../server/chain/llm-chain.ts";
import { BufferMemory } from "../server/chain/memory.ts";
import {
  ChatPromptTemplate,
  ConversationPrompt,
  MessagesPlaceholder,
  PromptTemplate,
} from "../server/chain/prompt.ts";
import type { ChatMessage } from "../server/models/model.ts";
import { createScriptedModel } from "./support/scripted-model.ts";

const ada = { id: "1", name: "Ada" };
const bob = { id: "2", name: "Bob" };

const history: ChatMessage[] = [
  { role: "user", content: "Hello" },
  { role: "assistant", content: "Hi", cut: "cancelled" },
];

const silent = () => createScriptedModel({ onCall: (call) => call.finish() });

describe("a template in string form", () => {
  test("spells a history out in lines, and says where an answer was cut off", () => {
    const prompt = PromptTemplate.fromTemplate("{history}\nHuman: {input}\nAI:");
    expect(prompt.format({ history, input: "And?" })).toEqual([
      {
        role: "user",
        content: "Human: Hello\nAI: Hi [This answer was cut off before its end.]\nHuman: And?\nAI:",
      },
    ]);
  });

  test("names people when there are several", () => {
    const said: ChatMessage[] = [
      { role: "user", content: "Hello", author: ada },
      { role: "user", content: "Hi", author: bob },
    ];
    expect(PromptTemplate.fromTemplate("{history}").format({ history: said })[0]?.content).toBe(
      "Ada: Hello\nBob: Hi",
    );
  });

  test("double braces are braces, and a missing value is told by its name", () => {
    const prompt = PromptTemplate.fromTemplate('Answer as {{"word": "{word}"}}');
    expect(prompt.format({ word: "tea" })[0]?.content).toBe('Answer as {"word": "tea"}');
    expect(() => prompt.format({})).toThrow("{word}");
    expect(prompt.format({ word: "{other}" })[0]?.content).toContain("{other}"); // a value is no template
  });

  test("with {history} and {input} it is a conversation's prompt", async () => {
    const llm = silent();
    const prompt = PromptTemplate.fromTemplate("{history}\nHuman: {input}");
    const chain = new ConversationChain({ llm, prompt });
    await chain.invoke({ input: "one" });
    await chain.invoke({ input: "two" });
    expect(llm.calls[1]?.messages).toEqual([{ role: "user", content: "Human: one\nHuman: two" }]);
  });
});

describe("a template in chat form", () => {
  const prompt = ChatPromptTemplate.fromMessages([
    ["system", "You speak {language}."],
    new MessagesPlaceholder("history"),
    ["human", "{input}"],
    { role: "assistant", content: "{as it is}" },
  ]);

  test("fills in texts and messages, in their order", () => {
    expect(prompt.format({ language: "German", history, input: "And?" })).toMatchObject([
      { role: "system", content: "You speak German." },
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hi\n\n[This answer was cut off before its end.]" },
      { role: "user", content: "And?" },
      { role: "assistant", content: "{as it is}" },
    ]);
    expect(() => prompt.format({ language: "German", input: "And?" })).toThrow("{history}");
  });

  test("[R7] several speakers are named to the model, which is told so beforehand", () => {
    const input = { role: "user", content: "And I?", author: bob } as const;
    const said: ChatMessage[] = [{ role: "user", content: "Hello", author: ada }];
    const shown = prompt.format({ language: "German", history: said, input });
    expect(shown.map(({ content }) => content)).toEqual([
      expect.stringMatching(/^You speak German\.\n\nSeveral people/),
      "Ada: Hello",
      "Bob: And I?",
      "{as it is}",
    ]);
    const alone = prompt.format({ language: "German", history: [], input });
    expect(alone.map(({ content }) => content)).toEqual(["You speak German.", "And I?", "{as it is}"]);
  });

  test("is told of the speakers also where it has no system message", () => {
    const bare = ChatPromptTemplate.fromMessages([new MessagesPlaceholder("history")]);
    const said = [ada, bob].map((author) => ({ role: "user", content: "Hi", author }));
    expect(bare.format({ history: said })[0]).toMatchObject({ role: "system" });
  });

  test("a bare text may stand where messages may", () => {
    expect(new ConversationPrompt({ system: "" }).format({ history: [], input: "Hello" })).toEqual([
      { role: "user", content: "Hello" },
    ]);
  });
});

describe("what a chain is asked", () => {
  test("a chain with a memory remembers its only value, whatever its name", async () => {
    const llm = silent();
    const prompt = PromptTemplate.fromTemplate("{history}|{question}");
    const chain = new LLMChain({ llm, prompt, memory: new BufferMemory() });
    await chain.invoke({ question: "one" });
    await chain.invoke({ question: "two" });
    expect(llm.calls[1]?.messages[0]?.content).toBe("Human: one|two");
  });

  test("where that is not clear, or no text, it says so", async () => {
    const options = {
      llm: silent(),
      prompt: PromptTemplate.fromTemplate("{a}{b}"),
      memory: new BufferMemory(),
    };
    await expect(new LLMChain(options).invoke({ a: "1", b: "2" })).rejects.toThrow("`input`");
    await expect(new LLMChain(options).invoke({ a: 1 })).rejects.toThrow("{a}");
    await expect(new LLMChain(options).invoke({})).rejects.toThrow("`input`");
  });
});
