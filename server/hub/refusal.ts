// A command that was refused: an expected outcome, so a value.
import { failures, refusals, type RefusalCode } from "../../shared/limits.ts";
import type { FrameOf } from "../../shared/protocol.ts";

export type Refusal = {
  readonly code: RefusalCode;
  readonly message?: string;
  readonly retryAfterMs?: number;
};

const meanings: Readonly<Record<RefusalCode, string>> = { ...failures, ...refusals };

export function errorFrame({ code, message, retryAfterMs }: Refusal, ref?: string): FrameOf<"error"> {
  return {
    type: "error",
    code,
    message: message ?? meanings[code],
    ...(ref !== undefined && { ref }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}
