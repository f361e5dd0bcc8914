// How an answer ended, in words.
import { outcomes, type Answer } from "../shared/transcript.ts";

/** Empty for one that is not ended, or ended well. `me` is who needs no name. */
export function outcomeOf({ reason, by, error }: Answer, me?: string): string {
  if (!reason) return "";
  const who = reason === "cancelled" && by && by.id !== me ? ` by ${by.name}` : "";
  const wait =
    error?.retryAfterMs === undefined ? "" : ` Again in ${Math.ceil(error.retryAfterMs / 1000)} s.`;
  return `${outcomes[reason]}${who}${error ? ` ${error.message}${wait}` : ""}`;
}
