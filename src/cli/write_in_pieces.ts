/** Large enough that system calls do not count, small enough that no output is twice in memory. */
const PIECE = 64 << 10;

/** Writes many short texts with few writes. */
export function writeInPieces(
  stream: Pick<NodeJS.WritableStream, "write">,
  texts: Iterable<string>,
): void {
  let piece = "";
  for (const text of texts) {
    piece += text;
    if (piece.length < PIECE) continue;
    stream.write(piece);
    piece = "";
  }
  if (piece !== "") stream.write(piece);
}
