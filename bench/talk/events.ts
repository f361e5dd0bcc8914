// Answers that come over HTTP as server-sent events.
import { Agent, request, type ClientRequest } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

type Hear = {
  /** The data of one event. */
  data(data: string): void;
  /** The answer is over, whether it was let go or not. */
  close(): void;
};

/** Asks by POST and reads what comes back. Destroy the request to let it go. */
export function ask(url: string, body: object, hear: Hear): ClientRequest {
  const headers = { "content-type": "application/json" };
  const asked = request(url, { method: "POST", agent, headers }, (answer) => {
    let rest = "";
    answer.setEncoding("utf8");
    answer.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("data: ")) hear.data(line.slice(6).trimEnd());
    });
    answer.on("error", () => {}); // `close` follows
    answer.on("close", () => hear.close());
  });
  asked.on("error", () => hear.close());
  return asked.end(JSON.stringify(body));
}
