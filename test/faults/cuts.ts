// Everyone's connection breaks every 50 ms to 2 s, and now and then the server dies too: all that was said arrives, and all
// that is said is seen.
import type { Dice } from "./dice.ts";
import { judge, readLogs } from "./judge.ts";
import { startProxy } from "./proxy.ts";
import type { Result } from "./result.ts";
import { chatter, fillRooms, openScene, pause, settle, talker } from "./scene.ts";

/** One cut in so many comes with a kill of the server. */
const cutsPerKill = 10;

export async function cuts({ runs, dice }: { runs: number; dice: Dice }): Promise<Result> {
  const scene = await openScene({ onRequest: talker(60, 8) });
  const proxy = await startProxy(() => scene.port);
  try {
    const people = fillRooms(() => proxy.port, { rooms: 10, each: 3, round: 0 });
    const silence = chatter(people, dice, 25);
    for (let cut = 1; cut <= runs; cut++) {
      proxy.weather = dice.pick([
        {},
        {},
        { delayMs: dice.between(1, 60) },
        { sliceBytes: dice.between(1, 90) },
      ]);
      await pause(dice.between(50, 2_000));
      proxy.cut(dice.pick(["fin", "rst"]));
      if (cut % cutsPerKill !== 0) continue;
      await scene.kill();
      await scene.restart();
    }
    silence();
    proxy.weather = {};
    await settle(people);
    for (const person of people) person.leave();
    const traces = people.map(({ trace }) => trace);
    const violations = judge({ traces, logs: readLogs(scene.database) });
    const connections = traces.reduce((sum, trace) => sum + trace.connections.length, 0);
    const says = traces.reduce((sum, trace) => sum + trace.says.size, 0);
    return {
      fault: "cut, slow, slice",
      runs,
      violations,
      facts: `${connections} connections, ${says} of ${says} says arrived`,
    };
  } finally {
    await proxy.close();
    await scene.close();
  }
}
