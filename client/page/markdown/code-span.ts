// Code inside a line: between two runs of equally many backticks.
import type { Scan } from "./scan.ts";
import { whole } from "./token.ts";

const runs = /`+/g;

/** Where the run of so many backticks begins that closes one, from here on; -1 when none does. */
export function closingRun(text: string, from: number, length: number): number {
  runs.lastIndex = from;
  for (let run = runs.exec(text); run; run = runs.exec(text)) if (run[0].length === length) return run.index;
  return -1;
}

export function runLength(text: string, at: number): number {
  let end = at;
  while (text.charAt(end) === "`") end++;
  return end - at;
}

export function codeAt(scan: Scan): void {
  const { text, at } = scan;
  const length = runLength(text, at);
  const end = closingRun(text, at + length, length);
  if (end !== -1) return put(scan, text.slice(at + length, end), end + length);
  scan.limit = Math.min(scan.limit, at);
  if (scan.isOpen && !text.includes("\n", at)) return guess(scan, text.slice(at + length));
  scan.at += length;
  scan.tokens.push(whole({ type: "text", text: "`".repeat(length) }, scan.at));
}

function put(scan: Scan, source: string, end: number): void {
  scan.at = end;
  scan.tokens.push(whole({ type: "code", text: codeText(source) }, end));
}

/** Code that is still being written. */
function guess(scan: Scan, source: string): void {
  scan.isGuess = true;
  put(scan, source, scan.text.length);
}

/** One space on each side is only there to part backticks from backticks. */
function codeText(source: string): string {
  const text = source.replaceAll("\n", " ");
  const isPadded = text.startsWith(" ") && text.endsWith(" ") && text.trim() !== "";
  return isPadded ? text.slice(1, -1) : text;
}
