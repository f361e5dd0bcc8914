// `parlor chat` as a stranger starts it: at the end of pipes, or at a terminal of its own.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { test } from "@jest/globals";
import { closing } from "./world.ts";

export type Chat = {
  readonly child: ChildProcess;
  /** What has come out so far. */
  stdout(): string;
  stderr(): string;
  /** Waits until this has come out after all that was waited for before. */
  until(text: string): Promise<void>;
  /** What a person types, or a pipe carries. */
  type(text: string): void;
  readonly exited: Promise<number | NodeJS.Signals | null>;
};

type Options = {
  flags?: readonly string[];
  settings?: Readonly<Record<string, string>>;
};

const root = join(import.meta.dirname, "../..");
const command = [process.execPath, "--disable-warning=ExperimentalWarning", "server/main.ts", "chat"];

/** What stands on the paper, so to speak: without the sequences that move cursors and change colours. */
export const readable = (output: string): string => stripVTControlCharacters(output).replaceAll("\r", "");

/** In the middle of pipes. With `input` that is the whole question. */
export function pipeChat({ input, ...options }: Options & { input?: string } = {}): Chat {
  const chat = start(command, options);
  if (input !== undefined) chat.child.stdin?.end(input);
  return chat;
}

/** At a terminal, where there is the `script` of util-linux to make one. */
export function openChat(options: Options = {}): Chat {
  const quoted = [...command, ...(options.flags ?? [])].map((word) => `'${word}'`).join(" ");
  const inside = `stty cols 80 rows 24; exec ${quoted}`;
  return start(["script", "-qfec", inside, "/dev/null"], { ...options, flags: [] });
}

const hasScript = process.platform === "linux" && existsSync("/usr/bin/script");

/** A test at a terminal. Without `script` it is skipped and says so, but never in CI. */
export const terminalTest = hasScript || process.env["CI"] ? test : test.skip;

if (!hasScript && !process.env["CI"])
  console.warn("Tests at a terminal are skipped: they need the `script` of util-linux.");

function start([program = "", ...args]: readonly string[], { flags = [], settings = {} }: Options): Chat {
  const env = { PATH: process.env["PATH"], TERM: "xterm-256color", SHELL: "/bin/sh", ...settings };
  const child = spawn(program, [...args, ...flags], { cwd: root, env });
  const watchers = new Set<() => void>();
  let [stdout, stderr, seen] = ["", "", 0];
  const hear = (): void => watchers.forEach((watch) => watch());
  child.stdout.setEncoding("utf8").on("data", (text: string) => ((stdout += text), hear()));
  child.stderr.setEncoding("utf8").on("data", (text: string) => ((stderr += text), hear()));
  child.stdin.on("error", () => {});
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.on("close", (code, signal) => resolve(code ?? signal)),
  );
  closing(async () => {
    child.kill("SIGKILL"); // a terminal that is gone ends whoever sits at it
    await exited;
  });
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    until: (text) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          const at = readable(stdout).indexOf(text, seen);
          if (at < 0) return;
          seen = at + text.length;
          watchers.delete(watch);
          resolve();
        };
        watchers.add(watch);
        void exited.then((code) => reject(new Error(`it ended with ${code} before "${text}":\n${stdout}`)));
        watch();
      }),
    type: (text) => void child.stdin.write(text),
    exited,
  };
}
