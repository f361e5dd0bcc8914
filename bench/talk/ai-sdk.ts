// The AI SDK's stream of UI messages over HTTP. A client that lets its request go has cancelled.
import { ask } from "./events.ts";
import type { Talk } from "./talk.ts";

type Part = { type: string; delta?: string };

export const aiSdkTalk: Talk = (address, ear) => {
  let letGo = (): void => {};
  const data = (text: string): void => {
    const part = text === "[DONE]" ? undefined : (JSON.parse(text) as Part);
    if (part?.type === "text-delta") ear.words(part.delta ?? "");
  };
  return Promise.resolve({
    say: (text) => {
      const asked = ask(`${address}/chat`, { text }, { data, close: () => ear.end() });
      letGo = () => asked.destroy();
    },
    cancel: () => letGo(),
    close: () => letGo(),
  });
};
