// What every benchmark needs: an upstream and a server, each in a process of its own, and numbers in a table.
import { fork, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type Client, type Place } from "../test/support/client.ts";
import { startProcess } from "../test/support/process.ts";
import type { Told } from "./upstream.ts";

export type Stage = {
  readonly upstream: ChildProcess;
  readonly port: number;
  join(conversation?: string, place?: Place): Promise<Client>;
  /** What the server's process holds. Bytes. */
  memory(): number;
  /** The processor time that the server has used, with all its threads. Seconds. */
  processorTime(): number;
  close(): Promise<void>;
};

type Settings = Readonly<Record<string, string>>;

/**
 * @param words arguments of the upstream, see there
 * @param settings more variables of the server's environment
 */
export async function openStage(
  words: readonly (number | string)[],
  settings: Settings = {},
): Promise<Stage> {
  const upstream = fork(join(import.meta.dirname, "upstream.ts"), words.map(String));
  const port = await new Promise<number>((resolve) =>
    upstream.on("message", (told: Told) => {
      if ("port" in told) resolve(told.port);
    }),
  );
  const server = await startProcess({
    OPENAI_API_KEY: "none",
    OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
    MAX_COMMANDS_PER_SECOND: "0",
    LOG_LEVEL: "error",
    ...settings,
  });
  return {
    upstream,
    port: server.port,
    join: (conversation, place) =>
      connect(conversation === undefined ? server.address : `${server.address}/${conversation}`, place),
    memory: () => residentBytes(server.child.pid as number),
    processorTime: () => processorSeconds(server.child.pid as number),
    close: async () => {
      upstream.disconnect();
      server.child.kill("SIGKILL");
      await server.exited;
    },
  };
}

const residentBytes = (pid: number): number => {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
};

/** Of the user and the system; the kernel counts them in hundredths of a second. */
const processorSeconds = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return (Number(user) + Number(system)) / 100;
};

/** The value below which this share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cells = [head, ...rows].map((row) =>
    row.map((cell) => (typeof cell === "number" ? cell.toFixed(cell < 100 ? 2 : 0) : cell)),
  );
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const row of cells)
    console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`);
}
