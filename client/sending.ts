// What a person asks for, on its way to the server.
import type { Command, CommandOf, FrameOf } from "../shared/protocol.ts";
import { isOpen } from "./link.ts";
import type { Draft, Order, Refusal, SayCommand, State } from "./state.ts";

/** More are not taken: then something is wrong that waiting does not mend. */
export const mostUnsent = 1_000;

/** The others are told again while we type, and forget it when we fall silent without a word. */
const tellAgainMs = 3_000;

export const send = ({ effects }: Draft, ...commands: readonly Command[]): void =>
  void effects.push(...commands.map((command) => ({ type: "send", command }) as const));

export function ask(draft: Draft, order: Order, now: number): void {
  switch (order.type) {
    case "say":
      return say(draft, order, now);
    case "cancel":
      return cancel(draft, order);
    case "typing":
      return typing(draft, order.typing, now);
    case "history":
      return older(draft);
    case "edit":
    case "regenerate":
    case "undo":
    case "forget":
    case "ping":
      return change(draft, order);
  }
}

function say(draft: Draft, order: SayCommand, now: number): void {
  if (draft.link.name === "closed")
    return refuse(draft, { code: "not_sent", message: "There is no connection.", ref: order.id });
  if (draft.says.length >= mostUnsent)
    return refuse(draft, {
      code: "too_many_unsent",
      message: "Too many messages are unsent.",
      ref: order.id,
    });
  draft.refusal = undefined;
  draft.says = [...draft.says, order];
  sendDue(draft);
  typing(draft, false, now);
}

/** What is due, and its cancel behind it. A text that is too long is not sent: its frame would cost us the connection. */
function sendDue(draft: Draft): void {
  const { link, welcome, isSent, heldUntil, cancels } = draft;
  const [due] = draft.says;
  if (!isOpen(link) || !welcome || !due || isSent || heldUntil) return;
  const message = tooLong(due, welcome.limits);
  if (message) return refuse(draft, { code: "too_large", message, ref: due.id });
  draft.isSent = true;
  send(draft, due, ...cancels.filter((one) => one.message === due.id));
}

/** Everything that is due, and the cancels of what the server has, or soon will. */
export function sendAll(draft: Draft): void {
  const { says, isSent, cancels } = draft;
  const unsent = says.slice(isSent ? 1 : 0);
  sendDue(draft);
  send(draft, ...cancels.filter(({ message }) => !unsent.some(({ id }) => id === message)));
}

/** The message is given up, and others move up. */
export function refuse(draft: Draft, refusal: Refusal & { readonly ref: string }): void {
  draft.refusal = refusal;
  draft.effects.push({ type: "refuse", id: refusal.ref, refusal });
  uncancel(draft, refusal.ref);
  remove(draft, refusal.ref);
}

/** There is nothing to be stopped any more: of this message, and of this run. */
export const uncancel = (draft: Draft, id: string, run = id): void =>
  void (draft.cancels = draft.cancels.filter((one) => one.message !== id && one.run !== run));

/** The server has it, or will never. */
export function remove(draft: Draft, id: string): void {
  const index = draft.says.findIndex((one) => one.id === id);
  if (index < 0) return;
  draft.says = draft.says.toSpliced(index, 1);
  draft.isSent &&= index > 0;
  sendDue(draft);
}

/** What is named is kept until its end is seen, over cuts too. What was never sent is taken back instead. */
function cancel(draft: Draft, order: CommandOf<"cancel">): void {
  const { says, isSent, link, cancels } = draft;
  const { run, message } = order;
  if (hasEnded(draft, order)) return;
  const index = says.findIndex(({ id }) => id === message);
  if (message && index >= (isSent ? 1 : 0))
    return refuse(draft, { code: "not_sent", message: "It was taken back unsent.", ref: message });
  const isKept = cancels.some((one) => one.run === run && one.message === message);
  if (!isKept && (run ?? message)) draft.cancels = [...cancels, order];
  draft.refusal = undefined;
  if (isOpen(link)) send(draft, order);
}

/** As it does when the end and the click cross. */
const hasEnded = ({ reading }: State, { run, message }: CommandOf<"cancel">): boolean =>
  reading.transcript.items.some(
    (item) => item.type === "answer" && item.reason && (item.run === run || item.message === message),
  );

function typing(draft: Draft, isTyping: boolean, now: number): void {
  const { typedAt } = draft;
  const isNews = isTyping ? !typedAt || now - typedAt >= tellAgainMs : typedAt;
  if (!isOpen(draft.link) || !isNews) return;
  draft.typedAt = isTyping ? now : 0;
  send(draft, { type: "typing", typing: isTyping });
}

function older(draft: Draft): void {
  const { reading, link } = draft;
  if (!isOpen(link) || reading.past !== "more") return;
  draft.reading = { ...reading, past: "asked" };
  send(draft, { type: "history", before: reading.from });
}

/** It is not kept: by the time it arrived it might hit something else. */
function change(draft: Draft, order: Command): void {
  const { link, welcome } = draft;
  if (!isOpen(link) || !welcome) return;
  const message = tooLong(order, welcome.limits);
  draft.refusal = message ? { code: "too_large", message, ref: order.type } : undefined;
  if (!message) send(draft, order);
}

/** Why a text will be refused, if so. Both limits count: one in UTF-16 code units, one in bytes of the frame. */
function tooLong(
  command: Command,
  { textChars, frameBytes }: FrameOf<"welcome">["limits"],
): string | undefined {
  const say = (size: number, unit: string, most: number): string | undefined =>
    size > most ? `This message is too long: ${size} ${unit}, and ${most} at most.` : undefined;
  return (
    say("text" in command ? command.text.length : 0, "characters", textChars) ??
    say(new TextEncoder().encode(JSON.stringify(command)).length, "bytes", frameBytes)
  );
}

export function ping(draft: Draft, now: number): void {
  draft.pingedAt = now;
  send(draft, { type: "ping" });
}
