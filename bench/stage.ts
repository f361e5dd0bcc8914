// What every benchmark needs: an upstream and a server, each in a process of its own, and numbers in a table.
import { fork, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type Client, type Place } from "../test/support/client.ts";
import { contestants, type Contestant } from "./contestants.ts";
import type { Told } from "./upstream.ts";

export type Stage = {
  readonly upstream: ChildProcess;
  readonly server: ChildProcess;
  readonly address: string;
  readonly port: number;
  /** A reader of Parlor, which keeps all that it is sent. */
  join(conversation?: string, place?: Place): Promise<Client>;
  /** What the server's process holds. Bytes. */
  memory(): number;
  /** The processor time that the server has used, with all its threads and children. Seconds. */
  processorTime(): number;
  close(): Promise<void>;
};

/** A server that does not end by itself is ended. Milliseconds. */
const endsWithinMs = 5_000;

export type StageOptions = {
  /** Default: Parlor with `memory:`. */
  readonly contestant?: Contestant;
  /** More variables of the server's environment. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Arguments of the server's node. */
  readonly flags?: readonly string[];
  /** Fills the server's folder, `{folder}` in its settings, before it starts. */
  readonly prepare?: ((folder: string) => Promise<void>) | undefined;
  /** The only processor that the server may use. Default: any. */
  readonly processor?: number;
};

/**
 * @param words arguments of the upstream, see there
 */
export async function openStage(
  words: readonly (number | string)[],
  options: StageOptions = {},
): Promise<Stage> {
  const upstream = fork(join(import.meta.dirname, "upstream.ts"), words.map(String));
  const port = await new Promise<number>((resolve) =>
    upstream.on("message", (told: Told) => {
      if ("port" in told) resolve(told.port);
    }),
  );
  const folder = mkdtempSync(join(tmpdir(), "parlor-bench-"));
  await options.prepare?.(folder);
  const server = startServer(options, folder, `http://127.0.0.1:${port}/v1`);
  const address = await addressOf(server);
  const pid = server.pid as number;
  return {
    upstream,
    server,
    address,
    port: Number(new URL(address).port),
    join: (conversation, place) =>
      connect(
        `${address.replace("http", "ws")}/ws${conversation === undefined ? "" : `/${conversation}`}`,
        place,
      ),
    memory: () => residentBytes(pid),
    processorTime: () => processorSeconds(pid),
    close: async () => {
      upstream.disconnect();
      server.kill("SIGTERM"); // so that it can write a profile
      const timer = setTimeout(() => server.kill("SIGKILL"), endsWithinMs);
      await once(server, "exit");
      clearTimeout(timer);
      rmSync(folder, { recursive: true });
    },
  };
}

function startServer(
  { contestant = contestants.memory, settings, flags = [], processor }: StageOptions,
  folder: string,
  baseURL: string,
): ChildProcess {
  const all = { ...contestant.settings, ...settings };
  const own = Object.entries(all).map(([name, value]) => [name, value.replace("{folder}", folder)]);
  const env = {
    PATH: process.env["PATH"],
    PORT: "0",
    OPENAI_API_KEY: "none",
    OPENAI_BASE_URL: baseURL,
    ...(Object.fromEntries(own) as Record<string, string>),
  };
  const pinned = processor === undefined ? [] : pinTo(processor);
  const node = [process.execPath, "--disable-warning=ExperimentalWarning", ...flags, contestant.file];
  const [command = "", ...args] = [...pinned, ...node];
  return spawn(command, args, { env, stdio: ["ignore", "pipe", "inherit", "ipc"] });
}

/** What starts a command on one processor, so that the server and those who load it do not share one. */
export const pinTo = (processor: number): string[] => (canPin ? ["taskset", "-c", String(processor)] : []);

export const canPin = cpus().length > 1 && spawnSync("taskset", ["--version"]).status === 0;

/** @throws Error when it ends before it listens */
function addressOf(server: ChildProcess): Promise<string> {
  let output = "";
  return new Promise((resolve, reject) => {
    server.stdout?.on("data", (data: Buffer) => {
      output += data.toString();
      const found = /listening on (http:\/\/[^\s]+:\d+)/.exec(output);
      if (found) resolve(found[1] as string);
    });
    server.once("exit", (code) => reject(new Error(`a server has ended with ${code}: ${output}`)));
  });
}

const residentBytes = (pid: number): number => {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
};

/** Of the user and the system; the kernel counts them in hundredths of a second. */
function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  const own = (Number(user) + Number(system)) / 100;
  return children.reduce((sum, child) => sum + processorSeconds(Number(child)), own);
}

/** The value below which this share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** A table of Markdown, with its columns in line. */
export function tableOf(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, head.map(() => "---"), ...rows].map((row) =>
    row.map((cell) => (typeof cell === "number" ? cell.toFixed(cell < 100 ? 2 : 0) : cell)),
  );
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, cell === "---" ? "-" : " ")).join(" | ")} |`;
  return cells.map(line).join("\n");
}

export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  console.log(tableOf(head, rows));
}
