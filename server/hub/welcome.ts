// How a connection begins: where it reads from, and the first frame that says so.
import { protocolName, type Limits } from "../../shared/limits.ts";
import type { FrameOf } from "../../shared/protocol.ts";
import { beginningOf } from "./beginning.ts";
import type { Conversation } from "./conversation.ts";

export type Start = Pick<FrameOf<"welcome">, "resume" | "offset">;

type Wish = { after?: number | undefined; epoch?: string | undefined };

/** [P4] Either exactly where the reader was, or a stated offset to begin again from. */
export async function startOf({ log }: Conversation, { after, epoch }: Wish): Promise<Start> {
  if (after !== undefined && epoch === log.epoch && (await log.exists(after)))
    return { resume: "resumed", offset: after };
  return { resume: after === undefined ? "new" : "reset", offset: await beginningOf(log) };
}

type Newcomer = { connection: string; me: FrameOf<"welcome">["me"]; start: Start; limits: Limits };

export function welcomeOf(
  { log, turns, peers, model }: Conversation,
  newcomer: Newcomer,
): FrameOf<"welcome"> {
  const { frameBytes, textChars, commandsPerSecond } = newcomer.limits;
  return {
    type: "welcome",
    protocol: protocolName,
    conversation: log.conversation,
    connection: newcomer.connection,
    epoch: log.epoch,
    ...newcomer.start,
    head: log.head,
    me: newcomer.me,
    members: peers.members,
    ...(turns.active && { active: turns.active.run }),
    model,
    limits: { frameBytes, textChars, commandsPerSecond },
  };
}
