// The rounds of a document. In each, what was said is taken in, made durable, and only then told to the others: between two
// commits the content is exactly what the store has.
//
//   idle ──▶ scheduled ──▶ working ⇄ again        working ── nobody is left ──▶ gone        working ── fault ──▶ gone
import type { StoredDocument } from "../log/document-store.ts";
import { StorageError } from "../log/store.ts";
import { faultFields, type Logger } from "../logger.ts";
import type { Carets } from "./carets.ts";
import type { Commit } from "./commits.ts";
import type { Content, Written } from "./content.ts";
import { caretsFrame, updateFrame } from "./frame.ts";
import { documentCloses, type DocumentLimits } from "./limits.ts";
import { tell, type Seat } from "./seat.ts";

export type DocumentParts = {
  readonly name: string;
  readonly stored: StoredDocument;
  readonly commit: Commit;
  /** Puts one update in the place of all that are stored. */
  readonly replace: Commit;
  readonly limits: DocumentLimits;
  readonly logger: Logger;
  /** It is not in memory any more. */
  readonly onGone: () => void;
};

export type Said = { readonly seat: Seat; readonly update: Uint8Array };

type Pace = "idle" | "scheduled" | "working" | "again" | "gone";

export type Living = DocumentParts & {
  readonly content: Content;
  readonly carets: Carets;
  readonly seats: Set<Seat>;
  /** What was heard and not taken in yet. */
  readonly said: Said[];
  readonly settling: (PromiseWithResolvers<void> & { readonly upTo: number })[];
  /** How many updates were ever heard, and how many of them are durable, or refused. */
  heard: number;
  settled: number;
  /** Updates that are stored. */
  rows: number;
  pace: Pace;
  /** When it was told last who has moved. Milliseconds. */
  movedAt: number;
  timer: NodeJS.Timeout | undefined;
  readonly gone: PromiseWithResolvers<void>;
};

/** Has a round made: with what else comes in this tick, or while one is under way. */
export function soon(living: Living): void {
  switch (living.pace) {
    case "idle":
      living.pace = "scheduled";
      setImmediate(() => void work(living));
      return;
    case "working":
      living.pace = "again";
      return;
    case "scheduled":
    case "again":
    case "gone":
      return;
  }
}

const isAt = (living: Living, pace: Pace): boolean => living.pace === pace;

async function work(living: Living): Promise<void> {
  try {
    do {
      living.pace = "working";
      await round(living);
    } while (isAt(living, "again"));
    if (isAt(living, "working")) living.pace = "idle";
  } catch (error) {
    fail(living, error);
  }
}

async function round(living: Living): Promise<void> {
  const { name, commit, limits } = living;
  const said = living.said.splice(0);
  const known = onlyAuthor(living, said);
  const written = takeIn(living, said);
  if (written) {
    await commit({ document: name, update: written.update });
    living.rows += 1;
  }
  announce(living, written && { ...written, frame: updateFrame(written.update), known });
  settle(living, said);
  if (living.rows > limits.storedUpdates) await compact(living);
  if (isDeserted(living)) await rest(living);
}

/** Who need not be told what it has written itself. What waited for it is another one's. */
function onlyAuthor({ content }: Living, said: readonly Said[]): Seat | undefined {
  const authors = new Set(said.map(({ seat }) => seat));
  return authors.size === 1 && !content.hasPending ? said[0]?.seat : undefined;
}

function takeIn({ content }: Living, said: readonly Said[]): Written | undefined {
  if (said.length === 0) return undefined;
  return content.together((add) => {
    for (const { seat, update } of said) {
      try {
        const refused = add(update);
        if (refused) seat.peer.close(documentCloses[refused]);
      } catch (error) {
        seat.peer.close(documentCloses.malformed);
        throw error; // half of it may be in: the document begins anew from what is stored
      }
    }
  });
}

function announce(living: Living, written: Parameters<typeof tell>[1]["written"]): void {
  const { content, carets, seats } = living;
  const news = { content, carets, written, moved: movedFrame(living) };
  for (const seat of [...seats]) tell(seat, news);
}

function movedFrame(living: Living): Uint8Array | undefined {
  const { carets, limits } = living;
  if (!carets.hasNews) return undefined;
  const waitMs = living.movedAt + limits.caretsEveryMs - performance.now();
  if (waitMs > 0) {
    living.timer ??= setTimeout(() => {
      living.timer = undefined;
      soon(living);
    }, waitMs);
    return undefined;
  }
  living.movedAt = performance.now();
  return caretsFrame(carets.news());
}

function settle(living: Living, said: readonly Said[]): void {
  const { settling, limits } = living;
  living.settled += said.length;
  for (const { seat, update } of said) {
    seat.waitingBytes -= update.length;
    if (seat.waitingBytes <= limits.waitingBytes) seat.peer.hold(false);
  }
  const first = settling.findIndex(({ upTo }) => upTo > living.settled);
  for (const { resolve } of settling.splice(0, first < 0 ? settling.length : first)) resolve();
}

async function compact(living: Living): Promise<void> {
  const { name, content, replace } = living;
  await replace({ document: name, update: content.since() });
  living.rows = 1;
}

const isDeserted = ({ seats, said }: Living): boolean => seats.size === 0 && said.length === 0;

/** Leaves memory. Who comes while it is put in order finds it still here. */
async function rest(living: Living): Promise<void> {
  if (living.rows > 1) await compact(living);
  if (isDeserted(living)) end(living);
}

function end(living: Living): void {
  living.pace = "gone";
  clearTimeout(living.timer);
  living.content.close();
  living.stored.close();
  living.onGone();
  living.gone.resolve();
}

/** Its peers are sent away and come again: then it is read from the store, which has all that anybody saw. */
function fail(living: Living, error: unknown): void {
  const { logger, seats, settling } = living;
  logger.error("document.fault", faultFields(error));
  end(living);
  const closing = error instanceof StorageError ? documentCloses.storeFailed : documentCloses.bug;
  for (const { peer } of [...seats]) peer.close(closing);
  for (const { reject } of settling.splice(0)) reject(error);
}
