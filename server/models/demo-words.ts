// What the demo has to say. It is read on a page and in a terminal, so nothing here speaks of buttons or of keys.

export type Showpiece = {
  /** Who says this wants to see it. */
  readonly asked: RegExp;
  readonly lead: string;
  readonly markdown: string;
};

export const openings = ["Hello from the demo.", "I have read what was said.", "Here is the demo."];

export const abilities = [
  "Stop me while I am speaking: the words that came before stay where they are, the ones after are never made, and in a " +
    "room everyone sees who stopped me.",
  "Bring somebody along: all who are in a room of the server see the same words at the same time, because a " +
    "conversation is *one log* and every reader is *a position in it*.",
  "Leave in the middle of an answer and come back: the server goes on speaking, and whoever returns catches up from " +
    "the position where they were.",
  "Say several things while I am speaking: with a server they wait for their turn, and are answered one after the " +
    "other, in the order in which they came.",
  "Lose the network for a while: when it is back, the server hands over exactly what was missed.",
];

export const closings = [
  "To talk to a real model, start again with `OPENAI_API_KEY` set.",
  "For real answers, set `OPENAI_API_KEY`, or `OPENAI_BASE_URL` with `MODEL=openai:<name>` for a model of your own.",
  "A real model is one setting away: `OPENAI_API_KEY`.",
];

const table = `
| When this happens    | Parlor does this                     |
| -------------------- | ------------------------------------ |
| an answer is stopped | keeps its words, and asks no further |
| a network is cut     | goes on where the reader was         |
| a reader is slow     | sends fewer and larger pieces        |
| the server dies      | has everything that anyone saw       |
`.trim();

const code = `
\`\`\`js
const ws = new WebSocket("ws://localhost:8787/ws");
ws.onmessage = ({ data }) => { const f = JSON.parse(data); if (f.type === "token") out.append(f.text); };
ws.onopen = () => ws.send(JSON.stringify({ type: "say", text: "Hello" }));
stop.onclick = () => ws.send(JSON.stringify({ type: "cancel" }));
\`\`\`
`.trim();

const list = `
1. The model **makes** a word.
2. The word is appended to the conversation's **log**, and stored:
   - what anyone has seen is on the disk,
   - so a crash takes back nothing.
3. Each reader is sent what comes after their **position**.
`.trim();

const deeds = `
- **Stop** me at any word: it stays for everyone where it was stopped.
- **Ask again**, or say something else where you said something before.
- **Bring others**: whoever comes in sees the same words at the same time.
- **Leave** in the middle, and come back: nothing is missing.
`.trim();

/** Shown only to who asks for it. */
export const help: Showpiece = {
  asked: /\bwhat can\b|\bhelp\b/i,
  lead: "What one can do here:",
  markdown: deeds,
};

export const showpieces: readonly Showpiece[] = [
  { asked: /\blists?\b/i, lead: "A word on its way to you, as a list:", markdown: list },
  { asked: /\btables?\b/i, lead: "What may go wrong, as a table:", markdown: table },
  { asked: /\bcode\b/i, lead: "A whole client of a server, as code:", markdown: code },
];
