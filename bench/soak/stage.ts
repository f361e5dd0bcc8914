// The server of the soak, the product as it is, with a probe loaded before it; and the upstream. Each is a process.
import { fork, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Answer, Look, Question } from "./probe.ts";

export type SoakStage = {
  readonly port: number;
  /** Looks into the server's process. */
  look(wants: Question["wants"]): Promise<Look>;
  /** What it has complained about. */
  complaints(): string;
  /** Rejects when the server ends by itself. */
  readonly died: Promise<never>;
  /** May be called twice. */
  close(): Promise<void>;
};

const here = (file: string): string => join(import.meta.dirname, file);

async function openUpstream(): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(here("upstream.ts"));
  const port = await new Promise<number>((resolve) =>
    child.once("message", (told: { port: number }) => resolve(told.port)),
  );
  return { child, port };
}

type Server = { child: ChildProcess; port: number; errors: () => string };

async function openServer(env: Readonly<Record<string, string>>): Promise<Server> {
  const child = fork(join(import.meta.dirname, "../../server/main.ts"), [], {
    execArgv: ["--disable-warning=ExperimentalWarning", "--expose-gc", "--import", here("probe.ts")],
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let [output, errors] = ["", ""];
  child.stderr?.on("data", (data: Buffer) => (errors += data.toString()));
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.on("data", (data: Buffer) => {
      const found = /listening on http:\/\/[^\s]+:(\d+)/.exec((output += data.toString()));
      if (found) resolve(Number(found[1]));
    });
    child.once("exit", () => reject(new Error(`the server does not start: ${errors}`)));
  });
  return { child, port, errors: () => errors };
}

function looking(child: ChildProcess): SoakStage["look"] {
  let last = 0;
  return (wants) =>
    new Promise((resolve) => {
      const id = ++last;
      const hear = (answer: Answer): void => {
        if (answer.id !== id) return;
        child.off("message", hear);
        resolve(answer.look);
      };
      child.on("message", hear);
      child.send({ id, wants } satisfies Question);
    });
}

export async function openSoakStage(): Promise<SoakStage> {
  const folder = await mkdtemp(join(tmpdir(), "parlor-soak-"));
  const upstream = await openUpstream();
  const { child, port, errors } = await openServer({
    PORT: "0",
    STORE: `sqlite:${join(folder, "parlor.db")}`,
    OPENAI_API_KEY: "none",
    OPENAI_BASE_URL: `http://127.0.0.1:${upstream.port}/v1`,
    LOG_LEVEL: "error",
  });
  const exited = new Promise<string>((resolve) =>
    child.once("exit", (code, signal) => resolve(String(code ?? signal))),
  );
  const died = exited.then((how) => Promise.reject(new Error(`the server ended with ${how}: ${errors()}`)));
  died.catch(() => {}); // whoever races with it is told
  const end = async (): Promise<void> => {
    upstream.child.disconnect();
    child.kill("SIGKILL");
    await exited;
    await rm(folder, { recursive: true });
  };
  let ending: Promise<void> | undefined;
  return {
    port,
    look: looking(child),
    complaints: errors,
    died,
    close: () => (ending ??= end()),
  };
}
