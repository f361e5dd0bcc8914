// What the server's process did to its files, seen from outside: which bytes had been synced when it died.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** False where there is no strace; then the scenarios that need it are left out, in words. */
export const hasStrace = spawnSync("strace", ["-V"]).status === 0;

/** Runs the server as itself, with a tracer beside it. */
export const tracing = (output: string): string[] => [
  ..."strace -D -f -y -s 0 -e trace=pwrite64,fdatasync,fsync -o".split(" "),
  output,
];

/** Delays one sync of the disk. */
export const stalling = ({ ms, when }: { ms: number; when: number }): string[] => [
  ..."strace -D -f -o /dev/null -e trace=fdatasync -e".split(" "),
  `inject=fdatasync:delay_enter=${ms * 1_000}:when=${when}`,
];

/** How much of a file that only grows was synced for sure. Bytes. */
export function syncedBytes(trace: string, path: string): number {
  let written = 0;
  let synced = 0;
  for (const call of callsIn(readFileSync(trace, "utf8"))) {
    if (!call.includes(`<${path}>`)) continue;
    const write = /^pwrite64\(.*, (\d+), (\d+)\)\s+= \d+/.exec(call);
    if (write) written = Math.max(written, Number(write[1]) + Number(write[2]));
    if (/^f(data)?sync\(.*= 0/.test(call)) synced = written;
  }
  return synced;
}

/** Calls of several threads lie across each other: each is given when it is finished. */
function callsIn(text: string): string[] {
  const begun = new Map<string, string>();
  return text.split("\n").flatMap((line) => {
    const [, thread = "", rest = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (rest.endsWith("<unfinished ...>")) {
      begun.set(thread, rest.slice(0, -"<unfinished ...>".length));
      return [];
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    return [resumed ? (begun.get(thread) ?? "") + (resumed[1] ?? "") : rest];
  });
}
