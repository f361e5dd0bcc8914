// A talk with the assistant of a Parlor server, and with whoever else is there.
import type { CommandOf } from "../shared/protocol.ts";
import type { Target } from "../shared/target.ts";
import type { Transcript } from "../shared/transcript.ts";
import { addressOf } from "./address.ts";
import { createDrive, type Drive } from "./drive.ts";
import { isOpen } from "./link.ts";
import { openKeeping, type Keeping } from "./keeping.ts";
import { createPending, keepOf, type CancelOptions, type Run } from "./run.ts";
import { initial, type Order, type SayCommand, type State } from "./state.ts";
import { viewOf, type TalkState } from "./view.ts";

/** Where a talk is opened, and as whom. */
export type ConnectOptions = {
  /** The server: `ws:`, `wss:`, `http:` or `https:`, in a page also a path. Default: the server that the page is from. */
  readonly url?: string | undefined;
  /** The name of a room: 1 to 128 of `A-Z a-z 0-9 . _ ~ -`. Default: a new private conversation. */
  readonly room?: string | undefined;
  /** The name that the others see. Default: one of the server's. */
  readonly name?: string | undefined;
  /** `talk.token` of an earlier talk: makes one the same member. Default: in a page that of last time, else a new member. */
  readonly token?: string | undefined;
};

/** How something is said. */
export type SayOptions = {
  /** While an answer is being made: wait for its end (the default), stop it, or be refused with `busy`. */
  readonly whenBusy?: "queue" | "interrupt" | "reject";
  /** A shared document that is read for the answer, and into which the answer is written. */
  readonly target?: Target;
};

/** What `connect` gives. Its functions may be taken off it. */
export type Talk = {
  /** All that has been said, and the words so far of what is being said. A new value after each change. */
  readonly transcript: Transcript;
  /** Who is here, whether there is a connection, what is not sent yet. A new value after each change. */
  readonly state: TalkState;
  /** The secret that makes one the same member in another talk. Undefined before the first connection. */
  readonly token: string | undefined;
  /** Calls the listener after each change of `transcript` or `state`. Returns what ends that. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Says something, and has it answered. Without a connection it is kept, and goes out when there is one; it is said once. */
  readonly say: (text: string, options?: SayOptions) => Run;
  /** Says something to the people only: no answer is made. Resolves when the server has it, rejects with a `TalkError`. */
  readonly tell: (text: string) => Promise<void>;
  /** Stops a run, or takes a message out of the queue. Default: the answer that is being made, else the oldest that waits. */
  readonly cancel: (what?: CancelOptions & { readonly run?: string; readonly message?: string }) => void;
  /** Takes back what a run wrote into a document, and nothing that people wrote in it. False without a connection: then nothing is done. */
  readonly undo: (run: string, token?: string) => boolean;
  /** Goes back to a message of one's own, and says this instead. False without a connection: then nothing is done. */
  readonly edit: (message: string, text: string) => boolean;
  /** Has the latest answer made anew, or that of the run named. False without a connection: then nothing is done. */
  readonly regenerate: (run?: string) => boolean;
  /** Empties the conversation. False without a connection: then nothing is done. */
  readonly forget: () => boolean;
  /** Tells the others whether one is typing. Call it at each key: it is sent every three seconds at most. */
  readonly typing: (isTyping: boolean) => void;
  /** Changes the name that the others see. */
  readonly rename: (name: string) => void;
  /** Asks for what was said before the transcript begins, where `state.past` is `more`. */
  readonly older: () => void;
  /** Connects at once: does not wait for the next attempt, or comes back after `close`. */
  readonly reconnect: () => void;
  /** Disconnects. What is not confirmed by then may have been said, or not; who waits for an answer gets a `TalkError`, `closed`. */
  readonly close: () => void;
};

/**
 * Opens a talk and keeps it: after a cut it connects anew and goes on exactly where it was. Throws a `TypeError` for an
 * address or a room's name that is none; everything else is told by `state`.
 */
