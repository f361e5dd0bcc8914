// What must be true of any log and of any reader's trace. It knows the rules and nothing of the server's code.
import type { Entry } from "../../shared/protocol.ts";

const widthOf = (entry: Entry): number => (entry.type === "token" ? entry.text.length : 1);

/** [P2] Each entry begins where the one before it ended. Gives the faults. */
export function gapsIn(entries: readonly Entry[], from: number): string[] {
  const faults: string[] = [];
  let position = from;
  for (const entry of entries) {
    if (entry.offset - widthOf(entry) !== position)
      faults.push(`P2: ${entry.type} at ${entry.offset} after ${position}`);
    position = entry.offset;
  }
  return faults;
}

/** [R1] [R4] [P5] over a whole log. Gives the faults. */
export function faultsIn(entries: readonly Entry[]): string[] {
  const faults: string[] = [];
  const started = new Map<string, string>();
  const spoken = new Set<string>();
  const ended = new Set<string>();
  const messages = new Set<string>();
  for (const entry of entries) {
    if ("run" in entry && ended.has(entry.run))
      faults.push(`R1: ${entry.type} after the end of ${entry.run}`);
    if (entry.type === "message") {
      if (messages.has(entry.id)) faults.push(`P5: message ${entry.id} twice`);
      messages.add(entry.id);
    }
    if (entry.type === "start") {
      if (started.has(entry.run)) faults.push(`R1: ${entry.run} started twice`);
      started.set(entry.run, entry.message);
    }
    if (entry.type === "token") {
      spoken.add(entry.run);
      if (!started.has(entry.run)) faults.push(`R1: a token before the start of ${entry.run}`);
      if (!entry.text.isWellFormed()) faults.push(`P3: half a character in ${entry.run}`);
      const others = [...spoken].filter((run) => run !== entry.run && !ended.has(run));
      if (others.length > 0) faults.push(`R4: ${entry.run} speaks while ${others.join()} does`);
    }
    if (entry.type === "end") ended.add(entry.run);
  }
  for (const run of started.keys()) if (!ended.has(run)) faults.push(`R1: ${run} has no end`);
  return faults;
}
