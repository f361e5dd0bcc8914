// Messages that the server has not confirmed. They are shown, survive a reload, and are sent again after a cut; their
// ids keep them single.
import type { CommandOf } from "../shared/protocol.ts";

export type SayCommand = CommandOf<"say"> & { id: string };

export type Outbox = {
  /** From now on it is that of this conversation; what was said before one was known comes along. */
  open: (conversation: string) => void;
  /** Leaves the conversation. What waits for it is kept for when this tab comes back to it. */
  close: () => void;
  add: (say: SayCommand) => void;
  confirm: (id: string) => void;
  waiting: () => readonly SayCommand[];
};

export function openOutbox(list: HTMLElement): Outbox {
  let room: string | undefined;
  let says: SayCommand[] = [];

  function change(next: SayCommand[]): void {
    says = next;
    if (room !== undefined) sessionStorage.setItem(keyOf(room), JSON.stringify(says));
    list.replaceChildren(...says.map(({ text }) => itemOf(text)));
  }

  return {
    open: (conversation) => {
      if (room === conversation) return;
      room = conversation;
      change([...kept(conversation), ...says]);
    },
    close: () => {
      room = undefined;
      change([]);
    },
    add: (say) => change([...says, say]),
    confirm: (id) => change(says.filter((say) => say.id !== id)),
    waiting: () => says,
  };
}

const keyOf = (conversation: string): string => `parlor.unsent.${conversation}`;

const kept = (conversation: string): SayCommand[] =>
  JSON.parse(sessionStorage.getItem(keyOf(conversation)) ?? "[]") as SayCommand[];

function itemOf(text: string): HTMLElement {
  const item = document.createElement("li");
  item.textContent = `Not sent yet: ${text}`;
  return item;
}

/** A random UUID. `crypto.randomUUID` is there only on https and on this machine. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20),
  ];
  return parts.join("-");
}
