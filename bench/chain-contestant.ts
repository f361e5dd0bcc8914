// One contestant of bench/chain.ts, in a process of its own, so that its processor time is all that is counted.
// Arguments: its name, the upstream's address, streams at once, characters in an answer. Each message is a round.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, request, type IncomingMessage } from "node:http";
import { ConversationChain } from "../server/chain/conversation-chain.ts";
import { ChatOpenAI } from "../server/models/openai.ts";

const [name = "", baseURL = "", streams = "0", answerChars = "0"] = process.argv.slice(2);
const model = "gpt-5-mini";
const apiKey = "none";

type Answer = { chars: number; finish: string | null | undefined };

/** A round: the processor time of the user and the system, of all threads (microseconds), and how often it read. */
export type RoundTold = { microseconds: number; reads: number };

const messages = [{ role: "user", content: "Hello" } as const];
const body = { model, messages, stream: true, stream_options: { include_usage: true } } as const;

/** Each makes its parts and gives what reads one answer. */
const contestants: Record<string, () => Promise<() => Promise<Answer>>> = {
  ours: () => {
    const llm = new ChatOpenAI({ model, apiKey, baseURL });
    return Promise.resolve(async () => {
      const answer: Answer = { chars: 0, finish: undefined };
      for await (const { text, finish } of new ConversationChain({ llm }).stream({ input: "Hello" })) {
        answer.chars += text.length;
        answer.finish = finish ?? answer.finish;
      }
      return answer;
    });
  },

  bare: async () => {
    const { default: OpenAI } = await import("openai");
    const client = new OpenAI({ apiKey, baseURL });
    return async () => {
      const answer: Answer = { chars: 0, finish: undefined };
      for await (const { choices } of await client.chat.completions.create(body)) {
        answer.chars += (choices[0]?.delta?.content ?? "").length;
        answer.finish = choices[0]?.finish_reason ?? answer.finish;
      }
      return answer;
    };
  },

  /** Reads and takes nothing apart, by what Node has that is cheapest: what is below all of them. */
  bytes: () => {
    const agent = new Agent({ keepAlive: true });
    const options = { method: "POST", agent, headers: { "content-type": "application/json" } };
    return Promise.resolve(async () => {
      const asked = request(`${baseURL}/chat/completions`, options).end(JSON.stringify(body));
      const [response] = (await once(asked, "response")) as [IncomingMessage];
      const pieces: Buffer[] = [];
      response.on("data", (bytes: Buffer) => pieces.push(bytes));
      await once(response, "end");
      const text = Buffer.concat(pieces).toString();
      let chars = 0;
      for (const [, word = ""] of text.matchAll(/"content":"([^"]+)/g)) chars += word.length;
      return { chars, finish: /"finish_reason":"(\w+)/.exec(text)?.[1] };
    });
  },

  langchain: async () => {
    const { ChatOpenAI: Theirs } = await import("@langchain/openai");
    const llm = new Theirs({ model, apiKey, configuration: { baseURL } });
    return async () => {
      const answer: Answer = { chars: 0, finish: undefined };
      for await (const { content, response_metadata } of await llm.stream([["human", "Hello"]])) {
        answer.chars += (content as string).length;
        answer.finish = (response_metadata["finish_reason"] as string | undefined) ?? answer.finish;
      }
      return answer;
    };
  },
};

const read = await contestants[name]?.();
if (!read) throw new Error(`there is no contestant ${name}`);

/** Calls of the kernel to read anything, sockets above all. */
const reads = (): number => Number(/syscr: (\d+)/.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);

async function round(): Promise<RoundTold> {
  const [before, readsBefore] = [process.cpuUsage(), reads()];
  const answers = await Promise.all(Array.from({ length: Number(streams) }, read as () => Promise<Answer>));
  const { user, system } = process.cpuUsage(before);
  for (const { chars, finish } of answers)
    if (chars !== Number(answerChars) || finish !== "stop")
      throw new Error(`${name} read ${chars} characters, finish ${finish}`);
  return { microseconds: user + system, reads: reads() - readsBefore };
}

process.on("message", () => void round().then((told) => process.send?.(told)));
process.on("disconnect", () => process.exit());
process.send?.("ready");
