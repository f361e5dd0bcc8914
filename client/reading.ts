// How far the log has been read, forwards and backwards, and what came of it.
import type { Entry, FrameOf } from "../shared/protocol.ts";
import { emptyTranscript, fold, type Item, type Transcript } from "../shared/transcript.ts";

export type Reading = {
  readonly transcript: Transcript;
  /** Undefined before the first welcome. */
  readonly epoch: string | undefined;
  /** Where the log ended when we came; until we are there, what comes is the past. */
  readonly head: number;
  /** Where the transcript begins: older entries end here. */
  readonly from: number;
  readonly past: "none" | "more" | "asked";
  /** Entries about what began before the transcript does, in their order. They are read again when that is known. */
  readonly orphans: readonly Entry[];
};

export const unread: Reading = {
  transcript: emptyTranscript,
  epoch: undefined,
  head: 0,
  from: 0,
  past: "none",
  orphans: [],
};

/** [P4] Either the reading goes on exactly, or it begins again. */
export function welcomed(reading: Reading, { resume, offset, head, epoch }: FrameOf<"welcome">): Reading {
  if (resume === "resumed")
    return { ...reading, head, past: reading.past === "asked" ? "more" : reading.past };
  const transcript = { ...emptyTranscript, offset };
  return { transcript, epoch, head, from: offset, past: offset > 0 ? "more" : "none", orphans: [] };
}

export function readEntry(reading: Reading, entry: Entry): Reading {
  const transcript = fold(reading.transcript, entry);
  if (isForget(entry)) return { ...reading, transcript, past: "none", orphans: [] };
  const isOrphan = reading.past !== "none" && isAboutOlder(reading.transcript.items, entry);
  return { ...reading, transcript, orphans: isOrphan ? [...reading.orphans, entry] : reading.orphans };
}

/** Puts what is older before what is known: the same transcript as if all had been read from there on. */
export function readOlder(reading: Reading, { entries, before }: FrameOf<"history">): Reading {
  if (reading.past !== "asked") return reading;
  const past = before > 0 && entries.length > 0 ? "more" : "none";
  const blank: Reading = { ...unread, past: "more" };
  const older = [...entries, ...reading.orphans].reduce(readEntry, blank);
  const { offset, items } = reading.transcript;
  return {
    ...reading,
    transcript: { offset, items: [...older.transcript.items, ...items] },
    from: before,
    past: older.past === "none" ? "none" : past,
    orphans: past === "none" ? [] : older.orphans,
  };
}

const isForget = (entry: Entry): boolean => entry.type === "rewind" && entry.to === undefined;

function isAboutOlder(items: readonly Item[], entry: Entry): boolean {
  switch (entry.type) {
    case "message":
    case "start":
      return false;
    case "token":
    case "end":
    case "undone":
    case "replaced":
      return items.findLastIndex((item) => item.type === "answer" && item.run === entry.run) < 0;
    case "rewind":
      return !items.some((item) => (item.type === "message" ? item.id : item.run) === entry.to);
  }
}
