// LangChain's ConversationChain behind a socket of `ws`, a chain for each connection.
//
// ws://<host>/ws, always a private conversation. Text frames of JSON, as in bare.js.
// Client: {"type":"say","text":"Hello"} and {"type":"cancel"}. A `say` while an answer is made stops that answer.
// Server: {"type":"token","text":"word "} for each delta, then {"type":"end","reason":"stop"}. The reason is "stop" for
// whatever end the model made, because a chain returns only the text, or "cancelled", or "error".
import { ConversationChain } from "@langchain/classic/chains";
import { BufferWindowMemory } from "@langchain/classic/memory";
import { ChatOpenAICompletions } from "@langchain/openai";
import { WebSocketServer } from "ws";
/* global AbortController */

/** What their `ChatOpenAI` is for this API. After each stream it counts tokens with a table from the network: here it estimates. */
class LocalChatOpenAI extends ChatOpenAICompletions {
  getNumTokens(content) {
    return Promise.resolve(Math.ceil(String(content).length / 4));
  }
}

const llm = new LocalChatOpenAI({
  model: "gpt-5-mini",
  streaming: true,
  apiKey: process.env.OPENAI_API_KEY,
  configuration: { baseURL: process.env.OPENAI_BASE_URL },
});

async function answer(socket, { chain, signal }, text) {
  const tell = (frame) => socket.send(JSON.stringify(frame));
  let reason = "stop";
  const handleLLMNewToken = (token) => {
    if (token && !signal.aborted) tell({ type: "token", text: token });
  };
  try {
    // a signal among the values reaches the model; one among the options stops nothing
    await chain.invoke({ input: text, signal }, { callbacks: [{ handleLLMNewToken }] });
  } catch {
    reason = "error";
  }
  tell({ type: "end", reason: signal.aborted ? "cancelled" : reason });
}

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.env.PORT) });

server.on("connection", (socket) => {
  // a memory of everything would make every prompt longer than the one before, and a bench would measure that
  const chain = new ConversationChain({ llm, memory: new BufferWindowMemory({ k: 2 }) });
  let run;
  const obey = ({ type, text }) => {
    if (type === "say" || type === "cancel") run?.abort();
    if (type !== "say") return;
    run = new AbortController();
    void answer(socket, { chain, signal: run.signal }, String(text));
  };
  socket.on("message", (data) => {
    try {
      obey(JSON.parse(data));
    } catch {
      // not JSON: nothing that a page of ours sends
    }
  });
  socket.on("error", () => {}); // a close follows; without a listener it would end the process
  socket.on("close", () => run?.abort());
});

server.on("listening", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
