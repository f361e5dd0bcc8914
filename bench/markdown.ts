// What it costs to read a streamed answer as Markdown: microseconds per character, in pieces of four characters, for
// shapes that grow without end. A cost that stays the same from row to row of a shape is linear. `node bench/markdown.ts`
import { emptyDocument, read } from "../client/page/markdown/document.ts";
import { printTable } from "./stage.ts";

const pieceChars = 4;
const lengths = [1_000, 10_000, 100_000];
const words = "the answer is *not* that **long** and `code` is in it, ";

const shapes: Readonly<Record<string, string>> = {
  paragraphs: `${words.repeat(5)}\n\n`,
  "one paragraph": words,
  "one paragraph of lines": `${words}\n`,
  "code block": "```ts\n",
  "one line of code": "```\n",
  "a list": "- item **one**\n",
  "a table": "| a | b |\n|---|---|\n",
  "tiny paragraphs": "a\n\n",
  "emphasis never closed": "*a ",
  stars: "a *",
  brackets: "[",
  "names with underscores": "_a",
  backticks: "`",
  "backtick stairs": "` `` ``` ",
  images: "![](",
  links: "[a](https://b.c/d) ",
  addresses: "https://a.b/c ",
  quotes: ">",
  "dense script": "这是**重要**的，",
  "one long row": "| a | b |\n|---|---|\n",
};

/** What follows the first lines, for shapes that begin otherwise than they go on. */
const rest: Readonly<Record<string, string>> = {
  "code block": "const answer = 42; // and more of it\n",
  "one line of code": "const answer=42;",
  stars: "*",
  "a table": "| cell **one** | `cell two` |\n",
  "one long row": "| cell ",
};

const textOf = (name: string, first: string, length: number): string =>
  (first + (rest[name] ?? first).repeat(length)).slice(0, length);

function microsecondsPerCharacter(text: string): number {
  const start = performance.now();
  let document = emptyDocument;
  for (let at = 0; at < text.length; at += pieceChars)
    document = read(document, text.slice(at, at + pieceChars));
  return ((performance.now() - start) * 1_000) / text.length;
}

for (const text of Object.values(shapes)) microsecondsPerCharacter(text.repeat(50));
printTable(
  ["shape", ...lengths.map((length) => `${length} characters`)],
  Object.entries(shapes).map(([name, first]) => [
    name,
    ...lengths.map((length) => microsecondsPerCharacter(textOf(name, first, length)).toFixed(2)),
  ]),
);
