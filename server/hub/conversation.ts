// A conversation as it lives in this process: who is in it, whose turn it is, and when it may leave memory.
import { closeCodes, type Limits } from "../../shared/limits.ts";
import type { Draft } from "../../shared/protocol.ts";
import type { Coauthor } from "../coauthor/coauthor.ts";
import { Stopped } from "../chain/halt.ts";
import type { Summaries } from "../chain/summary.ts";
import type { Log } from "../log/log.ts";
import { faultFields, type Logger } from "../logger.ts";
import type { Excerpt } from "../models/message.ts";
import { author } from "./author.ts";
import { createCommands, type Obey } from "./commands.ts";
import { openLogHistory } from "./log-history.ts";
import { createPeers, type Peers } from "./peers.ts";
import type { Refusal } from "./refusal.ts";
import { createTurns, type Answering, type Assistant, type Load, type Turn, type Turns } from "./turns.ts";
import { createUndo } from "./undo.ts";

export interface Conversation {
  readonly log: Log;
  /** Who answers here, by the name that each `start` has. */
  readonly model: string;
  readonly turns: Turns;
  readonly peers: Peers;
  readonly obey: Obey;
  /** Keeps the conversation in memory until the returned function is called. */
  readonly hold: () => () => void;
}

export type ConversationParts = {
  log: Log;
  summaries: Summaries;
  assistant: Assistant;
  coauthor: Coauthor;
  limits: Limits;
  logger: Logger;
  load: Load;
  /** A run that nobody watches for so long is cancelled; 0 = never. Milliseconds. */
  abandonedRunMs: number;
  noRuns: () => Refusal | undefined;
  /** Nothing holds it any more, or its store failed: it is not to be used again. May be called twice. */
  onOver: () => void;
};

export function createConversation(parts: ConversationParts): Conversation {
  const { log, logger } = parts;
  const write = (draft: Draft): Promise<void> => log.append(draft);
  const holds = createHolds(leaveMemory);
  const turns = createTurns({
    ...parts,
    write,
    model: parts.assistant.model,
    answer: (turn) => answering(parts, turn),
    onEnded: () => (holds.isHeld() ? undefined : leaveMemory()),
    onFault: (error) => logger.error("run.fault", faultFields(error)),
  });
  const watch = createWatch(parts.abandonedRunMs, turns);
  const peers = createPeers((count) => watch.changed(count));
  const undo = createUndo({ ...parts, turns, write });
  const obey = createCommands({ ...parts, turns, write, undo, tell: (frame) => peers.typing(frame) });

  function leaveMemory(): void {
    if (turns.open.length > 0) return; // a closed socket cancels nothing [R5]
    watch.close();
    peers.close();
    log.close();
    parts.onOver();
  }

  void log.failure.then((error) => {
    logger.error("store.failed", { conversation: log.conversation, ...faultFields(error) });
    parts.onOver();
    setImmediate(() => giveUp(turns, peers)); // a refusal of what was not stored goes out first
  });

  const hold = (): (() => void) => holds.hold();
  const { model } = parts.assistant;
  return { log, model, turns, peers, hold, obey: (order, by) => holds.during(async () => obey(order, by)) };
}

/** Its words go to the log, and from there into the document that it is about. */
function answering(
  { log, summaries, assistant, coauthor, logger }: ConversationParts,
  turn: Turn,
): Answering {
  const { question, run, stop } = turn;
  const { target } = question;
  const asked = { question, history: openLogHistory(log, question.id), summaries, signal: stop.signal };
  if (!target) return { words: assistant.answer(asked) };
  const answer = (excerpt?: Excerpt) => assistant.answer({ ...asked, excerpt });
  const onLate = (error: unknown): void => logger.warn("document.unfinished", faultFields(error));
  return author({ coauthor, log, target, run, stop, answer, onLate });
}

/** What was written last is not in the store: everybody is to come again, and finds what is. */
function giveUp(turns: Turns, peers: Peers): void {
  void turns.cancelAll(new Stopped({ reason: "interrupted", code: "storage_unavailable" }));
  peers.expel(closeCodes.conversationClosed);
}

/** Counts who needs something, and says when nobody does any more. */
function createHolds(onFree: () => void) {
  const held = new Set<object>();
  function hold(): () => void {
    const one = {};
    held.add(one);
    return () => {
      if (held.delete(one) && held.size === 0) onFree();
    };
  }
  return {
    isHeld: () => held.size > 0,
    hold,
    during: async <T>(work: () => Promise<T>): Promise<T> => {
      const release = hold();
      return work().finally(release);
    },
  };
}

/** [R5] Runs that nobody watches for long do not go on for ever. */
function createWatch(abandonedRunMs: number, turns: Turns) {
  let timer: NodeJS.Timeout | undefined;
  return {
    changed: (watchers: number) => {
      clearTimeout(timer);
      if (watchers > 0 || abandonedRunMs === 0) return;
      timer = setTimeout(() => void turns.cancelAll(new Stopped({ reason: "cancelled" })), abandonedRunMs);
    },
    close: () => clearTimeout(timer),
  };
}
