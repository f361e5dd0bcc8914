// Where the summaries of a conversation are: a log of its own beside it, in which each is a message whose id is that of
// the last message it covers. Nobody can join it, for its name is none that a conversation may have.
import type { Summaries } from "../chain/summary.ts";
import type { Log, Logs } from "../log/log.ts";

/** Older ones serve when what was said last is taken back. */
const readAtMost = 16;

const author = { id: "parlor", name: "Parlor" };

/** Opens the log for each use of it, so that nothing outlives the conversation. */
export function openLogSummaries(logs: Logs, conversation: string): Summaries {
  const open = (): Promise<Log> => logs.open(`${conversation}#summaries`);
  return {
    async *newestFirst() {
      const log = await open();
      let left = readAtMost;
      try {
        for await (const page of log.backwards(log.head))
          for (const entry of page) {
            if (entry.type === "message") yield { upTo: entry.id, text: entry.text };
            if (--left === 0) return;
          }
      } finally {
        log.close();
      }
    },
    add: async ({ upTo, text }) => {
      const log = await open();
      const time = new Date().toISOString();
      const message = { type: "message", id: upTo, author, text, time, reply: false } as const;
      await log.append(message).finally(() => log.close());
    },
  };
}
