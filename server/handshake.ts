// Who may open a WebSocket here, and what for: one decision about a request, before anything is upgraded.
import type { IncomingMessage } from "node:http";
import { keyPrefix } from "../shared/limits.ts";
import type { Ticket } from "./hub/connection.ts";

export type Admission =
  | { readonly kind: "admitted"; readonly ticket: Ticket }
  | { readonly kind: "document"; readonly document: string }
  | { readonly kind: "refused"; readonly status: 400 | 403 | 404 };

/** Which browsers are let in: an exact list, or else pages that this server's own host has served; on this machine only, both. */
export type Origins = {
  readonly allowed: readonly string[] | undefined;
  /** Bound to this machine only: then a page must have reached us by a name of this machine (DNS rebinding). */
  readonly isLoopback: boolean;
};

/** Loopback is no boundary: every page in every browser on this machine can reach it, so `Origin` is checked there too. */
export function admit(request: IncomingMessage, origins: Origins): Admission {
  const { origin, host } = request.headers;
  if (origin !== undefined && !isAllowed({ origin, host }, origins)) return { kind: "refused", status: 403 };
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const document = /^\/docs\/([A-Za-z0-9._~-]{1,128})$/.exec(path)?.[1];
  if (document !== undefined) return { kind: "document", document };
  const match = /^\/ws(?:\/([A-Za-z0-9._~-]{1,128}))?$/.exec(path);
  if (!match) return { kind: "refused", status: 404 };
  const resume = resumeOf(new URLSearchParams(query));
  if (!resume) return { kind: "refused", status: 400 };
  const key = keyOf(request.headers["sec-websocket-protocol"]);
  return { kind: "admitted", ticket: { conversation: match[1], key, ...resume } };
}

type Caller = { origin: string; host: string | undefined };

function isAllowed({ origin, host }: Caller, { allowed, isLoopback }: Origins): boolean {
  if (allowed?.includes(origin)) return true;
  if (allowed && !isLoopback) return false;
  const isOwnPage = host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
  return isOwnPage && (!isLoopback || isLoopbackHost(host));
}

/** A host, with or without a port, that names this machine. */
export const isLoopbackHost = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host) || host === "::1";

/** Undefined when a number is malformed or given twice. An `after` without its epoch is a reset, not a fault. */
function resumeOf(query: URLSearchParams): Omit<Ticket, "conversation" | "key"> | undefined {
  const [after, ...more] = query.getAll("after");
  if (more.length > 0 || (after !== undefined && !/^\d{1,15}$/.test(after))) return undefined;
  return {
    after: after === undefined ? undefined : Number(after),
    epoch: query.get("epoch") ?? undefined,
    name: query.get("name") ?? undefined,
  };
}

/** The key comes as a subprotocol, because addresses end up in logs. It is never echoed. */
function keyOf(protocols: string | undefined): string | undefined {
  const offered = (protocols ?? "").split(",").map((protocol) => protocol.trim());
  return offered.find((protocol) => protocol.startsWith(keyPrefix))?.slice(keyPrefix.length);
}
