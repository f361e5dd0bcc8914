// From what providers' packages throw to our codes. The provider's own text goes no further.
import { UpstreamError } from "./model.ts";

/** What is known of a request that failed. */
export type Refusal = {
  /** The HTTP status; undefined when there was no answer at all. */
  readonly status: number | undefined;
  /** The provider's own code, where it gave one. */
  readonly code?: unknown;
  /** The `Retry-After` header, where there was one. */
  readonly retryAfter?: string | null | undefined;
};

/** Says by one of our codes what went wrong, and whether trying again may help. */
export function upstreamFault({ status, code, retryAfter }: Refusal): UpstreamError {
  if (status === undefined) return new UpstreamError("upstream_unreachable", { isPassing: true });
  if (status === 400 && code === "content_filter") return new UpstreamError("upstream_filtered", { status });
  const isPassing = status === 408 || status === 409 || status === 429 || status >= 500;
  const retryAfterMs = millisecondsOf(retryAfter ?? null);
  return new UpstreamError(codeOf(status), {
    status,
    isPassing,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function codeOf(status: number): UpstreamError["code"] {
  if (status === 401 || status === 403) return "upstream_auth";
  if (status === 404) return "upstream_not_found";
  if (status === 429) return "upstream_rate_limited";
  if (status === 503 || status === 529) return "upstream_overloaded";
  return status < 500 ? "upstream_bad_request" : "upstream_error";
}

/** `Retry-After` in milliseconds: seconds or an HTTP date; undefined when it is neither. */
export function millisecondsOf(retryAfter: string | null, now = Date.now()): number | undefined {
  if (retryAfter === null || retryAfter.trim() === "") return undefined;
  const seconds = Number(retryAfter);
  const ms = Number.isNaN(seconds) ? Date.parse(retryAfter) - now : seconds * 1000;
  return Number.isFinite(ms) ? Math.max(0, Math.ceil(ms)) : undefined;
}

type Exceptions = Record<"APIError" | "APIConnectionError", new (...args: never[]) => Error>;

/** The same for what the `openai` and `@anthropic-ai/sdk` packages throw; anything else (an abort, a bug) as it is. */
export function packageFault(error: unknown, { APIError, APIConnectionError }: Exceptions): unknown {
  if (error instanceof APIConnectionError) return upstreamFault({ status: undefined });
  const { status, code, headers } = error as { status?: number; code?: unknown; headers?: Headers };
  if (!(error instanceof APIError) || status === undefined) return error;
  return upstreamFault({ status, code, retryAfter: headers?.get("retry-after") });
}
