// A power cut: the process dies, and of its files only what had been synced is sure. The rest is cut at random, and
// rubbish follows. With DURABILITY=fsync nothing that anyone saw may be missing.
import { appendFileSync, existsSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { startProcess } from "../support/process.ts";
import type { Dice } from "./dice.ts";
import { judge, readLogs } from "./judge.ts";
import type { Result } from "./result.ts";
import { chatter, fillRooms, openScene, pause, settle, talker, until, type Scene } from "./scene.ts";
import { hasStrace, syncedBytes, tracing } from "./strace.ts";

export async function power({ runs, dice }: { runs: number; dice: Dice }): Promise<Result> {
  const fault = "power cut (fsync)";
  if (!hasStrace) return { fault, runs: 0, violations: [], facts: "left out: there is no strace here" };
  const violations: string[] = [];
  let lostBytes = 0;
  let entries = 0;
  for (let run = 0; run < runs; run++) {
    const { faults, cut, seen } = await cutOnce(dice, run);
    violations.push(...faults);
    lostBytes += cut;
    entries += seen;
  }
  return {
    fault,
    runs,
    violations,
    facts: `${entries} entries seen before, ${lostBytes} unsynced bytes cut off`,
  };
}

async function cutOnce(dice: Dice, run: number): Promise<{ faults: string[]; cut: number; seen: number }> {
  let trace = "";
  const start: typeof startProcess = (settings) => {
    trace = `${settings?.["STORE"]?.slice("sqlite:".length)}.strace`;
    return startProcess(settings, { wrapper: tracing(trace) });
  };
  const scene = await openScene({ settings: { DURABILITY: "fsync" }, onRequest: talker(200, 3), start });
  try {
    const people = fillRooms(() => scene.port, { rooms: 3, each: 2, round: run });
    const silence = chatter(people, dice, 15);
    await until(() => people.some(({ position }) => position > 2)); // traced, a server is slow to begin
    await pause(dice.between(0, 500));
    await scene.kill();
    silence();
    const seen = people.reduce(
      (sum, { trace: { connections } }) => sum + connections.flatMap(({ frames }) => frames).length,
      0,
    );
    const cut = cutPower(scene, { trace, dice });
    await scene.restart();
    await settle(people);
    for (const person of people) person.leave();
    const faults = judge({ traces: people.map((person) => person.trace), logs: readLogs(scene.database) });
    return { faults, cut, seen };
  } finally {
    await scene.close();
  }
}

/** Gives how many bytes are gone. */
function cutPower({ folder }: Scene, { trace, dice }: { trace: string; dice: Dice }): number {
  const wal = join(folder, "parlor.db-wal");
  rmSync(join(folder, "parlor.db-shm"), { force: true }); // shared memory does not survive
  if (!existsSync(wal)) return 0;
  const [synced, size] = [syncedBytes(trace, wal), statSync(wal).size];
  const kept = dice.between(Math.min(synced, size), size);
  truncateSync(wal, kept);
  appendFileSync(wal, Buffer.from(Array.from({ length: dice.between(0, 600) }, () => dice.between(0, 255))));
  return size - kept;
}
