// What a person asks for, on its way to the server.
import type { Command, CommandOf } from "../shared/protocol.ts";
import { isOpen, opened } from "./link.ts";
import {
  cancelsAgain,
  cancelsOf,
  due,
  isOnItsWay,
  mostUnsent,
  removed,
  tooLong,
  unsentAgain,
  type SayCommand,
} from "./outbox.ts";
import { isNews } from "./people.ts";
import { quiet, sending, then, type Refusal, type State, type Step } from "./state.ts";

export function say(state: State, command: SayCommand, now: number): Step {
  const { outbox } = state;
  const message = "Too many messages wait to be sent.";
  if (outbox.says.length >= mostUnsent)
    return refuse(state, { code: "too_many_unsent", message, ref: command.id });
  const said = { ...state, refusal: undefined, outbox: { ...outbox, says: [...outbox.says, command] } };
  return then(send(said), (sent) => typing(sent, false, now));
}

/** Sends what is due, and its cancel behind it. A text that is too long is not sent: its frame would cost us the connection. */
export function send(state: State): Step {
  const { link, welcome, outbox } = state;
  const command = due(outbox);
  if (!isOpen(link) || !welcome || !command) return quiet(state);
  const message = tooLong(command, welcome.limits);
  if (message !== undefined) return refuse(state, { code: "too_large", message, ref: command.id });
  return sending({ ...state, outbox: { ...outbox, isSent: true } }, command, ...cancelsOf(outbox, command));
}

/** What changes the conversation is not kept: by the time it arrived it might hit something else. */
export function command(state: State, order: Command): Step {
  const { link, welcome } = state;
  if (!isOpen(link) || !welcome) return quiet(state);
  const message = tooLong(order, welcome.limits);
  if (message === undefined) return sending({ ...state, refusal: undefined }, order);
  return quiet({ ...state, refusal: { code: "too_large", message, ref: order.type } });
}

/** The message is given up, and others move up. */
export function refuse(state: State, refusal: Refusal & { ref?: string | undefined }): Step {
  const { ref: id = "", ...rest } = refusal;
  const after = { ...state, refusal: { ...rest, ref: id }, outbox: removed(state.outbox, id) };
  return then({ state: after, effects: [{ type: "refuse", id, refusal: after.refusal }] }, send);
}

/** What is named is kept until its end is seen, over cuts too. What was never sent is taken back instead. */
export function cancel(state: State, command: CommandOf<"cancel">): Step {
  const { outbox, link } = state;
  const { run, message } = command;
  if (hasEnded(state, command)) return quiet(state);
  if (message !== undefined && outbox.says.some(({ id }) => id === message) && !isOnItsWay(outbox, message))
    return refuse(state, { code: "not_sent", message: "Taken back before it was sent.", ref: message });
  const isKept = outbox.cancels.some((kept) => kept.run === run && kept.message === message);
  const isNamed = run !== undefined || message !== undefined;
  const cancels = isNamed && !isKept ? [...outbox.cancels, command] : outbox.cancels;
  const after = { ...state, refusal: undefined, outbox: { ...outbox, cancels } };
  return isOpen(link) ? sending(after, command) : quiet(after);
}

/** As it does when the end and the click cross. */
const hasEnded = ({ reading }: State, { run, message }: CommandOf<"cancel">): boolean =>
  reading.transcript.items.some(
    (item) => item.type === "answer" && item.reason && (item.run === run || item.message === message),
  );

export function typing(state: State, isTyping: boolean, now: number): Step {
  if (!isOpen(state.link) || !isNews(state.people, isTyping, now)) return quiet(state);
  const people = { ...state.people, toldAt: isTyping ? now : 0 };
  return sending({ ...state, people }, { type: "typing", typing: isTyping });
}

export function older(state: State): Step {
  const { reading, link } = state;
  if (!isOpen(link) || reading.past !== "more") return quiet(state);
  return sending(
    { ...state, reading: { ...reading, past: "asked" } },
    { type: "history", before: reading.from },
  );
}

/** There is a new connection: what is not confirmed goes out again [P5], and then what is to be stopped. */
export function begin(state: State, now: number): Step {
  const fresh = { ...state, link: opened(state.link, now), outbox: unsentAgain(state.outbox) };
  return then(
    then(send(fresh), (sent) => sending(sent, ...cancelsAgain(fresh.outbox))),
    (sent) => ping(sent, now),
  );
}

export const ping = (state: State, now: number): Step =>
  sending({ ...state, pingedAt: now }, { type: "ping" });
