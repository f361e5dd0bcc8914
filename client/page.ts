// The demo page: joins the conversation named after # in its address, shows it, and sends what people say.
import type { Command, Entry, FrameOf, ServerFrame } from "../shared/protocol.ts";
import { emptyTranscript, fold, type Answer } from "../shared/transcript.ts";
import { openLink, type LinkState } from "./link.ts";
import { createView, outcomeOf } from "./view.ts";

const element = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
const textBox = element<HTMLTextAreaElement>("text");
const nameBox = element<HTMLInputElement>("name");
const show = createView(element("talk"));

let transcript = emptyTranscript;
let epoch: string | undefined;
let isDrawn = true;
/** Says that the server has not confirmed. They are sent again after a cut; their id keeps them single. */
const unconfirmed = new Map<string, Command>();

nameBox.value = localStorage.getItem("parlor.name") ?? "";

const link = openLink({
  place: () => ({
    conversation: location.hash.slice(1),
    name: nameBox.value,
    key: localStorage.getItem("parlor.key") ?? "",
    ...(epoch !== undefined && { after: transcript.offset, epoch }),
  }),
  onFrame: receive,
  onState: showState,
});

function receive(frame: ServerFrame): void {
  switch (frame.type) {
    case "welcome":
      return welcome(frame);
    case "presence":
      return showMembers(frame.members);
    case "typing":
      return showTyping(frame);
    case "error":
      if (frame.ref !== undefined) unconfirmed.delete(frame.ref);
      element("notice").textContent = frame.code === "duplicate" ? "" : frame.message;
      return;
    case "history":
    case "pong":
      return;
    case "message":
      unconfirmed.delete(frame.id);
      return change(frame);
    case "start":
    case "token":
    case "end":
    case "rewind":
      return change(frame);
  }
}

function welcome(frame: FrameOf<"welcome">): void {
  localStorage.setItem("parlor.key", frame.me.key);
  history.replaceState(null, "", `#${frame.conversation}`); // so that a reload comes back here
  if (frame.resume !== "resumed") transcript = { ...emptyTranscript, offset: frame.offset };
  epoch = frame.epoch;
  showMembers(frame.members);
  for (const say of unconfirmed.values()) link.send(say);
  draw();
}

function change(frame: Entry): void {
  transcript = fold(transcript, frame);
  if (frame.type === "start") tell("The assistant is answering.");
  if (frame.type === "end") tell(`The answer has ended. ${outcomeOf(lastAnswer() ?? ({} as Answer))}`);
  draw();
}

const lastAnswer = (): Answer | undefined => transcript.items.findLast((item) => item.type === "answer");

const activeAnswer = (): Answer | undefined =>
  transcript.items.find((item): item is Answer => item.type === "answer" && !item.reason);

/** Once a display frame, however many words came. */
function draw(): void {
  if (!isDrawn) return;
  isDrawn = false;
  requestAnimationFrame(() => {
    isDrawn = true;
    show(transcript);
    element<HTMLButtonElement>("stop").disabled = activeAnswer() === undefined;
    element("demo").hidden = lastAnswer()?.model !== "demo";
  });
}

function showState(state: LinkState): void {
  const line = element("state");
  line.classList.toggle("bad", state.name === "waiting" || state.name === "closed");
  switch (state.name) {
    case "connecting":
      line.textContent = "Connecting…";
      return;
    case "open":
      line.textContent = "Connected";
      return;
    case "waiting":
      line.textContent = "Connection lost, trying again…";
      return;
    case "closed":
      line.textContent = `Disconnected: ${state.meaning}`;
  }
}

function showMembers(members: readonly { id: string; name: string }[]): void {
  element("members").replaceChildren(
    ...members.map(({ name }) => {
      const item = document.createElement("li");
      item.textContent = name;
      return item;
    }),
  );
}

/** When the others were last told that we are typing. */
let typedAt = 0;
let typingTimer: number | undefined;

function showTyping({ member, typing }: FrameOf<"typing">): void {
  clearTimeout(typingTimer);
  element("typing").textContent = typing ? `${member.name} is typing…` : "";
  typingTimer = setTimeout(() => (element("typing").textContent = ""), 6_000);
}

/** For those who listen to the page instead of looking at it: news, and not every word. */
function tell(text: string): void {
  element("news").textContent = text;
}

/** A random UUID. `crypto.randomUUID` is there only on https and on this machine. */
function newId(): string {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function say(): void {
  const text = textBox.value;
  if (!text.trim()) return;
  const id = newId();
  element("notice").textContent = "";
  const command: Command = { type: "say", text, id };
  unconfirmed.set(id, command);
  link.send(command);
  link.send({ type: "typing", typing: false });
  typedAt = 0;
  textBox.value = "";
}

element("say").addEventListener("submit", (event) => {
  event.preventDefault();
  say();
});
textBox.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  say();
});
textBox.addEventListener("input", () => {
  if (Date.now() - typedAt < 3_000) return;
  typedAt = Date.now();
  link.send({ type: "typing", typing: true });
});
element("stop").addEventListener("click", () => {
  const run = activeAnswer()?.run;
  if (run !== undefined) link.send({ type: "cancel", run });
});
nameBox.addEventListener("change", () => {
  localStorage.setItem("parlor.name", nameBox.value);
  link.again();
});
element("invite").addEventListener("click", () => {
  const copied = async (): Promise<void> => {
    await navigator.clipboard.writeText(location.href);
    element("invite").textContent = "Link copied";
  };
  copied().catch(() => prompt("Copy this link:", location.href));
});
addEventListener("hashchange", () => {
  epoch = undefined;
  link.again();
});
