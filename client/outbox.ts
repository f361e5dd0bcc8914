// What was asked for and is not confirmed yet: says, which the server gets once and only once, and cancels.
import type { Command, CommandOf, FrameOf } from "../shared/protocol.ts";

export type SayCommand = CommandOf<"say"> & { readonly id: string };
type Cancel = CommandOf<"cancel">;
type Limits = FrameOf<"welcome">["limits"];

export type Outbox = {
  /** Oldest first. The first `sent` of them are on their way over this connection. */
  readonly says: readonly SayCommand[];
  readonly sent: number;
  /** Cancels of runs whose end has not been seen. */
  readonly cancels: readonly Cancel[];
  /** The server asked us to send nothing before. Milliseconds since the epoch. */
  readonly heldUntil: number | undefined;
};

export const emptyOutbox: Outbox = { says: [], sent: 0, cancels: [], heldUntil: undefined };

/** More are not taken: then something is wrong that waiting does not mend. */
export const mostUnsent = 1_000;

/** Says on their way at once. Few, so that a long absence does not end in a refusal of the rest. */
const mostSent = 8;

/** What is to be sent now, each say followed by its cancel. */
export function flush(outbox: Outbox): { outbox: Outbox; commands: readonly Command[] } {
  if (outbox.heldUntil !== undefined) return { outbox, commands: [] };
  const due = outbox.says.slice(outbox.sent, mostSent);
  const commands = due.flatMap((say) => [say, ...outbox.cancels.filter(({ message }) => message === say.id)]);
  return { outbox: { ...outbox, sent: outbox.sent + due.length }, commands };
}

/** Nothing is on its way: there is a new connection, or the server has refused what was. */
export const unsentAgain = (outbox: Outbox, heldUntil?: number): Outbox => ({
  ...outbox,
  sent: 0,
  heldUntil,
});

/** Cancels of what the server has already. */
export const cancelsAgain = ({ says, cancels }: Outbox): readonly Cancel[] =>
  cancels.filter(({ message }) => !says.some(({ id }) => id === message));

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
    sent: index < outbox.sent ? outbox.sent - 1 : outbox.sent,
  };
}

export const isOnItsWay = ({ says, sent }: Outbox, id: string): boolean =>
  says.slice(0, sent).some((say) => say.id === id);

/** Why a text will be refused, if so. Both limits count: one in UTF-16 code units, one in bytes of the frame. */
export function tooLong(command: Command, { textChars, frameBytes }: Limits): string | undefined {
  const length = "text" in command ? command.text.length : 0;
  const bytes = new TextEncoder().encode(JSON.stringify(command)).length;
  if (length <= textChars && bytes <= frameBytes) return undefined;
  return `This message is too long: ${length} characters, and ${textChars} at most.`;
}

/** A random UUID. `crypto.randomUUID` is there only on https and on this machine. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-a$4-$5");
}
