// A person in a shared document: the unmodified y-websocket provider and a text.
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import { Doc, type Text } from "yjs";
import { closing } from "./world.ts";

export type Writer = {
  readonly doc: Doc;
  readonly text: Text;
  readonly provider: WebsocketProvider;
  /** Waits until the text is this. */
  reads(words: string): Promise<void>;
  /** Waits until something is so, as often as the document or the awareness changes. */
  until(isSo: () => boolean): Promise<void>;
  /** Waits for the next close of its connection: the code. */
  closed(): Promise<number | undefined>;
  destroy(): void;
};

/** Resolves when it is in step, at once when `isOffline`. */
export async function openWriter(
  port: number,
  name: string,
  { doc = new Doc(), isOffline = false } = {},
): Promise<Writer> {
  const provider = new WebsocketProvider(`ws://127.0.0.1:${port}/docs`, name, doc, {
    disableBc: true,
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    maxBackoffTime: 100,
    connect: !isOffline,
  });
  const text = doc.getText("codemirror");
  let isDestroyed = false;
  const destroy = (): void => {
    if (isDestroyed) return;
    isDestroyed = true;
    provider.destroy();
    doc.destroy();
  };
  closing(async () => destroy());
  const until = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        doc.off("update", look);
        provider.awareness.off("change", look);
        provider.off("sync", look);
        resolve();
      };
      doc.on("update", look);
      provider.awareness.on("change", look);
      provider.on("sync", look);
      look();
    });
  if (!isOffline) await until(() => provider.synced);
  return {
    doc,
    text,
    provider,
    until,
    reads: (words) => until(() => textIn(text) === words),
    closed: () =>
      new Promise((resolve) => provider.once("connection-close", (event) => resolve(event?.code))),
    destroy,
  };
}

const textIn = (text: Text): string => text.toJSON();

export const textOf = ({ text }: Writer): string => textIn(text);
