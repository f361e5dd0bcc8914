// The document servers that are configured, by their names.
import type { DocumentServer } from "./document.ts";
import { openHocuspocusServer } from "./hocuspocus.ts";
import { openYWebsocketServer } from "./y-websocket.ts";

/** A server that the assistant may write on. */
export type DocumentServerSettings = {
  /** As clients name it. */
  readonly name: string;
  readonly kind: "y-websocket" | "hocuspocus";
  /** For y-websocket with `{name}` where the document's name goes, and `{token}` where its token goes. */
  readonly url: string;
};

/**
 * In the order given. Nothing is connected yet.
 * @param options.openMs see `openMs` in document.ts, which is the default
 * @throws MissingPackageError
 */
export async function openServers(
  settings: readonly DocumentServerSettings[],
  options: { openMs?: number } = {},
): Promise<ReadonlyMap<string, DocumentServer>> {
  const open = ({ kind, url }: DocumentServerSettings): Promise<DocumentServer> =>
    kind === "hocuspocus" ? openHocuspocusServer(url, options) : openYWebsocketServer(url, options);
  return new Map(await Promise.all(settings.map(async (one) => [one.name, await open(one)] as const)));
}
