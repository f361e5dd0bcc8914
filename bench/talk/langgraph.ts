// The streams of LangGraph's server over HTTP: a thread, and runs in it.
import { ask } from "./events.ts";
import type { Talk } from "./talk.ts";

type Message = { content?: string };

/** Each question in a thread of its own, as its upstream names all of its answers alike and would replace the one before. */
export const langGraphTalk: Talk = (address, ear) => {
  let letGo = (): void => {};
  const data = (text: string): void => {
    const [message] = text.startsWith("[") ? (JSON.parse(text) as Message[]) : [];
    if (message?.content) ear.words(message.content);
  };
  const say = async (text: string): Promise<void> => {
    const created = await fetch(`${address}/threads`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    const { thread_id: thread } = (await created.json()) as { thread_id: string };
    const body = {
      assistant_id: "talk",
      input: { messages: [{ role: "user", content: text }] },
      stream_mode: "messages-tuple",
      on_disconnect: "cancel",
    };
    const asked = ask(`${address}/threads/${thread}/runs/stream`, body, { data, close: () => ear.end() });
    letGo = () => asked.destroy();
  };
  return Promise.resolve({
    say: (text) => void say(text),
    cancel: () => letGo(),
    close: () => letGo(),
  });
};
