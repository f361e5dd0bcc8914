// A conversation as it lives in this process: who is in it, whose turn it is, and when it may leave memory.
import { closeCodes, type Limits } from "../../shared/limits.ts";
import type { Draft } from "../../shared/protocol.ts";
import type { Coauthor } from "../coauthor/coauthor.ts";
import { Stopped } from "../chain/halt.ts";
import type { Summaries } from "../chain/summary.ts";
import type { Log, Logs } from "../log/log.ts";
import { faultFields, type Logger } from "../logger.ts";
import type { Excerpt } from "../models/message.ts";
import { author } from "./author.ts";
import { createCommands, type Obey, type Reply } from "./commands.ts";
import { openLogHistory } from "./log-history.ts";
import { openLogSummaries } from "./log-summaries.ts";
import { Peers, type Counting } from "./peers.ts";
import type { Refusal } from "./refusal.ts";
import { Turns, type Answering, type Assistant, type Host, type Load, type Turn } from "./turns.ts";
import { createUndo } from "./undo.ts";

export interface Conversation {
  readonly log: Log;
  /** Who answers here, by the name that each `start` has. */
  readonly model: string;
  readonly turns: Turns;
  readonly peers: Peers;
  /** Nothing holds it any more, or its store failed: it is not to be used again. */
  readonly isOver: boolean;
  obey(...order: Parameters<Obey>): Promise<Reply>;
  /** Keeps the conversation in memory until the returned function is called. */
  hold(): () => void;
}

/** What all conversations of a process share. */
export type ConversationParts = {
  logs: Logs;
  assistant: Assistant;
  coauthor: Coauthor;
  limits: Limits;
  logger: Logger;
  load: Load;
  /** A run that nobody watches for so long is cancelled; 0 = never. Milliseconds. */
  abandonedRunMs: number;
  noRuns: () => Refusal | undefined;
  /** The conversation of this id is over. */
  onOver: (id: string) => void;
};

export const createConversation = (log: Log, parts: ConversationParts): Conversation =>
  new LivingConversation(log, parts);

/** There are as many as connections, and in most nobody talks now: what only a talk needs is made when one begins. */
class LivingConversation implements Conversation, Counting, Host {
  readonly log: Log;
  readonly turns: Turns;
  readonly peers: Peers;
  isOver = false;
  readonly #parts: ConversationParts;
  #abandoned: NodeJS.Timeout | undefined;
  #holds = 0;
  #obey: Obey | undefined;
  /** One for all answers: who makes a summary is known by it. */
  #summaries: Summaries | undefined;
  #isWritten = false;

  constructor(log: Log, parts: ConversationParts) {
    this.log = log;
    this.#parts = parts;
    this.turns = new Turns(this);
    this.peers = new Peers(this);
  }

  get model(): string {
    return this.#parts.assistant.model;
  }

  get load(): Load {
    return this.#parts.load;
  }

  async obey(...order: Parameters<Obey>): Promise<Reply> {
    const release = this.hold();
    try {
      this.#obey ??= this.#commands();
      return await this.#obey(...order);
    } finally {
      release();
    }
  }

  #commands(): Obey {
    const [parts, { log, turns, peers }] = [this.#parts, this];
    const write = (draft: Draft): Promise<void> => this.write(draft);
    const undo = createUndo({ ...parts, log, turns, write });
    return createCommands({ ...parts, log, turns, write, undo, tell: (frame) => peers.typing(frame) });
  }

  hold(): () => void {
    let isHeld = true;
    this.#holds += 1;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds -= 1;
      if (this.#holds === 0) this.#leaveMemory();
    };
  }

  /** Everything that is written comes by here, so the log cannot fail before anybody listens to that. */
  write(draft: Draft): Promise<void> {
    if (!this.#isWritten) void this.log.failure.then((error) => this.#failed(error));
    this.#isWritten = true;
    return this.log.append(draft);
  }

  /** Its words go to the log, and from there into the document that it is about. */
  answer({ question, run, stop }: Turn): Answering {
    const [log, { logs, assistant, coauthor, logger }] = [this.log, this.#parts];
    const summaries = (this.#summaries ??= openLogSummaries(logs, log.conversation));
    const asked = { question, history: openLogHistory(log, question.id), summaries, signal: stop.signal };
    const { target } = question;
    if (!target) return { words: assistant.answer(asked) };
    const answer = (excerpt?: Excerpt) => assistant.answer({ ...asked, excerpt });
    const onLate = (error: unknown): void => logger.warn("document.unfinished", faultFields(error));
    return author({ coauthor, log, target, run, stop, answer, onLate });
  }

  /** [R5] Runs that nobody watches for long do not go on for ever. */
  counted(watchers: number): void {
    const { abandonedRunMs } = this.#parts;
    clearTimeout(this.#abandoned);
    if (watchers > 0 || abandonedRunMs === 0) return;
    this.#abandoned = setTimeout(() => this.#abandon(), abandonedRunMs);
  }

  #abandon(): void {
    void this.turns.cancelAll(new Stopped({ reason: "cancelled" }));
  }

  onFault(error: unknown): void {
    this.#parts.logger.error("run.fault", faultFields(error));
  }

  onEnded(): void {
    if (this.#holds === 0) this.#leaveMemory();
  }

  #leaveMemory(): void {
    if (this.turns.open.length > 0) return; // a closed socket cancels nothing [R5]
    clearTimeout(this.#abandoned);
    this.peers.close();
    this.log.close();
    this.#end();
  }

  #failed(error: Error): void {
    const { conversation } = this.log;
    this.#parts.logger.error("store.failed", { conversation, ...faultFields(error) });
    this.#end();
    setImmediate(() => giveUp(this.turns, this.peers)); // a refusal of what was not stored goes out first
  }

  /** Once: there may be another conversation of this id then. */
  #end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#parts.onOver(this.log.conversation);
  }
}

/** What was written last is not in the store: everybody is to come again, and finds what is. */
function giveUp(turns: Turns, peers: Peers): void {
  void turns.cancelAll(new Stopped({ reason: "interrupted", code: "storage_unavailable" }));
  peers.expel(closeCodes.conversationClosed);
}
