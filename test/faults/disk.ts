// A disk that stalls, and a disk that is full.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quantile } from "../../bench/stage.ts";
import { connect } from "../support/client.ts";
import { startProcess } from "../support/process.ts";
import type { Dice } from "./dice.ts";
import type { Person } from "./person.ts";
import { judge, readLogs } from "./judge.ts";
import type { Result } from "./result.ts";
import { chatter, fillRooms, openScene, pause, settle, talker, type Scene } from "./scene.ts";
import { hasStrace, stalling } from "./strace.ts";

/** A sync takes two seconds: the server answers pings meanwhile as if nothing were. A lag over 50 ms (p99) is a violation. */
export async function stall({ runs, dice }: { runs: number; dice: Dice }): Promise<Result> {
  const fault = "disk stalls for 2 s";
  if (!hasStrace) return { fault, runs: 0, violations: [], facts: "left out: there is no strace here" };
  const violations: string[] = [];
  const lags: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start: typeof startProcess = (settings) =>
      startProcess(settings, { wrapper: stalling({ ms: 2_000, when: dice.between(30, 90) }) });
    const scene = await openScene({ settings: { DURABILITY: "fsync" }, onRequest: talker(100, 10), start });
    const people = fillRooms(() => scene.port, { rooms: 5, each: 2, round: run });
    const silence = chatter(people, dice, 30);
    lags.push(...(await pingFor(scene.server.address, 5_000)));
    silence();
    await settle(people);
    for (const person of people) person.leave();
    violations.push(...judge({ traces: people.map(({ trace }) => trace), logs: readLogs(scene.database) }));
    await scene.close();
  }
  const p99 = quantile(lags, 0.99);
  if (p99 > 50) violations.push(`the answer to a ping took ${p99.toFixed(0)} ms (p99)`);
  const facts = `${lags.length} pings meanwhile: ${p99.toFixed(1)} ms (p99), ${Math.max(...lags).toFixed(0)} ms at most`;
  return { fault, runs, violations, facts };
}

async function pingFor(address: string, ms: number): Promise<number[]> {
  const client = await connect(address);
  const lags: number[] = [];
  const begun = performance.now();
  while (performance.now() - begun < ms) {
    const sent = performance.now();
    client.send({ type: "ping" });
    await client.next("pong");
    lags.push(performance.now() - sent);
    await pause(10);
  }
  await client.close();
  return lags;
}

/** The disk is full and then is not: what was confirmed stays, reading goes on, and talking goes on without a restart. */
export async function full({ runs, dice }: { runs: number; dice: Dice }): Promise<Result> {
  const fault = "disk full, and freed";
  const folder = mkdtempSync(join(tmpdir(), "parlor-full-"));
  const violations: string[] = [];
  let refused = 0;
  for (let run = 0; run < runs; run++) {
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]).status !== 0)
      return { fault, runs: 0, violations: [], facts: "left out: nothing can be mounted here" };
    const scene = await openScene({ folder, onRequest: talker(20, 5) });
    const people = fillRooms(() => scene.port, { rooms: 4, each: 2, round: run });
    try {
      violations.push(
        ...(await fillOnce(scene, { people, dice }).catch((error: unknown) => [
          `${String(error)} ${scene.server.output()}`,
        ])),
      );
      refused += refusals(people);
    } finally {
      for (const person of people) person.leave();
      await scene.close();
      spawnSync("umount", ["-l", folder]);
    }
  }
  rmSync(folder, { recursive: true, force: true });
  return { fault, runs, violations, facts: `${refused} says refused meanwhile, and taken afterwards` };
}

async function fillOnce({ folder, server, database }: Scene, { people, dice }: Crowd): Promise<string[]> {
  const quiet = await connect(`${server.address}/quiet`);
  quiet.send({ type: "say", text: "before", reply: false });
  await quiet.next("message");
  await quiet.close();
  const silence = chatter(people, dice, 20);
  await pause(200);
  fill(join(folder, "filler"));
  await pause(500);
  const reading = await connect(`${server.address}/quiet`);
  const isRead = reading.welcome.head === 1;
  await reading.close();
  rmSync(join(folder, "filler"));
  silence();
  await settle(people);
  for (const person of people) person.leave();
  const faults = judge({ traces: people.map(({ trace }) => trace), logs: readLogs(database) });
  return isRead ? faults : [...faults, "S1: a quiet room cannot be read while the disk is full"];
}

type Crowd = { people: readonly Person[]; dice: Dice };

function fill(file: string): void {
  for (let size = 1_048_576; size >= 512; size /= 2)
    for (;;) {
      try {
        writeFileSync(file, Buffer.alloc(size), { flag: "a" });
      } catch {
        break;
      }
    }
}

/** How often people were told that the store did not take it. */
const refusals = (people: readonly Person[]): number =>
  people
    .flatMap(({ trace }) => trace.connections.flatMap(({ frames }) => frames))
    .filter(({ frame }) => frame.type === "error" && frame["code"] === "storage_unavailable").length;
