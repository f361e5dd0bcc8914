// What a frame of the server changes.
import type { Entry, FrameOf, ServerFrame } from "../shared/protocol.ts";
import { removed, uncancelled, unsentAgain } from "./outbox.ts";
import { present, spoke, typed } from "./people.ts";
import { readEntry, readOlder, welcomed } from "./reading.ts";
import { begin, refuse, send } from "./sending.ts";
import { quiet, type Refusal, type State, type Step } from "./state.ts";

/** Kinds of frames that a newer server may know are passed over. */
export function receive(state: State, frame: ServerFrame, now: number): Step {
  switch (frame.type) {
    case "welcome":
      return welcome(state, frame, now);
    case "message":
    case "start":
    case "token":
    case "end":
    case "rewind":
      return entry(state, frame);
    case "presence":
      return quiet({ ...state, people: present(state.people, frame.members) });
    case "typing":
      return quiet({ ...state, people: typed(state.people, frame, now) });
    case "history":
      return quiet({ ...state, reading: readOlder(state.reading, frame) });
    case "pong":
      return quiet(answered(state, now));
    case "error":
      return refused(state, frame, now);
    default:
      return quiet(state);
  }
}

function welcome(state: State, frame: FrameOf<"welcome">, now: number): Step {
  const { reading, people } = state;
  const { id, name, key } = frame.me;
  const isLost =
    reading.epoch !== undefined && reading.epoch !== frame.epoch && reading.transcript.items.length > 0;
  const after: State = {
    ...state,
    conversation: frame.conversation,
    token: key,
    welcome: frame,
    isLost,
    reading: welcomed(reading, frame),
    people: { ...present(people, frame.members), me: { id, name }, toldAt: 0 },
  };
  return begin(isLost ? { ...after, outbox: { ...after.outbox, cancels: [] } } : after, now);
}

function entry(state: State, frame: Entry): Step {
  const after = { ...state, reading: readEntry(state.reading, frame) };
  switch (frame.type) {
    case "message": {
      const outbox = removed(state.outbox, frame.id);
      const people = spoke(state.people, frame.author);
      return outbox === state.outbox ? quiet({ ...after, people }) : send({ ...after, people, outbox });
    }
    case "end":
      return quiet({ ...after, outbox: uncancelled(state.outbox, frame.run, questionOf(after, frame.run)) });
    case "start":
    case "token":
    case "rewind":
      return quiet(after);
  }
}

function questionOf({ reading }: State, run: string): string | undefined {
  const answer = reading.transcript.items.findLast((item) => item.type === "answer" && item.run === run);
  return answer?.type === "answer" ? answer.message : undefined;
}

const answered = (state: State, now: number): State =>
  state.pingedAt === undefined ? state : { ...state, roundTripMs: now - state.pingedAt, pingedAt: undefined };

/** A repeat had been accepted, so it is here or on its way. What may be sent again later is kept. */
function refused(state: State, frame: FrameOf<"error">, now: number): Step {
  const { code, message, ref = "", retryAfterMs } = frame;
  const refusal = { code, message, ref, retryAfterMs };
  const { outbox, reading } = state;
  if (code === "duplicate") return send({ ...state, outbox: removed(outbox, ref) });
  if (outbox.says.some(({ id }) => id === ref)) {
    if (code === "draining") return quiet(state);
    if (retryAfterMs !== undefined)
      return quiet({ ...state, outbox: unsentAgain(outbox, now + retryAfterMs) });
    return refuse(state, refusal);
  }
  switch (ref) {
    case "ping":
    case "typing":
      return quiet(state);
    case "history":
      return quiet({
        ...state,
        reading: { ...reading, past: reading.past === "asked" ? "more" : reading.past },
      });
    case "cancel":
      return quiet(uncancel(state, refusal, now));
    default:
      return quiet({ ...state, refusal });
  }
}

/** A run that nobody knows any more needs no stopping; a cancel that came too soon is sent again. */
function uncancel(state: State, refusal: Refusal, now: number): State {
  const { retryAfterMs } = refusal;
  const { outbox } = state;
  if (retryAfterMs !== undefined && outbox.cancels.length > 0)
    return { ...state, outbox: { ...outbox, heldUntil: now + retryAfterMs } };
  return { ...state, refusal, outbox: { ...outbox, cancels: [] } };
}
