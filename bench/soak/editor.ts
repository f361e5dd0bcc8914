// A person at an editor: the unmodified y-websocket provider, and a text that the assistant writes in as well.
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import { Doc } from "yjs";
import type { Dice } from "../../test/faults/dice.ts";
import type { Passage } from "../../shared/target.ts";
import type { Crowd, Scene } from "./crowd.ts";
import { Reader } from "./reader.ts";
import { Violation } from "./rules.ts";
import { anyOrder } from "./turns.ts";

const patienceMs = 60_000;
const type = "codemirror";

type Editor = {
  read(): string;
  write(words: string): void;
  /** Calls back when it may have changed. Returns the way to stop. */
  watch(look: () => void): () => void;
  close(): void;
};

/** Waits until this holds; it is looked at whenever one of these documents changes. */
function until(editors: readonly Pick<Editor, "watch">[], holds: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const stops = editors.map(({ watch }) => watch(() => look()));
    const stop = (): void => stops.forEach((one) => one());
    const timer = setTimeout(() => {
      stop();
      reject(new Violation(`nothing came for ${patienceMs} ms in a document`));
    }, patienceMs);
    const look = (): void => {
      if (!holds()) return;
      clearTimeout(timer);
      stop();
      resolve();
    };
    look();
  });
}

async function openEditor(crowd: Crowd, name: string): Promise<Editor> {
  const doc = new Doc();
  const provider = new WebsocketProvider(`ws://127.0.0.1:${crowd.port}/docs`, name, doc, {
    disableBc: true,
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
  });
  provider.awareness.setLocalStateField("user", { name: "Ada" });
  const text = doc.getText(type);
  const watch = (look: () => void): (() => void) => {
    doc.on("update", look);
    provider.on("sync", look);
    return () => {
      doc.off("update", look);
      provider.off("sync", look);
    };
  };
  await until([{ watch }], () => provider.synced);
  crowd.count("editors");
  return {
    read: () => text.toJSON(),
    write: (words) => text.insert(0, words),
    watch,
    close: () => {
      provider.destroy();
      doc.destroy();
    },
  };
}

const targets = (document: string): readonly Passage[] => {
  const from = { tname: type, assoc: -1 };
  const here = { server: "self", document, type } as const;
  return [
    { ...here, mode: "append" },
    { ...here, mode: "insert", from },
    { ...here, mode: "replace", from, to: { tname: type, assoc: 0 } },
    { ...here, mode: "read" },
  ];
};

/** The assistant writes; it is let be, or stopped and its words are taken back then, or later. */
async function write(reader: Reader, { dice, target }: { dice: Dice; target: Passage }): Promise<void> {
  const message = reader.say(anyOrder(dice), { target });
  const isWritten = target.mode !== "read";
  if (dice.chance(0.3)) {
    await reader.words(message, dice.between(1, 300));
    reader.send({ type: "cancel", keep: !isWritten });
  }
  await reader.ended(message);
  const answer = reader.known.items.findLast((item) => item.type === "answer");
  if (answer?.error) throw new Violation(`the document failed: ${answer.error.code}`);
  if (!answer || !isWritten || answer.reason !== "stop" || dice.chance(0.6)) return;
  reader.send({ type: "undo", run: answer.run });
  await reader.until(() =>
    reader.known.items.some((item) => item.type === "answer" && item.run === answer.run && item.undone),
  );
}

/** Two people and the assistant in one document; whoever comes later reads the same. */
export const writing: Scene = async (crowd, dice) => {
  const name = crowd.name();
  const reader = new Reader(crowd, name);
  const [ada] = await Promise.all([openEditor(crowd, name), reader.join()]);
  crowd.count("conversations");
  for (let left = dice.between(1, 4); left > 0; left--) {
    ada.write(`${"Some words. ".repeat(dice.between(1, 20))}`);
    await write(reader, { dice, target: dice.pick(targets(name)) });
    crowd.count("document runs");
    const ben = await openEditor(crowd, name);
    ben.write("More. ");
    await until([ada, ben], () => ada.read() === ben.read());
    ben.close();
  }
  ada.close();
  await reader.leave();
  await crowd.rest(dice.between(1_000, 4_000));
};
