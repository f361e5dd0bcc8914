// What members may ask of a conversation. Each command is carried out, or gives back why it was not.
import { v7 } from "uuid";
import type { Limits } from "../../shared/limits.ts";
import type { Command, CommandOf, Draft, FrameOf, Member } from "../../shared/protocol.ts";
import { Passage } from "../../shared/target.ts";
import { Stopped } from "../chain/halt.ts";
import type { Coauthor } from "../coauthor/coauthor.ts";
import type { Log } from "../log/log.ts";
import { olderEntries } from "./older-entries.ts";
import type { Refusal } from "./refusal.ts";
import type { Question, Turn, Turns } from "./turns.ts";
import { isWritten, type Undo } from "./undo.ts";
import { isVisible, latestRun } from "./visible.ts";

export type Reply = Refusal | FrameOf<"history"> | undefined;

type Parts = {
  log: Log;
  turns: Turns;
  limits: Pick<Limits, "textChars" | "queuedMessages">;
  write: (draft: Draft) => Promise<void>;
  /** Why no run may begin now, if so. */
  noRuns: () => Refusal | undefined;
  coauthor: Pick<Coauthor, "knows">;
  undo: Undo;
  /** Tells everyone but this member. */
  tell: (frame: FrameOf<"typing">) => void;
};

type Order = Exclude<Command, { type: "ping" }>;

export type Obey = (order: Order, by: Member) => Reply | Promise<Reply>;

/** Commands take effect in the order in which they are read. A cancel does not wait for those before it. */
export function createCommands(parts: Parts): Obey {
  const { turns, tell } = parts;
  const inOrder = createQueue();
  return (order, by) => {
    switch (order.type) {
      case "say":
        return say(parts, { order, by, inOrder });
      case "cancel":
        return cancel(parts, order, by);
      case "regenerate":
        return regenerate(parts, { order, by, inOrder });
      case "edit":
        return edit(parts, { order, by, inOrder });
      case "undo":
        return parts.undo(order, by);
      case "forget":
        return inOrder(async () => {
          await turns.cancelAll(new Stopped({ reason: "cancelled" }, by));
          await parts.write({ type: "rewind", by });
          return undefined;
        });
      case "typing":
        tell({ type: "typing", member: by, typing: order.typing });
        return undefined;
      case "history":
        return olderEntries(parts.log, order);
    }
  };
}

type InOrder = ReturnType<typeof createQueue>;

function createQueue() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(task: () => Promise<T>): Promise<T> => {
    const result = last.then(task);
    last = result.catch(() => {});
    return result;
  };
}

/** A command as it was read, by whom, and the way to wait for those before it. */
type Read<T extends Command["type"]> = { order: CommandOf<T>; by: Member; inOrder: InOrder };

/** A turn is registered when its command is read, so that a cancel that follows finds it, however far it is by then. */
function say(parts: Parts, { order, by, inOrder }: Read<"say">): Reply | Promise<Reply> {
  const refusal = tooLong(parts, order.text) ?? unknownServer(parts, order);
  if (refusal) return refusal;
  const { target } = order;
  const question: Question = { id: order.id ?? v7(), text: order.text.toWellFormed(), author: by, target };
  const wantsReply = order.reply ?? true;
  const noRuns = wantsReply ? parts.noRuns() : undefined;
  const turn = wantsReply ? parts.turns.add(question) : undefined;
  return inOrder(async () => {
    try {
      // a repeat is told that it is one, even where nothing new would be taken [P5]
      const refused = (await taken(parts.log, order, by)) ?? noRuns ?? (turn && busy(parts, order, turn));
      if (refused) return refused;
      if (order.whenBusy === "interrupt") interrupt(parts.turns, by);
      const stored = parts.write(messageOf(question, wantsReply));
      if (turn) parts.turns.accept(turn, stored);
      await stored;
      return undefined;
    } finally {
      if (turn?.state === "arriving") parts.turns.withdraw(turn);
    }
  });
}

const tooLong = ({ limits }: Parts, text: string): Refusal | undefined =>
  text.length > limits.textChars ? { code: "too_large" } : undefined;

const unknownServer = ({ coauthor }: Parts, { target }: Pick<Question, "target">): Refusal | undefined =>
  target && !coauthor.knows(target.server) ? { code: "unknown_server" } : undefined;

