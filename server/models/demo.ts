// A stand-in that needs no key and no network. It is not a language model, and says so; it shows what Parlor does.
import { setTimeout as wait } from "node:timers/promises";
import type { ChatMessage, ChatModel, ChatGenerationChunk, ModelOptions } from "./model.ts";

/** What the demo says, and how fast. */
export type DemoOptions = {
  /** The same seed and the same conversation give the same words. Default "parlor". */
  seed?: string;
  /** Pause before each word. Milliseconds. Default 30, a quick reader's pace. */
  wordMs?: number;
};

/** A stand-in without a key or a network. It is no language model, and says so in its answers. */
export class DemoModel implements ChatModel {
  readonly name = "demo";
  readonly #seed: string;
  readonly #wordMs: number;

  constructor({ seed = "parlor", wordMs = 30 }: DemoOptions = {}) {
    this.#seed = seed;
    this.#wordMs = wordMs;
  }

  async *stream(
    messages: readonly ChatMessage[],
    { signal }: ModelOptions = {},
  ): AsyncGenerator<ChatGenerationChunk> {
    const words = composed(messages, this.#seed).match(/\s*\S+/g) ?? [];
    for (const text of words) {
      await wait(this.#wordMs, undefined, { ...(signal && { signal }) });
      yield { text };
    }
    yield { text: "", finish: "stop" };
  }
}

/** Several paragraphs about what was said and what Parlor can do. */
function composed(messages: readonly ChatMessage[], seed: string): string {
  const said = messages.filter(({ role }) => role === "user").map(({ content }) => content);
  const last = said.at(-1) ?? "";
  const pick = picker(`${seed}\n${said.join("\n")}`);
  const [first, second] = pick.two(abilities);
  return [`${pick.one(openings)} ${about(last)}`, remembered(said), first, second, pick.one(closings)].join(
    "\n\n",
  );
}

function about(text: string): string {
  const words = text.split(/\s+/).filter(Boolean);
  const kind = text.trim().endsWith("?") ? "question" : "message";
  return (
    `Your ${kind} was “${shortened(text)}”, ${counted(words.length, "word")} long. I am a stand-in that comes with ` +
    "Parlor, not a language model, so I cannot think about it, but my words travel the same way as a real one's."
  );
}

function remembered(said: readonly string[]): string {
  const first = said[0];
  if (said.length < 2 || first === undefined)
    return "This is the first thing that I was told here. Say more, and I will show that I remember it.";
  const before = said.at(-2) ?? first;
  return (
    `I remember this conversation: so far I was told ${counted(said.length, "thing")}. It began with ` +
    `“${shortened(first)}”, and just before this one came “${shortened(before)}”.`
  );
}

const shortened = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  const characters = [...line];
  return characters.length <= 60 ? line : `${characters.slice(0, 59).join("")}…`;
};

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

const openings = ["Hello from the demo.", "I have read what you wrote.", "Thank you for saying that."];

const abilities = [
  "Press Stop while I am speaking. The words that came before stay where they are, the ones after are never made, and " +
    "everyone in the room sees who stopped me.",
  "Open this page's link in a second window. Both windows show the same words at the same time, because a " +
    "conversation is one log and every reader is a position in it.",
  "Reload the page in the middle of my answer. Nothing is lost: I keep speaking, and the page catches up from the " +
    "position where it was.",
  "Send several messages while I am speaking. They wait for their turn and are answered one after the other, in the " +
    "order in which they came.",
  "Take the network away for a while. When it is back, your page asks for what it missed, and gets exactly that.",
];

const closings = [
  "To talk to a real model, start the server again with OPENAI_API_KEY set.",
  "For real answers, give the server an OPENAI_API_KEY, or an OPENAI_BASE_URL with MODEL=openai:<name> for a model of your own.",
  "A real model is one setting away: OPENAI_API_KEY.",
];

type Picker = { one(of: readonly string[]): string; two(of: readonly string[]): [string, string] };

/** Choices that depend on nothing but the text (FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/). */
function picker(text: string): Picker {
  let hash = 0x811c9dc5;
  for (const character of text)
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193) >>> 0;
  const at = (of: readonly string[], shift: number): string => of[(hash + shift) % of.length] as string;
  return { one: (of) => at(of, 0), two: (of) => [at(of, 1), at(of, 2)] };
}
