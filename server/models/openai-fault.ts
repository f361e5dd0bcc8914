// From the `openai` package's exceptions to our codes. The provider's own text goes no further.
import { APIConnectionError, APIError } from "openai";
import { UpstreamError } from "./model.ts";

/** An UpstreamError for what the upstream did; anything else (an abort, a bug) as it is. */
export function openaiFault(error: unknown): unknown {
  if (error instanceof APIConnectionError)
    return new UpstreamError("upstream_unreachable", { isPassing: true });
  if (error instanceof APIError && error.status !== undefined) return ofStatus(error as Refusal);
  return error;
}

type Refusal = APIError<number, Headers | undefined>;

function ofStatus({ status, headers, code }: Refusal): UpstreamError {
  const retryAfterMs = retryAfter(headers?.get("retry-after") ?? null);
  const isPassing = status === 408 || status === 409 || status === 429 || status >= 500;
  const facts = { status, isPassing, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  if (status === 400 && code === "content_filter") return new UpstreamError("upstream_filtered", { status });
  return new UpstreamError(codeOf(status), facts);
}

function codeOf(status: number): UpstreamError["code"] {
  if (status === 401 || status === 403) return "upstream_auth";
  if (status === 404) return "upstream_not_found";
  if (status === 429) return "upstream_rate_limited";
  if (status === 503 || status === 529) return "upstream_overloaded";
  return status < 500 ? "upstream_bad_request" : "upstream_error";
}

/** `Retry-After` in milliseconds: seconds or an HTTP date; undefined when it is neither. */
export function retryAfter(value: string | null, now = Date.now()): number | undefined {
  if (value === null || value.trim() === "") return undefined;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Date.parse(value) - now : seconds * 1000;
  return Number.isFinite(ms) ? Math.max(0, Math.ceil(ms)) : undefined;
}