async function taken(log: Log, { id }: CommandOf<"say">, by: Member): Promise<Refusal | undefined> {
  const known = id === undefined ? undefined : await log.find(id);
  if (!known) return undefined;
  const isOwn = known.type === "message" && known.author.id === by.id;
  return { code: isOwn ? "duplicate" : "id_taken" };
}

function busy({ turns, limits }: Parts, { whenBusy }: CommandOf<"say">, turn: Turn): Refusal | undefined {
  const ahead = turns.open.indexOf(turn);
  const isBusy = ahead > limits.queuedMessages || (whenBusy === "reject" && ahead > 0);
  return isBusy ? { code: "busy" } : undefined;
}

function interrupt(turns: Turns, by: Member): void {
  const { active } = turns;
  if (active) turns.cancel(active, new Stopped({ reason: "cancelled" }, by));
}

function messageOf({ id, author, text, target }: Question, reply: boolean): Draft {
  const about = target && { target: Passage.parse(target) }; // without its token
  return { type: "message", id, author, text, time: new Date().toISOString(), reply, ...about };
}

/** At once, whatever else is under way [R2]. What has ended by itself is left alone. */
function cancel(
  { turns, log, undo }: Parts,
  { run, message, keep = true }: CommandOf<"cancel">,
  by: Member,
): Reply | Promise<Reply> {
  const id = run ?? message;
  const turn = id === undefined ? turns.next : turns.find(id);
  const written = turn ? (turn.state === "running" && isWritten(turn.question) ? turn.run : undefined) : run;
  if (turn) turns.cancel(turn, new Stopped({ reason: "cancelled" }, by));
  if (!keep && written !== undefined) return undo({ run: written }, by).then(unlessVain);
  if (turn || id === undefined) return undefined;
  const code = run === undefined ? "unknown_message" : "unknown_run";
  return log.find(id).then((known) => (known ? undefined : { code }));
}

/** There is nothing to take back, or not any more: a cancel of what has ended is ignored. */
const unlessVain = (refusal: Refusal | undefined): Refusal | undefined =>
  refusal?.code === "not_in_document" || refusal?.code === "already_undone" ? undefined : refusal;

function regenerate(parts: Parts, { order, by, inOrder }: Read<"regenerate">): Reply | Promise<Reply> {
  const { log, turns, write } = parts;
  return rewinding(parts, { id: "", text: "", author: by }, (turn) =>
    inOrder(async () => {
      const start = order.run === undefined ? await latestRun(log) : await log.find(order.run);
      if (start?.type !== "start" || !(await isVisible(log, start))) return { code: "unknown_run" };
      const message = await log.find(start.message);
      if (message?.type !== "message") return { code: "unknown_message" };
      if (isWritten(message)) return { code: "in_document" }; // people may have gone on from it
      const refusal = unknownServer(parts, message);
      if (refusal) return refusal;
      await turns.cancelAll(new Stopped({ reason: "cancelled" }, by));
      turn.question = message;
      turns.accept(turn, write({ type: "rewind", to: start.run, by }));
      return undefined;
    }),
  );
}

function edit(parts: Parts, { order, by, inOrder }: Read<"edit">): Reply | Promise<Reply> {
  const { log, turns, write } = parts;
  const { message: id, text } = order;
  return rewinding(parts, { id: v7(), text: text.toWellFormed(), author: by }, (turn) =>
    inOrder(async () => {
      const message = await log.find(id);
      if (message?.type !== "message" || !(await isVisible(log, message))) return { code: "unknown_message" };
      if (message.author.id !== by.id) return { code: "not_author" };
      if (isWritten(message)) return { code: "in_document" };
      turn.question = { ...turn.question, target: message.target };
      const refusal = tooLong(parts, text) ?? unknownServer(parts, message);
      if (refusal) return refusal;
      await turns.cancelAll(new Stopped({ reason: "cancelled" }, by));
      void write({ type: "rewind", to: id, by });
      const stored = write(messageOf(turn.question, message.reply));
      if (message.reply) turns.accept(turn, stored);
      await stored;
      return undefined;
    }),
  );
}

/** Registers the turn that follows a rewind, and takes it back where it came to nothing. */
function rewinding(
  parts: Parts,
  question: Question,
  work: (turn: Turn) => Promise<Reply>,
): Reply | Promise<Reply> {
  const refusal = parts.noRuns();
  if (refusal) return refusal;
  const turn = parts.turns.add(question);
  return work(turn).finally(() => {
    if (turn.state === "arriving") parts.turns.withdraw(turn);
  });
}
