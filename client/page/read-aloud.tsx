// Reads an answer aloud, a sentence after the other, also while it is being made.
import { useEffect, useRef, useState } from "react";
import { sentences, type Answer } from "../index.ts";
import { createWords, type Words } from "../words.ts";

/** There is one: who takes it silences who had it before. */
let voice = new AbortController();

export function ReadAloud({ answer }: { answer: Answer }) {
  const [isReading, setReading] = useState(false);
  const words = useRef<Words>(undefined);
  useEffect(() => words.current?.show(answer), [answer, isReading]);
  useEffect(() => {
    if (!isReading) return;
    voice.abort();
    const stopped = (voice = new AbortController());
    stopped.signal.addEventListener("abort", () => setReading(false));
    const source = (words.current = createWords());
    source.show(answer);
    void speakAll(sentences(source), stopped.signal).then(() => stopped.abort());
    return () => {
      stopped.abort();
      source.fail(new Error("Nobody listens any more."));
    };
  }, [isReading]);
  if (!("speechSynthesis" in globalThis)) return null;
  return (
    <button type="button" aria-pressed={isReading} onClick={() => setReading(!isReading)}>
      {isReading ? "Stop reading" : "Read aloud"}
    </button>
  );
}

/** One at a time, so that stopping leaves nothing behind. */
async function speakAll(all: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
  try {
    for await (const sentence of all) {
      if (signal.aborted) return;
      await speak(sentence, signal);
    }
  } catch {
    // the voice is gone, or nobody listens: it falls silent
  }
}

function speak(sentence: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const utterance = new SpeechSynthesisUtterance(sentence);
  utterance.onend = utterance.onerror = () => resolve();
  const silence = (): void => {
    speechSynthesis.cancel();
    resolve();
  };
  signal.addEventListener("abort", silence);
  speechSynthesis.speak(utterance);
  return promise.finally(() => signal.removeEventListener("abort", silence));
}
