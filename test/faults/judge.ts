// The judge: is given what people sent and saw, and what the store says afterwards, and nothing else. Rules: PROTOCOL.md.
import { DatabaseSync } from "node:sqlite";
import type { Entry } from "../../shared/protocol.ts";
import { faultsIn, gapsIn } from "../support/checker.ts";
import type { Frame, Trace, TracedConnection } from "./person.ts";

/** All logs of a database, by conversation, read without the server's code: their rows, then what the journal has beyond them. */
export function readLogs(path: string): Map<string, Entry[]> {
  const database = new DatabaseSync(path);
  const journal = database.prepare("SELECT appends FROM journal ORDER BY id").all() as { appends: string }[];
  const rows = database
    .prepare(
      `SELECT conversations.name AS name, body FROM entries
       JOIN conversations ON conversations.id = entries.conversation ORDER BY conversations.id, offset`,
    )
    .all() as { name: string; body: string }[];
  database.close();
  const logs = new Map<string, Entry[]>();
  const add = (name: string, entry: Entry): void => void logs.set(name, [...(logs.get(name) ?? []), entry]);
  for (const { name, body } of rows) add(name, JSON.parse(body) as Entry);
  for (const { appends } of journal)
    for (const { name, entries } of JSON.parse(appends) as { name: string; entries: Entry[] }[])
      for (const entry of entries) if (entry.offset > (logs.get(name)?.at(-1)?.offset ?? 0)) add(name, entry);
  return logs;
}

export type Case = {
  traces: readonly Trace[];
  logs: ReadonlyMap<string, Entry[]>;
  /** True when the end of the store may rightly have been lost: then an epoch may change, and unsynced words may go. */
  mayLose?: boolean;
};

/** Every violation, with the rule that it breaks. */
export function judge({ traces, logs, mayLose = false }: Case): string[] {
  const marks = new Map(traces.map(({ room, mark }) => [room, mark]));
  const ofLogs = [...logs].flatMap(([room, log]) =>
    [...gapsIn(log, 0), ...faultsIn(log), ...waiting(log)].map((fault) => `${room}: ${fault}`),
  );
  const ofTraces = traces.flatMap((trace) => {
    const log = logs.get(trace.room) ?? [];
    const foreign = [...marks].filter(([room]) => room !== trace.room).map(([, mark]) => mark);
    return [
      ...trace.connections.flatMap((connection) => [
        ...gaps(connection),
        ...resumes(connection, mayLose),
        ...leaks(connection, foreign),
      ]),
      ...(mayLose ? [] : unseen(trace, log)),
      ...unsaid(trace, log),
    ].map((fault) => `${trace.room}: ${fault}`);
  });
  return [...ofLogs, ...ofTraces];
}

/** [R6] Nothing waits for a run that will not come. */
function waiting(log: readonly Entry[]): string[] {
  const started = new Set(log.map((entry) => (entry.type === "start" ? entry.message : "")));
  return log.flatMap((entry) =>
    entry.type === "message" && entry.reply && !started.has(entry.id)
      ? [`R6: message ${entry.id} has no run`]
      : [],
  );
}

const inLog = (frame: Frame): frame is Frame & Entry =>
  frame.offset !== undefined && frame.type !== "welcome";
const framesOf = ({ frames }: TracedConnection): Frame[] => frames.map(({ frame }) => frame);

/** [P1] [P2] */
function gaps(connection: TracedConnection): string[] {
  const [welcome, ...frames] = framesOf(connection);
  if (welcome?.type !== "welcome") return ["P1: the first frame is no welcome"];
  return gapsIn(frames.filter(inLog), welcome.offset as number);
}

/** [P4] */
function resumes(connection: TracedConnection, mayLose: boolean): string[] {
  const [welcome] = framesOf(connection);
  const { asked } = connection;
  if (!asked || !welcome) return [];
  if (welcome["resume"] === "resumed")
    return welcome.offset === asked.after
      ? []
      : [`P4: resumed at ${welcome.offset} instead of ${asked.after}`];
  const isNewEpoch = welcome["epoch"] !== asked.epoch;
  return mayLose && isNewEpoch ? [] : [`P4: ${String(welcome["resume"])} at ${asked.after}`];
}

/** [A1] */
function leaks(connection: TracedConnection, foreign: readonly string[]): string[] {
  const seen = JSON.stringify(framesOf(connection));
  return foreign.filter((mark) => seen.includes(mark)).map((mark) => `A1: saw ${mark}`);
}

/** [S1] [P3] What was seen is in the store, at the same place, to the last character. */
function unseen(trace: Trace, log: readonly Entry[]): string[] {
  const units = unitsOf(log);
  return trace.connections.flatMap((connection) =>
    framesOf(connection)
      .filter(inLog)
      .flatMap((entry) => {
        const mine = unitsOf([entry]);
        const start = entry.offset - mine.length;
        const isThere = mine.every((unit, index) => units[start + index] === unit);
        return isThere ? [] : [`S1: ${entry.type} seen at ${entry.offset} is not in the store`];
      }),
  );
}

/** A log as one value for each position. */
function unitsOf(log: readonly Entry[]): string[] {
  return log.flatMap((entry) => {
    if (entry.type === "token")
      return [...entry.text.split("")].map((unit) => `${entry.run} ${entry.kind ?? ""} ${unit}`);
    return [JSON.stringify(Object.entries(entry).sort(([one], [other]) => (one < other ? -1 : 1)))];
  });
}

/** Everything that was said has arrived, once. (That it is there only once, the log's own check says.) */
function unsaid(trace: Trace, log: readonly Entry[]): string[] {
  const texts = new Map(log.map((entry) => (entry.type === "message" ? [entry.id, entry.text] : ["", ""])));
  return [...trace.says].flatMap(([id, text]) =>
    texts.get(id) === text ? [] : [`P5: say ${id} has not arrived`],
  );
}
