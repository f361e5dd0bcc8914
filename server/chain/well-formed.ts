// Keeps surrogate pairs whole: half a pair at the end of a piece waits for its other half in the next one.

/** Gives back what may be shown of a piece; an empty piece says that no more will come. */
export function createJoiner(): (piece: string) => string {
  let half = "";
  return (piece) => {
    const text = half + piece;
    const last = text.charCodeAt(text.length - 1);
    const endsInHalf = piece !== "" && last >= 0xd800 && last <= 0xdbff;
    half = endsInHalf ? text.slice(-1) : "";
    return (endsInHalf ? text.slice(0, -1) : text).toWellFormed();
  };
}
