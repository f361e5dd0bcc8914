// A cut after every single byte that a server sends while an answer of 200 tokens is made, and a reader who comes back.
import { judge, readLogs } from "./judge.ts";
import { createPerson } from "./person.ts";
import { startProxy, type Proxy } from "./proxy.ts";
import type { Result } from "./result.ts";
import { openScene, talker, until, type Scene } from "./scene.ts";

/** So many readers watch one answer; each is cut at a byte of its own. */
const readersPerAnswer = 500;

/** @param runs at most so many bytes, evenly over all of them */
export async function bytes({ runs }: { runs: number }): Promise<Result> {
  const scene = await openScene({ onRequest: talker(200, 17) });
  const proxy = await startProxy(() => scene.port);
  const violations: string[] = [];
  try {
    const total = await bytesOfAnAnswer(scene, proxy);
    const step = Math.max(1, total / runs);
    const limits = Array.from({ length: Math.min(runs, total) }, (_, index) => 1 + Math.floor(index * step));
    for (let first = 0; first < limits.length; first += readersPerAnswer)
      violations.push(...(await watch(scene, proxy, limits.slice(first, first + readersPerAnswer))));
    return { fault: "cut at byte n", runs: limits.length, violations, facts: `of ${total} bytes` };
  } finally {
    await proxy.close();
    await scene.close();
  }
}

let rounds = 0;

async function watch(scene: Scene, proxy: Proxy, limits: readonly number[]): Promise<string[]> {
  const place = { room: `bytes-${rounds}`, mark: `mark-${rounds++}-end` };
  proxy.next.push(...limits.map((cutAfterBytes) => ({ cutAfterBytes })));
  const readers = limits.map(() => createPerson(() => proxy.port, place));
  const talking = createPerson(() => scene.port, place);
  talking.say("count");
  await until(() =>
    talking.trace.connections.some(({ frames }) => frames.some(({ frame }) => frame.type === "end")),
  );
  await until(() => readers.every(({ position }) => position === talking.position));
  proxy.next.length = 0;
  for (const person of [...readers, talking]) person.leave();
  const traces = [...readers, talking].map(({ trace }) => trace);
  return judge({ traces, logs: new Map([[place.room, readLogs(scene.database).get(place.room) ?? []]]) });
}

/** What goes over the wire to one reader of one whole answer. */
async function bytesOfAnAnswer(scene: Scene, proxy: Proxy): Promise<number> {
  await watch(scene, proxy, [Infinity]);
  return proxy.mostBytes;
}
