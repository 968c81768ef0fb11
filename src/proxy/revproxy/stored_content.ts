import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { StoredBody } from "./response_record.ts";

const PIECE_BYTES = 256 * 1024;

/**
 * Reads stored content and proves it: its last piece is given only when the SHA-256 of all of it was right. Content of one
 * piece is so proven before any of it is given; a reader of more sees it break off.
 *
 * @throws GomodfsError `STORE` if the file is gone or its bytes have changed; the system's error
 */
export async function* provenContent(path: string, body: StoredBody): AsyncGenerator<Buffer> {
  await using file = await openContent(path);
  const hash = createHash("sha256");
  let held: Buffer | undefined;
  let size = 0;
  for (;;) {
    const piece = await readPiece(file);
    if (piece.length === 0) break;
    if (held !== undefined) yield held;
    hash.update(piece);
    size += piece.length;
    held = piece;
    if (size > body.size) break;
  }
  if (size !== body.size || hash.digest("hex") !== body.sha256) {
    throw new GomodfsError("STORE", "content in the reverse proxy's cache is damaged");
  }
  if (held !== undefined) yield held;
}

async function openContent(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    throw new GomodfsError("STORE", "content of the reverse proxy's cache is missing", { cause });
  }
}

/** Fresh memory each time: the one before may still be on its way to a client. */
async function readPiece(file: FileHandle): Promise<Buffer> {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  const { bytesRead } = await file.read(piece, 0, piece.length);
  return piece.subarray(0, bytesRead);
}
