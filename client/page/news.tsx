// For those who listen to the page instead of looking at it: what is said, sentence by sentence, each once.
import { useEffect, useRef, useState } from "react";
import { sentences, type Answer, type Item } from "../index.ts";
import type { TalkInReact } from "../react.ts";
import { createWords, type Words } from "../words.ts";
import { outcomeOf } from "./answer.tsx";
import { idOf } from "./sheets.ts";

/** So many are kept for who goes back to them. */
const mostLines = 20;
/** What is new is among the last ones. */
const mostNew = 10;

type Line = { readonly id: number; readonly text: string };

export function News({ talk }: { talk: TalkInReact }) {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const { transcript, state } = talk;
  const reader = useRef<Reader>(undefined);
  useEffect(() => {
    let count = 0;
    reader.current = createReader((text) =>
      text === "" ? undefined : setLines((before) => [...before, { id: count++, text }].slice(-mostLines)),
    );
  }, []);
  useEffect(() => {
    if (state.isCaughtUp) reader.current?.(transcript.items, state.me?.id);
  }, [transcript, state.isCaughtUp, state.me]);
  return (
    <div role="log" aria-label="News" className="unseen">
      {lines.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}

type Reader = (items: readonly Item[], me: string | undefined) => void;

/** Tells what is new among the items. What was there when it first looked is not. */
function createReader(tell: (text: string) => void): Reader {
  let seen: Set<string> | undefined;
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

  return (items, me) => {
    const known = (seen ??= new Set(items.map(idOf)));
    for (const item of items.slice(-mostNew)) {
      look(item, !known.has(idOf(item)), me);
      known.add(idOf(item));
    }
  };
}
