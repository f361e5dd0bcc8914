// How an answer ended, in words.
import type { EndReason } from "../shared/protocol.ts";
import type { Answer } from "../shared/transcript.ts";

const outcomes: Record<EndReason, string> = {
  stop: "",
  length: "The model reached its length limit.",
  content_filter: "The provider's filter ended this answer.",
  cancelled: "stopped",
  timeout: "The model took too long.",
  limit: "The answer grew too long.",
  interrupted: "The answer was interrupted.",
  error: "The answer failed.",
};

/** Empty for one that is not ended, or ended well. `me` is who needs no name. */
export function outcomeOf({ reason, by, error }: Answer, me?: string): string {
  if (!reason) return "";
  const who = reason === "cancelled" && by && by.id !== me ? ` by ${by.name}` : "";
  const wait =
    error?.retryAfterMs === undefined ? "" : ` Again in ${Math.ceil(error.retryAfterMs / 1000)} s.`;
  return `${outcomes[reason]}${who}${error ? ` ${error.message}${wait}` : ""}`;
}