export function connect(options: ConnectOptions = {}): Talk {
  const { drive, subscribe, shown, pending } = open(options);
  const { ask, ...commands } = commandsOf(drive);
  drive.dispatch({ type: "connect" });
  return {
    get transcript() {
      return drive.state.reading.transcript;
    },
    get state() {
      return shown();
    },
    get token() {
      return drive.state.token;
    },
    subscribe,
    ...commands,
    say: (text, options) => {
      const say = sayOf(text, options);
      const run = pending.run(say.id, (how) => void ask({ type: "cancel", message: say.id, ...how }));
      ask(say);
      return run;
    },
    tell: (text) => {
      const say = sayOf(text, { reply: false });
      const told = pending.note(say.id);
      ask(say);
      return told;
    },
  };
}

const sayOf = (text: string, more?: Pick<SayCommand, "reply" | "whenBusy" | "target">): SayCommand => ({
  type: "say",
  id: newId(),
  text: worded(text),
  ...more,
});

/** A machine at this place, what is shown of it, and who waits for it. */
function open({ url, room, name = "", token }: ConnectOptions) {
  const address = addressOf(url, room);
  const keeping = openKeeping(address);
  const start = initial({
    address,
    name,
    conversation: room,
    token: token ?? keeping.token(),
    says: room === undefined ? [] : keeping.unsent(room),
  });
  const listeners = new Set<() => void>();
  const pending = createPending();
  const drive = createDrive(start, (before, done) => {
    const { state } = drive;
    if (state.token && token === undefined && state.token !== before.token) keeping.keepToken(state.token);
    keep(state, before, keeping);
    pending.follow(state, done);
    const view = viewOf(state, shown);
    if (view === shown && state.reading.transcript === before.reading.transcript) return;
    shown = view;
    for (const listener of [...listeners]) if (listeners.has(listener)) safely(listener);
  });
  let shown = viewOf(start);
  const subscribe = (listener: () => void): (() => void) => {
    const own = (): void => listener(); // the same listener may listen twice
    listeners.add(own);
    return () => void listeners.delete(own);
  };
  return { drive, pending, subscribe, shown: () => shown };
}

/** What one listener throws is told to the page, and to nobody who speaks or listens here. */
function safely(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** What is to be stopped at once need not be said after a reload. */
function keep({ conversation, says, cancels }: State, before: State, keeping: Keeping): void {
  if (conversation === undefined) return;
  if (says === before.says && cancels === before.cancels && conversation === before.conversation) return;
  const kept = says.filter(({ id }) => !cancels.some(({ message }) => message === id));
  keeping.keepUnsent(conversation, kept);
}

function commandsOf(drive: Drive) {
  const ask = (command: Order): boolean => {
    const { link } = drive.state;
    drive.dispatch({ type: "command", command });
    return isOpen(link);
  };
  return {
    ask,
    cancel: (what) => void ask({ type: "cancel", ...namedBy(what, drive.state), ...keepOf(what) }),
    undo: (run, token) => ask({ type: "undo", run, ...(token !== undefined && { token }) }),
    edit: (message, text) => ask({ type: "edit", message, text: worded(text) }),
    regenerate: (run) => ask({ type: "regenerate", ...(run !== undefined && { run }) }),
    forget: () => ask({ type: "forget" }),
    typing: (isTyping) => void ask({ type: "typing", typing: isTyping }),
    older: () => void ask({ type: "history" }),
    rename: (name) => drive.dispatch({ type: "rename", name }),
    reconnect: () => drive.dispatch({ type: "connect" }),
    close: () => drive.dispatch({ type: "leave" }),
  } satisfies Partial<Talk> & { ask: unknown };
}

/** What is being made has its name told: another one may have begun when the cancel arrives. Anything else (a click) names nothing. */
function namedBy(target: object = {}, { reading, says }: State): Omit<CommandOf<"cancel">, "type"> {
  const { run, message } = target as Omit<CommandOf<"cancel">, "type">;
  if (run) return { run };
  if (message) return { message };
  const active = reading.transcript.items.find((item) => item.type === "answer" && !item.reason);
  const unsent = says.find(({ reply }) => reply !== false);
  if (active?.type === "answer") return { run: active.run };
  return unsent ? { message: unsent.id } : {};
}

function worded(text: string): string {
  if (!/\S/.test(text)) throw new TypeError("A message needs words.");
  return text;
}

/** A random UUID. `crypto.randomUUID` is there only on https and on this machine. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-a$4-$5");
}
