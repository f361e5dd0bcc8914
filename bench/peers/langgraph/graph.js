// A graph of one node, which asks the model. Served by ../langgraph.js.
import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";

const model = new ChatOpenAI({
  model: "gpt-5-mini",
  apiKey: process.env.OPENAI_API_KEY,
  configuration: { baseURL: process.env.OPENAI_BASE_URL },
});

// the signal of a cancelled run is in the config
const ask = async ({ messages }, config) => ({ messages: [await model.invoke(messages, config)] });

export const graph = new StateGraph(MessagesAnnotation)
  .addNode("ask", ask)
  .addEdge(START, "ask")
  .addEdge("ask", END)
  .compile();
