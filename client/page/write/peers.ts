// Who is in the document, as they say themselves: anybody may say anything, and only what makes sense is believed.
import {
  createAbsolutePositionFromRelativePosition,
  createRelativePositionFromJSON,
  type Doc,
  type Text,
} from "yjs";
import { colourOf, isColour } from "./colour.ts";
import type { Awareness } from "./document.ts";
import { textName } from "./passage.ts";

export type Peer = {
  /** Of one connection: who has two windows is two. */
  readonly client: number;
  readonly name: string;
  readonly colour: string;
  readonly isAssistant: boolean;
};

/** Where a peer's caret is; `anchor` is the other end of what it has selected. */
export type Caret = { readonly peer: Peer; readonly anchor: number; readonly head: number };

const mostNameChars = 24;
/** More than that are no company. */
const mostPeers = 50;

/** So is it called in documents, where its server says nothing else. */
const assistantName = "Assistant";

/** Those who have said who they are. One who is there in two windows is told once. */
export function peersOf(awareness: Awareness): readonly Peer[] {
  const peers = statesOf(awareness).flatMap(([client, state]) => peerOf(client, state) ?? []);
  const known = new Set<string>();
  return peers.filter(({ name, colour }) => {
    const key = name + colour;
    return !known.has(key) && known.add(key);
  });
}

/** The carets of the others. */
export function caretsOf(awareness: Awareness, text: Text): readonly Caret[] {
  return statesOf(awareness).flatMap(([client, state]) => {
    const peer = client === awareness.clientID ? undefined : peerOf(client, state);
    const { anchor, head } = { ...(partOf(state, "cursor") as Partial<Record<keyof Caret, unknown>>) };
    const [start, end] = [indexOf(anchor, text), indexOf(head, text)];
    return peer && start !== undefined && end !== undefined ? [{ peer, anchor: start, head: end }] : [];
  });
}

/** Calls this when somebody else has said something new. Returns what ends that. */
export function onOthers(awareness: Awareness, listener: () => void): () => void {
  const look = ({ added, updated, removed }: Record<"added" | "updated" | "removed", number[]>): void => {
    const isOurs = [...added, ...updated, ...removed].every((client) => client === awareness.clientID);
    if (!isOurs) listener();
  };
  awareness.on("change", look);
  return () => awareness.off("change", look);
}

const statesOf = (awareness: Awareness): readonly (readonly [number, unknown])[] =>
  [...awareness.getStates()].slice(0, mostPeers);

function peerOf(client: number, state: unknown): Peer | undefined {
  const user = partOf(state, "user");
  const name = partOf(user, "name");
  const colour = partOf(user, "color");
  if (typeof name !== "string" || !name.trim()) return undefined;
  return {
    client,
    name: shortened(name.trim()),
    colour: isColour(colour) ? colour : colourOf(client % 360),
    isAssistant: name === assistantName,
  };
}

const partOf = (whole: unknown, name: string): unknown =>
  typeof whole === "object" && whole !== null ? (whole as Record<string, unknown>)[name] : undefined;

/** Whole characters, on one line. */
function shortened(name: string): string {
  const characters = [...name.slice(0, 4 * mostNameChars).replace(/\s+/g, " ")];
  return characters.length <= mostNameChars
    ? characters.join("")
    : `${characters.slice(0, mostNameChars - 1).join("")}…`;
}

/** Undefined for what is no place in this text. */
function indexOf(position: unknown, text: Text): number | undefined {
  if (!isPosition(position)) return undefined;
  try {
    const found = createAbsolutePositionFromRelativePosition(
      createRelativePositionFromJSON(position),
      text.doc as Doc,
    );
    return found?.type === text ? found.index : undefined;
  } catch {
    return undefined; // ids that no document can have
  }
}

/** Yjs makes a new type of any name that it does not know. */
const isPosition = (position: unknown): boolean =>
  typeof position === "object" &&
  position !== null &&
  [undefined, null, textName].includes(partOf(position, "tname") as string | null | undefined);
