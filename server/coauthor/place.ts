// Where words go, while people type and delete around it. It sticks to the character on its left: the one that stood there
// at first, then the last word of ours.
import * as Y from "yjs";
import { DocumentError } from "./document.ts";
import { endOf, type Root, type Spot } from "./shared-text.ts";
import { wordsOf } from "./writer.ts";

export interface Place {
  /** Where the next words go. @throws DocumentError when it was deleted */
  now(): Spot;
  /** The words stand up to here. */
  moved(spot: Spot): void;
}

/** At a spot. It is gone when `isThere` says so before the first words, and later when all of them were deleted. */
export function placeAt(doc: Y.Doc, spot: Spot, isThere = bothSides(doc, spot)): Place {
  const { text } = spot;
  let anchor = leftOf(spot);
  let hasMoved = false;
  return {
    now: () => {
      const isKept = hasMoved ? wordsOf(doc, doc.clientID).length > 0 : isThere();
      if (!isKept || isLost(text)) throw new DocumentError("document_place_gone");
      const { index } = Y.createAbsolutePositionFromRelativePosition(anchor, doc, false) ?? { index: 0 };
      return { text, index };
    },
    moved: (to) => {
      hasMoved = true;
      anchor = leftOf(to);
    },
  };
}

/** A place between two characters is there while one of them is. */
function bothSides(doc: Y.Doc, { text, index }: Spot): () => boolean {
  const sides = [charAt(text, index - 1), charAt(text, index)];
  return () => sides.some((id) => id === undefined || !Y.getItem(doc.store, id).deleted);
}

/** At the end, wherever that is when the first words come. */
export function placeAtEnd(doc: Y.Doc, root: Root): Place {
  let place: Place | undefined;
  return {
    now: () => place?.now() ?? endOf(root),
    moved: (spot) => {
      place ??= placeAt(doc, spot);
      place.moved(spot);
    },
  };
}

const leftOf = ({ text, index }: Spot): Y.RelativePosition =>
  Y.createRelativePositionFromTypeIndex(text, index, -1);

/** The beginning and the end of a text have no character there, and are never deleted. */
const charAt = (text: Y.Text, index: number): Y.ID | undefined =>
  index < 0 || index >= text.length
    ? undefined
    : (Y.createRelativePositionFromTypeIndex(text, index).item ?? undefined);

/** It was deleted with the block that it is in. */
const isLost = ({ _item: item }: Y.Text): boolean => item?.deleted ?? false;
