// The conversations that are in memory, by id. Each is opened once, recovered before anyone reads it, and dropped when
// nothing holds it.
import { setTimeout as wait } from "node:timers/promises";
import { Stopped } from "../chain/halt.ts";
import { createConversation, type Conversation, type ConversationParts } from "./conversation.ts";
import { recover } from "./recovery.ts";
import type { Refusal } from "./refusal.ts";
import type { Load } from "./turns.ts";

type Parts = Omit<ConversationParts, "onOver" | "noRuns" | "load">;

export interface Rooms {
  /** The conversation of this id, in memory until `release`. It begins if it does not exist. */
  readonly enter: (id: string) => Promise<{ conversation: Conversation; release: () => void }>;
  /** Starts no more runs, ends those that wait, gives the active ones so long, and ends the rest. Milliseconds. */
  readonly drain: (graceMs: number) => Promise<void>;
}

type Living = Map<string, Promise<Conversation>>;

export function createRooms(parts: Parts): Rooms {
  const living: Living = new Map();
  const load: Load = { runs: 0 };
  let isDraining = false;

  function noRuns(): Refusal | undefined {
    if (isDraining) return { code: "draining" };
    return load.runs < parts.limits.activeRuns ? undefined : { code: "overloaded", retryAfterMs: 1_000 };
  }

  const house: ConversationParts = { ...parts, load, noRuns, onOver: (id) => void living.delete(id) };
  return {
    enter: (id) => enter(living, id, () => open(house, id)),
    drain: async (graceMs) => {
      isDraining = true;
      const conversations = await Promise.allSettled(living.values());
      await endRuns(
        conversations.flatMap((opened) => (opened.status === "fulfilled" ? [opened.value] : [])),
        graceMs,
      );
    },
  };
}

async function enter(
  living: Living,
  id: string,
  begin: () => Promise<Conversation>,
): ReturnType<Rooms["enter"]> {
  for (;;) {
    const opening = living.get(id) ?? begin();
    living.set(id, opening);
    try {
      const conversation = await opening;
      // it may have left memory in this very moment: then it is opened again
      if (!conversation.isOver) return { conversation, release: conversation.hold() };
    } catch (error) {
      if (living.get(id) === opening) living.delete(id);
      throw error;
    }
  }
}

async function open(house: ConversationParts, id: string): Promise<Conversation> {
  const { logs, assistant, logger } = house;
  const log = await logs.open(id);
  const ended = await recover(log, assistant.model).catch((error: unknown) => {
    log.close();
    throw error;
  });
  if (ended > 0) logger.info("conversation.recovered", { conversation: id, ended });
  return createConversation(log, house);
}

const stopped = (): Stopped => new Stopped({ reason: "interrupted", code: "server_stopped" });

async function endRuns(conversations: readonly Conversation[], graceMs: number): Promise<void> {
  const idle = Promise.all(conversations.map(({ turns }) => turns.idle()));
  for (const { turns } of conversations)
    for (const turn of turns.open) if (turn !== turns.active) turns.cancel(turn, stopped());
  await Promise.race([idle, wait(graceMs, undefined, { ref: false })]);
  for (const { turns } of conversations) for (const turn of turns.open) turns.cancel(turn, stopped());
  await idle;
}
