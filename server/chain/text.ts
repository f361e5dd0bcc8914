// A text that grows by small pieces. Added to a string one by one, they would stay pieces, at 32 bytes each.

/** Pieces are joined once there is so much of them. UTF-16 code units. */
const blockChars = 65_536;

export function createText() {
  let text = "";
  let pieces: string[] = [];
  let chars = 0;
  const join = (): string => {
    text += pieces.join("");
    pieces = [];
    chars = 0;
    return text;
  };
  return {
    add(piece: string): void {
      pieces.push(piece);
      chars += piece.length;
      if (chars >= blockChars) join();
    },
    toString: join,
  };
}
