// A peer of a document by hand, frame by frame, for what no provider does.
import { WebSocket } from "ws";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { Doc, encodeStateAsUpdate } from "yjs";
import { askFrame, caretsFrame, decodeFrame, updateFrame, type Frame } from "../../server/documents/frame.ts";
import { closing } from "./world.ts";

export type RawPeer = {
  readonly socket: WebSocket;
  /** Everything that has come. */
  readonly frames: readonly Frame[];
  send(frame: Uint8Array): void;
  /** Asks for all, and waits for the answer: what was sent before has been heard then. */
  ask(): Promise<Uint8Array>;
  /** The next frame of this kind that was not taken yet. */
  next<K extends Frame["kind"]>(kind: K): Promise<Extract<Frame, { kind: K }>>;
  readonly closed: Promise<{ code: number; reason: string }>;
};

export async function openRawPeer(port: number, name: string): Promise<RawPeer> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/docs/${name}`);
  closing(async () => socket.terminate());
  const frames: Frame[] = [];
  const taken = new Set<Frame>();
  const watchers = new Set<() => void>();
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })),
  );
  socket.on("error", () => {});
  socket.on("message", (data) => {
    frames.push(decodeFrame(new Uint8Array(data as Buffer)));
    for (const watch of [...watchers]) watch();
  });
  const opened = new Promise((resolve) => socket.on("open", resolve));
  const next: RawPeer["next"] = (kind) =>
    new Promise((resolve) => {
      const watch = (): void => {
        const found = frames.find((frame) => frame.kind === kind && !taken.has(frame));
        if (!found) return;
        taken.add(found);
        watchers.delete(watch);
        resolve(found as never);
      };
      watchers.add(watch);
      watch();
    });
  await opened;
  const send = (frame: Uint8Array): void => socket.send(frame);
  return {
    socket,
    frames,
    send,
    next,
    closed,
    ask: async () => {
      send(askFrame(Uint8Array.of(0)));
      return (await next("answer")).update;
    },
  };
}

/** An update that writes this, by a writer of its own. */
export function updateOf(words: string, client?: number): Uint8Array {
  const doc = new Doc();
  if (client !== undefined) doc.clientID = client;
  doc.getText("codemirror").insert(0, words);
  return encodeStateAsUpdate(doc);
}

export const writing = (words: string): Uint8Array => updateFrame(updateOf(words));

export type Caret = { client: number; clock: number; state: string };

/** A frame of awareness, right or wrong. */
export function caretsOf(...carets: readonly Caret[]): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, carets.length);
  for (const { client, clock, state } of carets) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock);
    encoding.writeVarString(encoder, state);
  }
  return caretsFrame(encoding.toUint8Array(encoder));
}

export function caretsIn({ carets }: { carets: Uint8Array }): Caret[] {
  const decoder = decoding.createDecoder(carets);
  return Array.from({ length: decoding.readVarUint(decoder) }, () => ({
    client: decoding.readVarUint(decoder),
    clock: decoding.readVarUint(decoder),
    state: decoding.readVarString(decoder),
  }));
}
