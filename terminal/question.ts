// One question from a pipe, or into one. Its answer, and nothing else, goes to standard output.
import { addAbortSignal } from "node:stream";
import type { Answer, Transcript } from "../shared/transcript.ts";
import { outcomeOf } from "./outcome.ts";
import { plain } from "./plain.ts";
import { answerTo, messageOf, type OpenTalk, type Talk, type TalkState } from "./talk.ts";
import { codeOf, flushed, onSignals, type Terminal } from "./terminal.ts";

/** How long a server may be away: one that was never there, and one that was. Milliseconds. */
const patience = { firstMs: 5_000, againMs: 30_000 };

/** An answer that is to stop has this long to do so. Milliseconds. */
const stopWithinMs = 2_000;

type Parts = { openTalk: OpenTalk; terminal: Terminal };

/** Resolves with the exit code: 0 only for an answer that reached its end. */
export async function ask({ openTalk, terminal }: Parts): Promise<number> {
  const { stdin, stdout, stderr, signals } = terminal;
  const stop = new AbortController(); // its reason is the exit code
  const release = onSignals(signals, (signal) => stop.abort(codeOf(signal)));
  stdout.on("error", () => stop.abort(1)); // nobody reads on, and that is no news to them
  stderr.on("error", () => {});
  if (stdin.isTTY) stderr.write("Type a question, and Ctrl-D on a line of its own after it.\n");
  try {
    const text = await readAll(addAbortSignal(stop.signal, stdin));
    if (stop.signal.aborted) return stop.signal.reason as number;
    return await answered(text, { openTalk, terminal, stop: stop.signal });
  } finally {
    release();
    await flushed(stdout);
  }
}

/** Everything, without the line feed that ends it. */
async function readAll(stdin: Terminal["stdin"]): Promise<string> {
  let text = "";
  stdin.setEncoding("utf8");
  try {
    for await (const chunk of stdin) text += chunk as string;
  } catch {
    // an abort, or a terminal that is gone: there is no more
  }
  return text.replace(/\r?\n$/, "");
}

type Asking = {
  /** The question's id. */
  message: string;
  /** The transcript has begun anew, so the question may be gone. */
  isReset: boolean;
  readonly terminal: Terminal;
  readonly stop: AbortSignal;
  readonly resolve: (code: number) => void;
  isOver: boolean;
  /** How much of the answer is written. */
  chars: number;
  /** Runs while a server is away, or while an answer is to stop. */
  timer: NodeJS.Timeout | undefined;
};

const untouched = { isReset: false, isOver: false, chars: 0, timer: undefined };

function answered(text: string, { openTalk, ...parts }: Parts & { stop: AbortSignal }): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const asking: Asking = { ...parts, message: "", resolve, ...untouched };
  if (text.trim() === "") {
    fail(asking, "There is no question on standard input.");
    return promise;
  }
  const talk = openTalk({
    onTranscript: (transcript) => read(asking, talk, transcript),
    onState: (state) => wait(asking, state),
    onReset: () => (asking.isReset = true), // what became of the question is in the transcript that follows
    onRefusal: (message) => fail(asking, message),
    onNews: () => {},
  });
  asking.message = talk.say(text);
  asking.stop.addEventListener("abort", () => cancel(asking, talk));
  return promise.finally(() => {
    clearTimeout(asking.timer);
    talk.close();
  });
}

function read(asking: Asking, talk: Talk, transcript: Transcript): void {
  const id = asking.message;
  const answer = answerTo(transcript, id);
  if (answer) return write(asking, answer);
  const isUnderWay = talk.unsent.some((say) => say.id === id) || messageOf(transcript, id) !== undefined;
  if (asking.isReset && !isUnderWay) fail(asking, "The server has begun anew, and the question is gone.");
}

function write(asking: Asking, answer: Answer): void {
  asking.terminal.stdout.write(plain(answer.text.slice(asking.chars)));
  asking.chars = answer.text.length;
  if (answer.reason === "stop") end(asking, 0);
  else if (answer.reason) fail(asking, outcomeOf(answer));
}

function fail(asking: Asking, message: string): void {
  if (!asking.isOver && !asking.stop.aborted) asking.terminal.stderr.write(`${plain(message)}\n`);
  end(asking, 1);
}

/** Once. Whoever stopped it has said how it ends. */
function end(asking: Asking, code: number): void {
  if (asking.isOver) return;
  asking.isOver = true;
  if (asking.chars > 0 || code === 0) asking.terminal.stdout.write("\n");
  asking.resolve(asking.stop.aborted ? (asking.stop.reason as number) : code);
}

function wait(asking: Asking, state: TalkState): void {
  if (asking.stop.aborted && state.name === "away") return end(asking, 1);
  switch (state.name) {
    case "connecting":
      return;
    case "open":
      clearTimeout(asking.timer);
      asking.timer = undefined;
      return;
    case "away": {
      const { firstMs, againMs } = patience;
      const away = state.hasOpened
        ? "The connection to the server is lost."
        : "The server cannot be reached, or does not let us in.";
      asking.timer ??= setTimeout(() => fail(asking, away), state.hasOpened ? againMs : firstMs);
      return;
    }
    case "closed":
      return fail(asking, `The server has ended the connection: ${state.meaning}`);
  }
}

/** The answer ends with what is said so far; a server that does not hear is not waited for. */
function cancel(asking: Asking, talk: Talk): void {
  if (!talk.cancel({ message: asking.message })) return end(asking, 1);
  clearTimeout(asking.timer);
  asking.timer = setTimeout(() => end(asking, 1), stopWithinMs);
}
