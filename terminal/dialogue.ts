// A person at a terminal, who talks for as long as they like.
//
//   idle ── said ──▶ answering ── end, Ctrl-C ──▶ idle        Ctrl-C while idle, Ctrl-D and /quit leave
import { emptyTranscript, type SaidMessage, type Transcript } from "../shared/transcript.ts";
import { plain } from "./plain.ts";
import { openPrompt, type Prompt } from "./prompt.ts";
import { createScreen, type Screen } from "./screen.ts";
import { answerTo, openAnswerOf, type OpenTalk, type Talk, type TalkState, type Target } from "./talk.ts";
import { codeOf, flushed, onSignals, type Terminal } from "./terminal.ts";

type Dialogue = {
  readonly prompt: Prompt;
  readonly screen: Screen;
  readonly talk: Talk;
  readonly leave: (code: number) => void;
  transcript: Transcript;
  state: TalkState | undefined;
  /** Runs and messages that were to stop: whoever asks again wants to leave. */
  readonly stopping: Set<string>;
  /** What is told when no answer is being written. */
  readonly news: string[];
};

/** Resolves with the exit code. */
export async function converse({ openTalk, terminal }: { openTalk: OpenTalk; terminal: Terminal }) {
  const { promise, resolve: leave } = Promise.withResolvers<number>();
  const release = onSignals(terminal.signals, (signal) =>
    signal === "SIGINT" ? interrupt(dialogue) : leave(codeOf(signal)),
  );
  for (const stream of [terminal.stdin, terminal.stdout]) stream.on("error", () => leave(1)); // the terminal is gone
  const prompt = openPrompt({
    terminal,
    onInput: (text, wasShown) => take(dialogue, text, wasShown),
    onInterrupt: () => interrupt(dialogue),
    onLeave: () => leave(0),
  });
  const screen = createScreen(prompt);
  const talk = openTalk({
    onTranscript: (transcript) => show(dialogue, transcript),
    onState: (state) => enter(dialogue, state),
    onReset: (isLost) => restart(dialogue, isLost),
    onRefusal: (message) => (screen.tell(message), refresh(dialogue)),
    onNews: (news) => (dialogue.news.push(news), refresh(dialogue)),
  });
  const dialogue: Dialogue = {
    prompt,
    screen,
    talk,
    leave,
    transcript: emptyTranscript,
    state: undefined,
    stopping: new Set(),
    news: [],
  };
  const code = await promise;
  talk.close();
  screen.release();
  prompt.close();
  for (const { text } of talk.unsent) terminal.stderr.write(`Not sent: ${plain(text)}\n`);
  release();
  await flushed(terminal.stdout);
  return code;
}

function show(dialogue: Dialogue, transcript: Transcript): void {
  dialogue.transcript = transcript;
  if (isAnswering(dialogue)) dialogue.prompt.hide();
  dialogue.screen.draw(transcript);
  refresh(dialogue);
}

function refresh(dialogue: Dialogue): void {
  if (isAnswering(dialogue)) return dialogue.prompt.hide();
  for (const news of dialogue.news.splice(0)) dialogue.screen.tell(news);
  dialogue.screen.release();
  dialogue.prompt.show();
}

/** While the server is away nothing comes, so one may as well type. */
const isAnswering = (dialogue: Dialogue): boolean =>
  dialogue.state?.name === "open" && underWay(dialogue) !== undefined;

/** The answer that is being made, else a question of ours that waits for one. */
function underWay({ transcript, screen, talk, stopping }: Dialogue): Target | undefined {
  const answer = openAnswerOf(transcript);
  if (answer) return { run: answer.run };
  const said = transcript.items.filter(
    (item) => item.type === "message" && item.author.id === screen.me && !answerTo(transcript, item.id),
  ) as SaidMessage[];
  const message = [...said, ...talk.unsent].find(({ id }) => !stopping.has(id));
  return message && { message: message.id };
}

function enter(dialogue: Dialogue, state: TalkState): void {
  const { screen, state: before } = dialogue;
  if (state.name === "connecting" && before) return; // that it tries again has been said
  dialogue.state = state;
  switch (state.name) {
    case "connecting":
      return screen.tell(`Connecting to ${state.to}…`);
    case "open":
      screen.me = state.me;
      screen.tell(before?.name === "away" && before.hasOpened ? again : `${state.place}\n${hint}`);
      return refresh(dialogue);
    case "away":
      if (before?.name !== "away") screen.tell(state.hasOpened ? lost : unreachable);
      return refresh(dialogue);
    case "closed":
      screen.tell(`The server has ended the connection: ${state.meaning}`);
      return dialogue.leave(1);
  }
}

const hint = "/help lists the commands. Ctrl-C stops an answer, Ctrl-D leaves.";
const again = "Connected again.";
const lost = "The connection is lost, trying again…";
const away = "The server is away; try again when it is back.";
const unreachable = "The server cannot be reached, or does not let us in; trying again…";

function restart(dialogue: Dialogue, isLost: boolean): void {
  dialogue.transcript = emptyTranscript;
  dialogue.screen.restart();
  if (isLost) dialogue.screen.tell("The server has begun anew: what was said here before is gone.");
}

/** Ctrl-C stops an answer, else takes back what is typed, else leaves. */
function interrupt(dialogue: Dialogue): void {
  const { talk, prompt, stopping, leave } = dialogue;
  const target = isAnswering(dialogue) ? underWay(dialogue) : undefined;
  if (!target) return prompt.discard() ? undefined : leave(0);
  const id = "run" in target ? target.run : target.message;
  if (stopping.has(id)) return leave(0);
  stopping.add(id);
  talk.cancel(target);
  refresh(dialogue);
}

function take(dialogue: Dialogue, text: string, wasShown: boolean): void {
  const word = text.trim();
  // with a space before it, a slash is an ordinary character
  if (text.startsWith("/") && !word.includes("\n")) obey(dialogue, word);
  else if (word !== "") say(dialogue, text, wasShown);
  refresh(dialogue);
}

function say({ talk, screen, state }: Dialogue, text: string, wasShown: boolean): void {
  const id = talk.say(text);
  if (wasShown) screen.typed(id);
  if (state?.name === "away") screen.tell("Not sent yet: it goes out when the server is back.");
}

const help = [
  "/regenerate   makes the latest answer again",
  "/forget       empties the memory of this conversation",
  "/quit         leaves, like Ctrl-D",
  "/help         shows this",
  "Ctrl-C stops an answer; when none is being made, it takes back what is typed, or leaves.",
  "A text that begins with a slash is said when there is a space before it.",
];

function obey({ talk, screen, transcript, leave }: Dialogue, word: string): void {
  switch (word) {
    case "/quit":
      return leave(0);
    case "/help":
      return help.forEach(screen.tell);
    case "/regenerate":
      if (!transcript.items.some(({ type }) => type === "answer"))
        return screen.tell("There is no answer yet.");
      return talk.regenerate() ? undefined : screen.tell(away);
    case "/forget":
      return talk.forget() ? undefined : screen.tell(away);
    default:
      screen.tell(`There is no command ${word.split(/\s/, 1)[0]}; /help lists them. Nothing was said.`);
  }
}
