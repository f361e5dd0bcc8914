// What the demo writes into a document, or says about one. It is no language model, so it writes about itself.
import type { Excerpt } from "./message.ts";

/** Without Markdown, for a document may have none. */
export function inDocument({ mode, before, selection, after }: Excerpt): string {
  switch (mode) {
    case "insert":
      return `${joint(before)}${written}${after !== "" && !/^\s/.test(after) ? " " : ""}`;
    case "append":
      return `${joint(before)}${written}`;
    case "replace":
      return rewritten(selection);
    case "read":
      return summary(`${before}${selection}${after}`, selection);
  }
}

/** Words do not stick to the word before them. */
const joint = (before: string): string => (before === "" || /\s$/.test(before) ? "" : " ");

const written =
  "This is the demo writing, a stand-in and no language model: its words come one by one, as a real one's do, and " +
  "stand where they were asked for, however much is typed around them or in the middle of them. Stop it at any word. " +
  "Undo takes back what it wrote, and nothing that anybody else did.";

const rewritten = (selection: string): string =>
  `(The demo stands in the place of ${count(selection)} that were selected. Undo brings them back, a real model would have ` +
  "said them in better words.)";

function summary(text: string, selection: string): string {
  if (text.trim() === "")
    return "The document is empty. I am a stand-in and no language model, so I can say no more of it.";
  const [first = ""] = /^.{0,80}/.exec(text.trim()) ?? [];
  const part = selection !== "" && selection !== text ? ` Of these, ${count(selection)} are selected.` : "";
  return (
    `The document has ${count(text)} and begins with “${first.toWellFormed()}”.${part} I am a stand-in and no language ` +
    "model: I can count, and a real model could tell what it is about."
  );
}

function count(text: string): string {
  const words = text.match(/\S+/g)?.length ?? 0;
  return words === 1 ? "one word" : `${words.toLocaleString("en")} words`;
}
