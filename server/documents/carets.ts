// Who is in a document and where: the awareness of its peers. A state is its owner's, and gone with it.
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import type { DocumentLimits } from "./limits.ts";

/** JSON, as it came. */
type Told = { readonly clock: number; readonly state: string };
type Caret = Told & { readonly owner: object };
/** How many carets somebody has, and how long they are together. */
type Tally = { count: number; chars: number };
type Statement = Told & { readonly client: number };

const gone = "null";

/** A caret that has gone: who was here by then may still repeat what he had heard of it. */
type Grave = { readonly clock: number; readonly dug: number };

/** More of them are not remembered; by then all echoes have died away. */
const mostGraves = 1_024;

export interface Carets {
  /** A peer has come. */
  enter(owner: object): void;
  /** True when something has changed since `news` was asked for. */
  readonly hasNews: boolean;
  /**
   * Hears what a peer says of awareness. What it says of others is passed over: clients repeat what they hear, and nobody
   * moves or removes another one's caret. @throws Error when it is malformed
   */
  tell(owner: object, update: Uint8Array): void;
  /** Takes away all that a peer has. */
  leave(owner: object): void;
  /** What has changed since the last time. */
  news(): Uint8Array;
  /** Everything there is. */
  all(): Uint8Array;
}

type Ledger = {
  readonly limits: DocumentLimits;
  readonly carets: Map<number, Caret>;
  readonly graves: Map<number, Grave>;
  /** Who came when, in the order of comings and graves. */
  readonly arrivals: WeakMap<object, number>;
  readonly changed: Map<number, Told>;
  readonly tallies: Map<object, Tally>;
  readonly sum: Tally;
  moment: number;
};

export function createCarets(limits: DocumentLimits): Carets {
  const carets = new Map<number, Caret>();
  const changed = new Map<number, Told>();
  const ledger: Ledger = {
    limits,
    carets,
    changed,
    graves: new Map(),
    arrivals: new WeakMap(),
    tallies: new Map(),
    sum: { count: 0, chars: 0 },
    moment: 0,
  };
  return {
    enter: (owner) => void ledger.arrivals.set(owner, ++ledger.moment),
    get hasNews() {
      return changed.size > 0;
    },
    tell: (owner, update) => {
      for (const statement of statementsOf(update)) accept(ledger, owner, statement);
    },
    leave: (owner) => {
      for (const [client, caret] of carets)
        if (caret.owner === owner) accept(ledger, owner, { client, clock: caret.clock, state: gone });
      ledger.tallies.delete(owner);
    },
    news: () => {
      const update = encoded(changed);
      changed.clear();
      return update;
    },
    all: () => encoded(carets),
  };
}

function accept(ledger: Ledger, owner: object, { client, clock, state }: Statement): void {
  const { carets, changed } = ledger;
  const known = carets.get(client);
  if (known ? known.owner !== owner || !isNewer({ clock, state }, known) : state === gone) return;
  if (!known && isEcho(ledger, owner, { client, clock })) return;
  const isGone = state === gone;
  const more = {
    count: (isGone ? 0 : 1) - (known ? 1 : 0),
    chars: (isGone ? 0 : state.length) - (known?.state.length ?? 0),
  };
  if (!count(ledger, owner, more)) return;
  if (isGone) bury(ledger, client, clock);
  else carets.set(client, { clock, state, owner });
  changed.set(client, { clock, state });
}

function bury({ carets, graves, ...ledger }: Ledger, client: number, clock: number): void {
  carets.delete(client);
  graves.delete(client); // the newest is the last
  graves.set(client, { clock, dug: ledger.moment });
  const [oldest] = graves.keys();
  if (graves.size > mostGraves && oldest !== undefined) graves.delete(oldest);
}

/** Clients repeat what they hear, also what has gone meanwhile. Its owner may come back with the clock that he had. */
function isEcho(
  { graves, arrivals }: Ledger,
  owner: object,
  { client, clock }: Pick<Statement, "client" | "clock">,
): boolean {
  const grave = graves.get(client);
  return grave !== undefined && clock <= grave.clock && (arrivals.get(owner) ?? 0) <= grave.dug;
}

/** False when there is no room for so much more. */
function count({ limits, tallies, sum }: Ledger, owner: object, more: Tally): boolean {
  const own = tallies.get(owner) ?? { count: 0, chars: 0 };
  const isTooMuch =
    own.count + more.count > limits.caretsPerPeer ||
    own.chars + more.chars > limits.caretCharsPerPeer ||
    sum.chars + more.chars > limits.caretChars;
  if (isTooMuch && (more.count > 0 || more.chars > 0)) return false;
  tallies.set(owner, own);
  for (const tally of [own, sum]) {
    tally.count += more.count;
    tally.chars += more.chars;
  }
  return true;
}

/** As y-protocols has it: a state goes away at the clock that it has, and changes only at a later one. */
const isNewer = ({ clock, state }: Told, known: Told): boolean =>
  clock > known.clock || (clock === known.clock && state === gone);

function statementsOf(update: Uint8Array): Statement[] {
  const decoder = decoding.createDecoder(update);
  const statements: Statement[] = [];
  for (let left = decoding.readVarUint(decoder); left > 0; left--) {
    const client = decoding.readVarUint(decoder);
    const clock = decoding.readVarUint(decoder);
    const state = decoding.readVarString(decoder);
    // other peers parse it in the middle of their work: what is no JSON goes no further
    statements.push({ client, clock, state: JSON.parse(state) === null ? gone : state });
  }
  return statements;
}

function encoded(told: ReadonlyMap<number, Told>): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, told.size);
  for (const [client, { clock, state }] of told) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock);
    encoding.writeVarString(encoder, state);
  }
  return encoding.toUint8Array(encoder);
}
