// Everybody's network goes at once, in the middle of answers, and comes back: who was cut is to read on exactly where he was.
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";
import type { ServerFrame } from "../../shared/protocol.ts";
import { quantile } from "../stage.ts";
import { now, ours, type Figures, type Round, type Scenario } from "./scenario.ts";

const clients = 5_000;
const rooms = 50;
const atOnce = 100;
const wordsPerSecond = 10;
const speakMs = 2_000;
const settledMs = 3_000;
/** Who is not back by then is lost. Milliseconds. */
const patienceMs = 30_000;

/** A reader that keeps its place, and not what it has read. */
class Reader {
  readonly #address: string;
  socket!: WebSocket;
  offset = 0;
  epoch = "";
  resume = "";
  /** Frames that did not begin where the one before them ended. */
  gaps = 0;
  #onRead = (): void => {};

  constructor(address: string) {
    this.#address = address;
  }

  /** Resolves with the first frame of the log after the welcome. Without a listener an error would end the load. */
  connect(): Promise<void> {
    const place = this.epoch ? `?after=${this.offset}&epoch=${this.epoch}` : "";
    this.socket = new WebSocket(this.#address + place, { perMessageDeflate: false });
    this.socket.on("error", () => void setTimeout(() => void this.connect(), 50 + Math.random() * 200));
    this.socket.on("message", (data: Buffer) => this.#hear(JSON.parse(data.toString()) as ServerFrame));
    return new Promise((resolve) => (this.#onRead = resolve));
  }

  #hear(frame: ServerFrame): void {
    if (frame.type === "welcome") {
      [this.epoch, this.resume] = [frame.epoch, frame.resume];
      if (frame.resume !== "resumed") this.offset = frame.offset;
      if (frame.head === frame.offset && frame.resume !== "resumed") this.#onRead();
    }
    if (!("offset" in frame) || frame.type === "welcome") return;
    const width = frame.type === "token" ? frame.text.length : 1;
    if (frame.offset - width !== this.offset) this.gaps += 1;
    this.offset = frame.offset;
    this.#onRead();
  }
}

async function play({ stage, isQuick }: Round): Promise<Figures> {
  const url = `${stage.address.replace("http", "ws")}/ws/room-`;
  const count = isQuick ? clients / 5 : clients;
  const readers = Array.from({ length: count }, (_, index) => new Reader(`${url}${index % rooms}`));
  for (let index = 0; index < count; index += atOnce)
    await Promise.all(readers.slice(index, index + atOnce).map((reader) => reader.connect()));
  for (const { socket } of readers.slice(0, rooms))
    socket.send(JSON.stringify({ type: "say", text: "Hello" }));
  await wait(speakMs);
  const gone = readers.map(({ socket }) => once(socket, "close"));
  for (const { socket } of readers) socket.terminate();
  await Promise.all(gone);
  const begun = now();
  const times: number[] = [];
  const back = readers.map((reader) => reader.connect().then(() => times.push(now() - begun)));
  await Promise.race([Promise.all(back), wait(patienceMs)]);
  await wait(settledMs);
  for (const { socket } of readers) socket.terminate();
  const isExact = (reader: Reader): boolean => reader.resume === "resumed" && reader.gaps === 0;
  return {
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    lost: count - times.length,
    wrong: readers.filter((reader) => !isExact(reader)).length,
  };
}

export const reconnect = {
  reconnect: {
    title: "5,000 clients cut at once, in rooms of 100 that are spoken to",
    figures: {
      p50: "until the next word, p50, ms",
      p99: "until the next word, p99, ms",
      lost: "not back",
      wrong: "not resumed exactly",
    },
    contestants: ours,
    words: [wordsPerSecond, 6, 1_000, "openai"],
    play,
  } satisfies Scenario,
};
