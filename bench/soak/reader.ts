// Somebody who takes part: over any number of connections, always where he was, and sure of all that he was told.
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { keyPrefix, protocolName } from "../../shared/limits.ts";
import type { Command, CommandOf, Entry, FrameOf, ServerFrame } from "../../shared/protocol.ts";
import { emptyTranscript, fold, type Transcript } from "../../shared/transcript.ts";
import type { Crowd } from "./crowd.ts";
import { spelt, type Order } from "./order.ts";
import { checkAnswers, createRules, Violation, type Rules } from "./rules.ts";

/** Whatever is waited for comes within this, or it is a fault. Milliseconds. */
const patienceMs = 60_000;

const isEntry = (frame: ServerFrame): frame is Entry => "offset" in frame && frame.type !== "welcome";

type Waiter = () => void;

export class Reader {
  known: Transcript = emptyTranscript;
  readonly rules: Rules;
  #socket: WebSocket | undefined;
  #welcome: FrameOf<"welcome"> | undefined;
  /** That of the connection before this one. */
  #before: FrameOf<"welcome"> | undefined;
  /** The latest frame of each kind that is beside the log. */
  readonly #asides = new Map<string, ServerFrame>();
  readonly #waiters = new Set<Waiter>();
  readonly #crowd: Crowd;
  #room: string;

  /** @param room empty = a new private conversation */
  constructor(crowd: Crowd, room = "") {
    this.#crowd = crowd;
    this.#room = room;
    this.rules = createRules(
      () => this.#room,
      () => this.known.offset,
    );
  }

  get isClosed(): boolean {
    return this.#socket?.readyState === WebSocket.CLOSED;
  }

  get room(): string {
    return this.#room;
  }

  /** Comes in, or comes again and goes on where he was. */
  async join(): Promise<void> {
    const before = this.#before;
    this.#welcome = undefined;
    const query = before ? `?after=${this.known.offset}&epoch=${before.epoch}` : "";
    const address = `ws://127.0.0.1:${this.#crowd.port}/ws${this.#room && `/${this.#room}`}${query}`;
    const protocols = before ? [protocolName, keyPrefix + before.me.key] : [];
    this.#open(new WebSocket(address, protocols));
    await this.until(() => this.#welcome !== undefined);
    this.#crowd.count(before ? "resumes" : "joins");
  }

  #open(socket: WebSocket): void {
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("close", () => this.#wake());
    socket.on("message", (data: Buffer) => {
      if (this.#socket !== socket) return; // what still comes on a connection that was cut is not read
      try {
        this.#take(JSON.parse(data.toString()) as ServerFrame);
        this.#wake();
      } catch (error) {
        this.#crowd.fail(error);
      }
    });
  }

  #take(frame: ServerFrame): void {
    this.#crowd.count("frames");
    if (frame.type === "welcome") this.#greet(frame);
    if (!isEntry(frame)) return void this.#asides.set(frame.type, frame);
    this.rules.check(frame);
    this.known = fold(this.known, frame);
    if (frame.type === "end") checkAnswers(this.known.items);
  }

  /** What follows comes in the same moment, so that the place is looked at now. */
  #greet(welcome: FrameOf<"welcome">): void {
    const { resume, offset, conversation } = welcome;
    if (this.#before && (resume !== "resumed" || offset !== this.known.offset))
      throw new Violation(`P4: ${resume} at ${offset} instead of ${this.known.offset}`);
    if (!this.#before) this.known = { ...emptyTranscript, offset };
    this.#room = conversation;
    this.#welcome = this.#before = welcome;
  }

  #wake(): void {
    for (const look of [...this.#waiters]) look();
  }

  /** Waits until this holds; it is looked at after each frame. */
  until(holds: () => boolean): Promise<void> {
    const late = new Violation(`nothing came for ${patienceMs} ms in ${this.#room}`); // now, for the stack tells who waits
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(look);
        reject(late);
      }, patienceMs);
      const look = (): void => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }

  /** Somebody else in the same room, who knows nothing yet. */
  stranger(): Reader {
    return new Reader(this.#crowd, this.#room);
  }

  send(command: Command): void {
    this.#socket?.send(JSON.stringify(command));
  }

  raw(data: string): void {
    this.#socket?.send(data);
  }

  /** Sends something that is answered beside the log. */
  async ask<T extends "history" | "error" | "pong">(data: string, type: T): Promise<FrameOf<T>> {
    this.#asides.delete(type);
    this.raw(data);
    await this.until(() => this.#asides.has(type));
    return this.#asides.get(type) as FrameOf<T>;
  }

  /** Says what makes the upstream answer like that. Gives the message's id. */
  say(order: Order, more: Partial<CommandOf<"say">> = {}): string {
    const id = randomUUID();
    this.send({ type: "say", id, text: spelt(order), ...more });
    this.#crowd.count("runs");
    return id;
  }

  ended(message: string): Promise<void> {
    return this.until(() => this.rules.endsOf(message) > 0);
  }

  /** Waits for so many words of what is being said now, or until it has ended. */
  words(message: string, chars: number): Promise<void> {
    const to = this.known.offset + chars;
    return this.until(() => this.known.offset >= to || this.rules.endsOf(message) > 0);
  }

  reach(offset: number): Promise<void> {
    return this.until(() => this.known.offset >= offset);
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** Without a word to the server, as a network dies. */
  cut(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.terminate();
    this.#crowd.count("cuts");
  }

  async leave(): Promise<void> {
    const socket = this.#socket;
    if (!socket) return;
    socket.close();
    await this.until(() => socket.readyState === WebSocket.CLOSED);
    this.#socket = undefined;
    this.#crowd.count("leaves");
  }
}
