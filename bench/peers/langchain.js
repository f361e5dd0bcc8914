// LangChain's conversation chain, as test/six-faults.test.ts asks for one. See README.md.
import { ConversationChain } from "@langchain/classic/chains";
import { BufferMemory, ConversationSummaryBufferMemory } from "@langchain/classic/memory";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage } from "@langchain/core/messages";
import { ChatOpenAICompletions } from "@langchain/openai";

/** What their `ChatOpenAI` is for this API. Tokens are estimated: its own counting fetches a table from the network. */
class LocalChatOpenAI extends ChatOpenAICompletions {
  /** @param {string} baseURL */
  constructor(baseURL) {
    super({
      model: "gpt-5-mini",
      apiKey: "none",
      streaming: true,
      maxRetries: 0,
      configuration: { baseURL },
    });
  }

  /** @param {unknown} text */
  getNumTokens(text) {
    return Promise.resolve(Math.ceil(String(text).length / 4));
  }
}

/** Calls its callbacks as their `ChatOpenAI` does, and looks at no signal. */
class DeafModel extends BaseChatModel {
  /** @param {() => AsyncIterable<string>} words */
  constructor(words) {
    super({});
    this.words = words;
  }

  _llmType() {
    return "deaf";
  }

  async _generate(messages, options, runManager) {
    let text = "";
    for await (const word of this.words()) {
      text += word;
      await runManager?.handleLLMNewToken(word);
    }
    return { generations: [{ text, message: new AIMessage(text) }] };
  }
}

function talk(llm, memory, onToken = () => {}) {
  const chain = new ConversationChain({ llm, memory });
  const callbacks = [{ handleLLMNewToken: onToken }]; // those of the constructor do not hear of the model's words
  return {
    invoke: (values, options) => chain.invoke(values, { ...options, callbacks }),
    async *stream(values) {
      for await (const { response } of await chain.stream(values)) yield response;
    },
    remembered: async () => (await memory.loadMemoryVariables({})).history,
  };
}

export const langchain = {
  talk: ({ baseURL, onToken }) => talk(new LocalChatOpenAI(baseURL), new BufferMemory(), onToken),
  summarisingTalk: ({ baseURL, maxTokenLimit }) => {
    const llm = new LocalChatOpenAI(baseURL);
    return talk(llm, new ConversationSummaryBufferMemory({ llm, maxTokenLimit }));
  },
  deafTalk: ({ words, onToken }) => talk(new DeafModel(words), new BufferMemory(), onToken),
};
