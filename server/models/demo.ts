// A stand-in that needs no key and no network. It is not a language model, and says so; it shows what Parlor does.
import { setTimeout as wait } from "node:timers/promises";
import { inDocument } from "./demo-document.ts";
import { abilities, closings, openings, help, showpieces, type Showpiece } from "./demo-words.ts";
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
    // white space belongs to the word after it, so that tables and code keep their lines
    const excerpt = messages.findLast((message) => message.excerpt)?.excerpt;
    const said = excerpt ? inDocument(excerpt) : composed(messages, this.#seed);
    const words = said.match(/\s*\S+/g) ?? [];
    for (const text of words) {
      await wait(this.#wordMs, undefined, { ...(signal && { signal }) });
      yield { text };
    }
    yield { text: "", finish: "stop" };
  }
}

/** Several paragraphs about what was said and what Parlor can do, one of them a piece of Markdown. */
function composed(messages: readonly ChatMessage[], seed: string): string {
  const said = messages.filter(({ role }) => role === "user").map(({ content }) => content);
  const last = said.at(-1) ?? "";
  const pick = picker(`${seed}\n${said[0] ?? ""}`, said.length);
  const { lead, markdown } = askedFor(last) ?? pick(showpieces);
  return [
    `${pick(openings)} ${about(last)}`,
    remembered(said),
    pick(abilities),
    lead,
    markdown,
    `Say “table”, “code” or “list”, and I show one. ${pick(closings)}`,
  ].join("\n\n");
}

/** What is quoted may begin with the name of its speaker, so it is what was told here, and not what “you said”. */
const about = (last: string): string =>
  `The last thing that I was told is “${shortened(last)}”. I am a **stand-in** that comes with Parlor, not a language ` +
  "model, so I cannot think about it, but my words travel the same way as a real one's.";

function remembered(said: readonly string[]): string {
  const first = said[0];
  if (said.length < 2 || first === undefined)
    return "It is the first thing that I was told here. Say more, and I will show that I remember it.";
  const before = said.length > 2 ? `, and just before this one came “${shortened(said.at(-2) ?? "")}”` : "";
  return (
    `I remember this conversation: so far I was told **${said.length} things**. It began with ` +
    `“${shortened(first)}”${before}.`
  );
}

const shortened = (text: string): string => {
  // no Markdown of somebody else's, and no full stop before ours
  const line = text
    .replace(/[*_`~|#<>[\]\s]+/g, " ")
    .trim()
    .replace(/\.+$/, "");
  const characters = [...line];
  return characters.length <= 60 ? line : `${characters.slice(0, 59).join("")}…`;
};

const askedFor = (text: string): Showpiece | undefined =>
  [...showpieces, help].find(({ asked }) => asked.test(text));

type Picker = <T>(of: readonly T[]) => T;

/** Each turn the next one. Where it begins depends on nothing but the text (FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/). */
function picker(text: string, turn: number): Picker {
  let hash = 0x811c9dc5;
  for (const character of text)
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193) >>> 0;
  return <T>(of: readonly T[]) => of[(hash + turn) % of.length] as T;
}
