// How much of an answer is drawn at once. Where more comes than a frame has time for, the rest follows in the next ones.
import { useEffect, useReducer, useRef } from "react";
import type { Answer } from "../index.ts";

/** No model writes as fast: that many in a frame are 60,000 in a second. UTF-16 code units. */
const charsOfFrame = 1_000;

/** The answer as far as it is drawn; it has not ended before all of it is. One that had ended when it came is drawn at once. */
export function useDrawing(answer: Answer): Answer {
  const { text, reason, ...rest } = answer;
  const limit = useRef(reason ? Infinity : charsOfFrame);
  const [, drawOn] = useReducer((count: number) => count + 1, 0);
  const drawn = text.length > limit.current ? beginning(text, limit.current) : text;
  useEffect(() => {
    limit.current = Math.max(limit.current, drawn.length + charsOfFrame);
    if (drawn !== text) drawOn();
  }, [drawn, text]);
  return drawn === text ? answer : { ...rest, text: drawn };
}

/** A pair of surrogates is not cut. */
const beginning = (text: string, length: number): string =>
  text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
