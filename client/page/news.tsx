// For those who listen to the page instead of looking at it: what is said, sentence by sentence, each once.
import { useEffect, useRef } from "react";
import { sentences, type Answer, type Item } from "../index.ts";
import type { TalkInReact } from "../react.ts";
import { createWords, type Words } from "../words.ts";
import { outcomeOf } from "./answer.tsx";
import { idOf } from "./sheets.ts";

/** Who was away for long is not read all of it. */
const mostNew = 10;

export function News({ talk }: { talk: TalkInReact }) {
  const { transcript, state } = talk;
  const region = useRef<HTMLDivElement>(null);
  const read = useRef<Reader>(undefined);
  useEffect(() => {
    read.current ??= createReader((text) => announce(text, region.current as HTMLElement));
    if (state.isCaughtUp) read.current(transcript.items, state.me?.id);
  }, [transcript, state.isCaughtUp, state.me]);
  return <div ref={region} role="log" aria-live="polite" aria-label="News" className="unseen" />;
}

/** Where the browser announces by itself, nothing is put into the page: what stands there twice would be found twice. */
function announce(text: string, region: HTMLElement): void {
  if (text === "") return;
  if ("ariaNotify" in document) return (document as Announcing).ariaNotify(text);
  region.append(Object.assign(document.createElement("p"), { textContent: text }));
  if (region.childElementCount > mostLines) region.firstElementChild?.remove();
}

/** https://w3c.github.io/aria/#ARIANotifyMixin; Chromium has it, others get lines in a live region. */
type Announcing = { ariaNotify(text: string): void };

/** Of a live region. */
const mostLines = 20;

type Reader = (items: readonly Item[], me: string | undefined) => void;

/** Tells what is new among the items: what stands behind the last one known. What was there when it first looked is not. */
function createReader(tell: (text: string) => void): Reader {
  const known = new Set<string>();
  let first: string | undefined;
  let hasLooked = false;
  const answers = new Map<string, { words: Words; answer: Answer }>();

  async function begin(answer: Answer): Promise<void> {
    const reading = { words: createWords(), answer };
    answers.set(answer.run, reading);
    tell("The assistant answers.");
    for await (const sentence of sentences(reading.words)) tell(sentence);
    tell(outcomeOf(reading.answer));
    answers.delete(answer.run);
  }

  function look(item: Item, isNew: boolean, me: string | undefined): void {
    if (item.type === "message") {
      if (isNew && item.author.id !== me) tell(`${item.author.name}: ${item.text}`);
      return;
    }
    if (isNew) void begin(item);
    const reading = answers.get(item.run);
    if (reading) reading.answer = item;
    reading?.words.show(item);
  }

  /** Older ones that come in above, or come into sight again, are known too. */
  function remember(items: readonly Item[], from: number): void {
    const oldest = items[0] && idOf(items[0]);
    const news = oldest === first ? items.slice(from) : items;
    for (const item of news) known.add(idOf(item));
    first = oldest;
  }

  return (items, me) => {
    const from = hasLooked ? items.findLastIndex((item) => known.has(idOf(item))) + 1 : items.length;
    const start = Math.max(0, items.length - mostNew);
    items.slice(start).forEach((item, index) => look(item, start + index >= from, me));
    for (const { words, answer } of answers.values())
      if (!items.some((item) => idOf(item) === answer.run)) words.show({ ...answer, reason: "cancelled" });
    remember(items, hasLooked ? from : 0);
    hasLooked = true;
  };
}
