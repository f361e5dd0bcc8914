// Where in the document a run is to read and write. A place sticks to what stands there, while people write around it.
import { createRelativePositionFromTypeIndex, relativePositionToJSON, type Text } from "yjs";
import type { Target } from "../../index.ts";

/** The document of a room is the server's own; its text has this name. */
export const textName = "text";

export type Span = { readonly from: number; readonly to: number };
export type Place = Pick<Target, "mode" | "from" | "to">;

export const passageOf = (room: string, place: Target["mode"] | Place): Target => ({
  server: "self",
  document: room,
  type: textName,
  ...(typeof place === "string" ? { mode: place } : place),
});

/** What is selected; what people write at its ends meanwhile is no part of it. */
export const selected = (text: Text, { from, to }: Span): Pick<Place, "from" | "to"> => ({
  from: positionOf(text, from, 0),
  to: positionOf(text, to, -1),
});

/** Behind the character on its left. */
export const behind = (text: Text, index: number): Place => ({
  mode: "insert",
  from: positionOf(text, index, -1),
});

const positionOf = (text: Text, index: number, side: number): NonNullable<Target["from"]> =>
  relativePositionToJSON(createRelativePositionFromTypeIndex(text, index, side)) as NonNullable<
    Target["from"]
  >;
