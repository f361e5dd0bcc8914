// Taking back what a run wrote into a document. That it was taken back is in the log, for everybody.
import type { Coauthor } from "../coauthor/coauthor.ts";
import { DocumentError } from "../coauthor/document.ts";
import { Stopped } from "../chain/halt.ts";
import { nameFor } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import type { CommandOf, Draft, Member } from "../../shared/protocol.ts";
import type { Refusal } from "./refusal.ts";
import type { Turns } from "./turns.ts";

type Parts = {
  log: Log;
  turns: Turns;
  coauthor: Coauthor;
  write: (draft: Draft) => Promise<void>;
};

export type Undo = (order: Omit<CommandOf<"undo">, "type">, by: Member) => Promise<Refusal | undefined>;

/** One at a time, so that nothing is taken back twice. */
export function createUndo(parts: Parts): Undo {
  let last: Promise<unknown> = Promise.resolve();
  return (order, by) => {
    const result = last.then(() => undo(parts, order, by));
    last = result.catch(() => {});
    return result;
  };
}

async function undo(
  { log, turns, coauthor, write }: Parts,
  { run, token: given }: Omit<CommandOf<"undo">, "type">,
  by: Member,
): Promise<Refusal | undefined> {
  const turn = turns.find(run);
  const start = await log.find(turn?.run ?? run);
  const message = start?.type === "start" ? await log.find(start.message) : undefined;
  if (message?.type !== "message") return { code: "unknown_run" };
  const target = message.target;
  if (!target || target.mode === "read") return { code: "not_in_document" };
  const token = given ?? turn?.question.target?.token;
  if (turn) turns.cancel(turn, new Stopped({ reason: "cancelled" }, by));
  await turn?.over.promise;
  if (await log.find(nameFor("undone", run))) return { code: "already_undone" };
  const replaced = await log.find(nameFor("replaced", run));
  const delta = replaced?.type === "replaced" ? replaced.delta : [];
  try {
    await coauthor.undo({ target: { ...target, token }, run, replaced: delta });
  } catch (error) {
    if (error instanceof DocumentError) return { code: error.code };
    throw error;
  }
  await write({ type: "undone", run, by });
  return undefined;
}
