// The demo page: joins the conversation named after # in its address, shows it, and sends what people say.
import type { Command, Entry, FrameOf, ServerFrame } from "../shared/protocol.ts";
import { emptyTranscript, fold, type Answer } from "../shared/transcript.ts";
import { openLink, type LinkState } from "./page-link.ts";
import { newId, openOutbox, type SayCommand } from "./page-outbox.ts";
import { createView, outcomeOf } from "./page-view.ts";

const element = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
const textBox = element<HTMLTextAreaElement>("text");
const nameBox = element<HTMLInputElement>("name");
const show = createView(element("talk"));

let transcript = emptyTranscript;
let epoch: string | undefined;
let isDrawn = true;
let limits: FrameOf<"welcome">["limits"] | undefined;
const outbox = openOutbox(element("unsent"));

nameBox.value = localStorage.getItem("parlor.name") ?? "";

const link = openLink({
  place: () => ({
    server: location.href,
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
      if (frame.ref !== undefined) outbox.confirm(frame.ref);
      notify(frame.code === "duplicate" ? "" : frame.message);
      return;
    case "history":
    case "pong":
      return;
    case "message":
      outbox.confirm(frame.id);
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
  const isLost = epoch !== undefined && frame.epoch !== epoch && transcript.items.length > 0;
  notify(isLost ? "The server has begun anew: what was said here before is gone." : "");
  if (frame.resume !== "resumed") transcript = { ...emptyTranscript, offset: frame.offset };
  ({ epoch, limits } = frame);
  show.me = frame.me.id;
  showMembers(frame.members);
  outbox.open(frame.conversation);
  for (const say of outbox.waiting()) link.send(say);
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
    show.draw(transcript);
    element<HTMLButtonElement>("stop").disabled = !isOpen || activeAnswer() === undefined;
    element("demo").hidden = lastAnswer()?.model !== "demo";
  });
}

let isOpen = false;

function showState(state: LinkState): void {
  const line = element("state");
  isOpen = state.name === "open";
  element<HTMLButtonElement>("send").disabled = state.name === "closed";
  draw();
  line.classList.toggle("bad", state.name === "waiting" || state.name === "closed");
  switch (state.name) {
    case "connecting":
      line.textContent = "Connecting…";
      return;
    case "open":
      line.textContent = "Connected";
      return;
    case "waiting":
      line.textContent = state.hasOpened
        ? "Connection lost, trying again…"
        : "No connection: the server is away, or does not let this page in. Trying again…";
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

/** What is wrong, where people see it. */
function notify(text: string): void {
  element("notice").textContent = text;
}

/** Why a text cannot be sent, if so. Both limits count: one in UTF-16 code units, one in bytes of the frame. */
function tooLong(command: Command, text: string): string | undefined {
  if (!limits) return undefined;
  const bytes = new TextEncoder().encode(JSON.stringify(command)).length;
  if (text.length <= limits.textChars && bytes <= limits.frameBytes) return undefined;
  return `This message is too long: ${text.length} characters, and ${limits.textChars} at most.`;
}

function say(): void {
  const text = textBox.value;
  if (!text.trim()) return;
  const command: SayCommand = { type: "say", text, id: newId() };
  const refusal = tooLong(command, text);
  notify(refusal ?? "");
  if (refusal !== undefined) return;
  outbox.add(command);
  link.send(command);
  link.send({ type: "typing", typing: false });
  typedAt = 0;
  textBox.value = "";
  show.follow();
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
addEventListener("online", link.hurry);
addEventListener("hashchange", () => {
  epoch = undefined;
  transcript = emptyTranscript;
  outbox.close();
  draw();
  join();
});

/** A name that cannot be a room's is said at once: the server would refuse it without a word that reaches us. */
function join(): void {
  const room = location.hash.slice(1);
  if (room === "" || /^[A-Za-z0-9._~-]{1,128}$/.test(room)) return link.again();
  link.leave();
  showState({ name: "closed", meaning: "a room's name is 1 to 128 of A-Z a-z 0-9 . _ ~ -" });
}

join();
