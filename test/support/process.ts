// The command as a stranger starts it: a process of its own.
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

export type RunningProcess = {
  readonly child: ChildProcess;
  readonly port: number;
  readonly address: string;
  /** Everything it has written so far. */
  output(): string;
  /** Its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
};

const root = join(import.meta.dirname, "../..");

export type Ended = { code: number | NodeJS.Signals | null; output: string };

type Options = {
  flags?: readonly string[];
  /** A command that starts the server's, for example a tracer. */
  wrapper?: readonly string[];
};

type Settings = Readonly<Record<string, string>>;

function start(settings: Settings, { flags = [], wrapper = [] }: Options) {
  const env = { PATH: process.env["PATH"], PORT: "0", STORE: "memory:", ...settings };
  const node = [process.execPath, "--disable-warning=ExperimentalWarning", "server/main.ts"];
  const [command = "", ...args] = [...wrapper, ...node, ...flags];
  const child = spawn(command, args, { cwd: root, env });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.on("close", (code, signal) => resolve(code ?? signal)),
  );
  return { child, exited, output: () => output };
}

/** Starts the server and waits until it prints its address. */
export async function startProcess(settings: Settings = {}, options: Options = {}): Promise<RunningProcess> {
  const { child, exited, output } = start(settings, options);
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.on("data", () => {
      const found = /listening on http:\/\/[^\s]+:(\d+)/.exec(output());
      if (found) resolve(Number(found[1]));
    });
    void exited.then((code) => reject(new Error(`it ended with ${code}: ${output()}`)));
  });
  return { child, port, address: `ws://127.0.0.1:${port}/ws`, output, exited };
}

/** Starts the server where it is expected to end by itself. */
export async function runProcess(settings: Settings = {}, options: Options = {}): Promise<Ended> {
  const { exited, output } = start(settings, options);
  return { code: await exited, output: output() };
}
