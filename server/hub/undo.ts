// Taking back what a run wrote into a document. That it was taken back is in the log, for everybody.
import type { Coauthor } from "../coauthor/coauthor.ts";
import { DocumentError } from "../coauthor/document.ts";
import { Stopped } from "../chain/halt.ts";
import { nameFor } from "../log/entry.ts";
import type { Log } from "../log/log.ts";
import type { Limits } from "../../shared/limits.ts";
import type { CommandOf, Draft, Member } from "../../shared/protocol.ts";
import type { Passage } from "../../shared/target.ts";
import type { Refusal } from "./refusal.ts";
import type { Turn, Turns } from "./turns.ts";

type Parts = {
  log: Log;
  turns: Turns;
  coauthor: Coauthor;
  write: (draft: Draft) => Promise<void>;
  /** As many undos may wait as messages. */
  limits: Pick<Limits, "queuedMessages">;
};

type Order = Omit<CommandOf<"undo">, "type">;

export type Undo = (order: Order, by: Member) => Promise<Refusal | undefined>;

/** Whether what answers this is written into a document. */
export const isWritten = ({ target }: { readonly target?: Passage | undefined }): boolean =>
  target !== undefined && target.mode !== "read";

/** One at a time, so that nothing is taken back twice. The run is stopped at once, whatever is taken back before [R2]. */
export function createUndo(parts: Parts): Undo {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return (order, by) => {
    const turn = turnOf(parts.turns, order);
    if (turn) parts.turns.cancel(turn, new Stopped({ reason: "cancelled" }, by));
    const token = order.token ?? turn?.question.target?.token;
    if (waiting >= parts.limits.queuedMessages) return Promise.resolve({ code: "busy" });
    waiting += 1;
    const result = last.then(async () => {
      await turn?.over.promise;
      return undo(parts, { ...order, token }, by);
    });
    last = result.catch(() => {}).finally(() => (waiting -= 1));
    return result;
  };
}

function turnOf(turns: Turns, { run }: Order): Turn | undefined {
  const turn = turns.find(run);
  return turn?.run === run && isWritten(turn.question) ? turn : undefined;
}

async function undo(
  { log, coauthor, write }: Parts,
  { run, token }: Order,
  by: Member,
): Promise<Refusal | undefined> {
  const start = await log.find(run);
  const message = start?.type === "start" ? await log.find(start.message) : undefined;
  if (message?.type !== "message") return { code: "unknown_run" };
  const { target } = message;
  if (!target || !isWritten(message)) return { code: "not_in_document" };
  if (!coauthor.knows(target.server)) return { code: "unknown_server" };
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
