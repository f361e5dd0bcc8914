// What a stopped reader costs: 40 MB through a room, with one stopped reader and without. `npm run bench`
import { openStage, printTable, quantile, type Stage } from "./stage.ts";

const answers = 40;
const wordChars = 1_024;
const answerWords = 1_024;
const rounds = 3;

type Result = { seconds: number; megabytes: number; frames: number; framesOfStopped: number };

const tokens = (frames: readonly { type: string }[]): number =>
  frames.filter(({ type }) => type === "token").length;

async function talk(stage: Stage, withStopped: boolean): Promise<Result> {
  const healthy = await stage.join("room");
  const stopped = withStopped ? await stage.join("room") : undefined;
  stopped?.socket.pause();
  const before = stage.memory();
  const begun = performance.now();
  for (let count = 0; count < answers; count++) {
    healthy.send({ type: "say", text: `tag-${count}` });
    await healthy.next("end");
  }
  const seconds = (performance.now() - begun) / 1000;
  const megabytes = (stage.memory() - before) / 1e6;
  stopped?.socket.resume();
  await stopped?.reach(healthy.entries.at(-1)?.offset as number);
  if (stopped && JSON.stringify(stopped.transcript()) !== JSON.stringify(healthy.transcript()))
    throw new Error("the stopped reader has another transcript");
  return {
    seconds,
    megabytes,
    frames: tokens(healthy.frames),
    framesOfStopped: tokens(stopped?.frames ?? []),
  };
}

const results: Record<"alone" | "beside", Result[]> = { alone: [], beside: [] };
for (let round = 0; round < rounds; round++)
  for (const which of ["alone", "beside"] as const) {
    const stage = await openStage([0, wordChars, answerWords]);
    results[which].push(await talk(stage, which === "beside"));
    await stage.close();
  }

const median = (which: "alone" | "beside", field: keyof Result): number =>
  quantile(
    results[which].map((result) => result[field]),
    0.5,
  );
const row = (name: string, which: "alone" | "beside"): (string | number)[] => [
  name,
  String(rounds),
  median(which, "seconds"),
  median(which, "megabytes"),
  String(median(which, "frames")),
  String(median(which, "framesOfStopped")),
];
printTable(
  [
    `${answers} MB through a room`,
    "runs",
    "seconds",
    "server grows by MB",
    "its token frames",
    "token frames of the stopped one",
  ],
  [row("healthy reader alone", "alone"), row("beside a stopped one", "beside")],
);

// At a talking pace the one who catches up is sent a handful of frames where the other was sent hundreds.
const stage = await openStage([200, 6, 2_000]);
const healthy = await stage.join("room");
const stopped = await stage.join("room");
stopped.socket.terminate();
healthy.send({ type: "say", text: "tag-0" });
const { offset } = await healthy.next("end");
const { epoch, offset: after } = stopped.welcome;
const again = await stage.join("room", { after, epoch });
await again.reach(offset);
await stage.close();
console.log(
  `2,000 words at 200 a second: ${tokens(healthy.frames)} token frames to the healthy reader, ` +
    `${tokens(again.frames)} to the one that was away`,
);
