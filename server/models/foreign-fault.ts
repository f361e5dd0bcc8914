// What other people's models throw, read by its shape, since we know no class of theirs.
import { upstreamFault } from "./fault.ts";
import { UpstreamError } from "./model.ts";

/** The fields by which packages say what happened; each has its own choice of them. */
type Thrown = {
  name?: unknown;
  message?: unknown;
  cause?: unknown;
  code?: unknown;
  status?: unknown;
  statusCode?: unknown;
  isRetryable?: unknown;
  headers?: unknown;
  responseHeaders?: unknown;
  response?: { status?: unknown; headers?: unknown };
  error?: { code?: unknown };
  data?: { error?: { code?: unknown } };
  $metadata?: { httpStatusCode?: unknown };
};

/** Causes of causes are looked at this far. */
const depth = 5;

/**
 * Says by one of our codes what a model threw: by its HTTP status where it has one, as `upstream_unreachable` or (once
 * the answer had begun) `upstream_cut` where the network failed. What names neither, a bug or a missing key, comes back
 * as it is.
 */
export function foreignFault(error: unknown, hasBegun: boolean): unknown {
  if (error instanceof UpstreamError) return error;
  const chain = causesOf(error);
  for (const each of chain) {
    const status = statusOf(each);
    if (status !== undefined) return refusal(each, status);
  }
  const isOver = chain.some(isCut) || (hasBegun && chain.some(isOfNetwork));
  if (isOver) return new UpstreamError("upstream_cut");
  if (chain.some(isOfNetwork)) return upstreamFault({ status: undefined });
  return chain.some(isReported) ? new UpstreamError("upstream_error") : error;
}

function causesOf(error: unknown): Thrown[] {
  const chain: Thrown[] = [];
  for (let each = error; chain.length < depth && typeof each === "object" && each !== null;) {
    chain.push(each);
    each = (each as Thrown).cause;
  }
  return chain;
}

/** LangChain's packages say `status`, `statusCode` or `response.status`, the AI SDK `statusCode`, AWS `$metadata`. */
function statusOf({ status, statusCode, response, $metadata }: Thrown): number | undefined {
  const said = [status, statusCode, response?.status, $metadata?.httpStatusCode].map(Number);
  return said.find((each) => each >= 400 && each <= 599); // with 200 it is the body that failed
}

function refusal(thrown: Thrown, status: number): UpstreamError {
  const headers = thrown.headers ?? thrown.responseHeaders ?? thrown.response?.headers;
  const code = thrown.code ?? thrown.error?.code ?? thrown.data?.error?.code;
  const fault = upstreamFault({ status, code, retryAfter: retryAfterOf(headers) });
  const isFinal = thrown.isRetryable === false; // a 429 for an empty purse, for example
  return isFinal && fault.isPassing ? new UpstreamError(fault.code, { status }) : fault;
}

function retryAfterOf(headers: unknown): string | undefined {
  if (typeof headers !== "object" || headers === null) return undefined;
  const value: unknown =
    headers instanceof Headers
      ? headers.get("retry-after")
      : Object.entries(headers).find(([name]) => name.toLowerCase() === "retry-after")?.[1];
  return typeof value === "string" ? value : undefined;
}

/** A body that ended early: undici's word for it, and a payload that is no JSON. */
const isCut = ({ name, message }: Thrown): boolean =>
  (name === "TypeError" && message === "terminated") || name === "SyntaxError";

const networkCodes = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EPIPE"],
  ...["EHOSTUNREACH", "ENETUNREACH", "ERR_STREAM_PREMATURE_CLOSE"],
]);

const isOfNetwork = (thrown: Thrown): boolean =>
  (typeof thrown.code === "string" &&
    (networkCodes.has(thrown.code) || thrown.code.startsWith("UND_ERR_"))) ||
  (thrown.name === "TypeError" && thrown.message === "fetch failed") ||
  thrown.name === "TimeoutError" ||
  isA(thrown, "APIConnectionError");

/** An error inside a stream whose HTTP status was 200: a class of `openai`, and of those that imitate it. */
const isReported = (thrown: Thrown): boolean => isA(thrown, "APIError");

/** `instanceof` by name, since the package may be there twice, or be another one. */
function isA(thrown: object, name: string): boolean {
  const above = Object.getPrototypeOf(thrown) as object | null;
  return above !== null && (above.constructor?.name === name || isA(above, name));
}
