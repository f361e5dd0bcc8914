// What was asked for and is not confirmed yet: says, which the server gets once and only once, and cancels.
import type { Command, CommandOf, FrameOf } from "../shared/protocol.ts";

export type SayCommand = CommandOf<"say"> & { readonly id: string };
type Cancel = CommandOf<"cancel">;
type Limits = FrameOf<"welcome">["limits"];

export type Outbox = {
  /** Oldest first. */
  readonly says: readonly SayCommand[];
  /** The first of them is on its way over this connection. One at a time: what is refused for now is not overtaken. */
  readonly isSent: boolean;
  /** Cancels of runs whose end has not been seen. */
  readonly cancels: readonly Cancel[];
  /** The server asked us to send nothing before. Milliseconds since the epoch. */
  readonly heldUntil: number | undefined;
};

export const emptyOutbox: Outbox = { says: [], isSent: false, cancels: [], heldUntil: undefined };

/** More are not taken: then something is wrong that waiting does not mend. */
export const mostUnsent = 1_000;

/** The say that is to be sent now. */
export const due = ({ says, isSent, heldUntil }: Outbox): SayCommand | undefined =>
  isSent || heldUntil !== undefined ? undefined : says[0];

/** Nothing is on its way: there is a new connection, or the server has refused what was. */
export const unsentAgain = (outbox: Outbox, heldUntil?: number): Outbox => ({
  ...outbox,
  isSent: false,
  heldUntil,
});

export const cancelsOf = ({ cancels }: Outbox, say: SayCommand): readonly Cancel[] =>
  cancels.filter(({ message }) => message === say.id);

/** Cancels of what the server has already, or soon will. */
export const cancelsAgain = ({ says, isSent, cancels }: Outbox): readonly Cancel[] =>
  cancels.filter(({ message }) => !says.slice(isSent ? 1 : 0).some(({ id }) => id === message));

/** The run has ended, whose message this was. */
export const uncancelled = (outbox: Outbox, run: string, question: string | undefined): Outbox =>
  outbox.cancels.length === 0
    ? outbox
    : {
        ...outbox,
        cancels: outbox.cancels.filter(
          (cancel) => cancel.run !== run && (cancel.message === undefined || cancel.message !== question),
        ),
      };

/** The server has it, or will never. */
export function removed(outbox: Outbox, id: string): Outbox {
  const index = outbox.says.findIndex((say) => say.id === id);
  if (index < 0) return outbox;
  return {
    ...outbox,
    says: outbox.says.toSpliced(index, 1),
    isSent: outbox.isSent && index > 0,
  };
}

export const isOnItsWay = ({ says, isSent }: Outbox, id: string): boolean => isSent && says[0]?.id === id;

/** Why a text will be refused, if so. Both limits count: one in UTF-16 code units, one in bytes of the frame. */
export function tooLong(command: Command, { textChars, frameBytes }: Limits): string | undefined {
  const length = "text" in command ? command.text.length : 0;
  if (length > textChars) return `This message is too long: ${length} characters, and ${textChars} at most.`;
  const bytes = new TextEncoder().encode(JSON.stringify(command)).length;
  if (bytes > frameBytes) return `This message is too long: ${bytes} bytes, and ${frameBytes} at most.`;
  return undefined;
}

/** A random UUID. `crypto.randomUUID` is there only on https and on this machine. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-a$4-$5");
}
