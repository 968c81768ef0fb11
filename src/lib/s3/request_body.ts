import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { GomodfsError } from "../gomodfs_error.ts";
import type { ObjectContent } from "./object_bucket.ts";

/** A body that can be sent as often as it takes. */
export interface RequestBody {
  readonly size: number;
  /** In hex, where it is known without reading the body. */
  readonly sha256?: string | undefined;
  /** Its bytes, piece by piece; a piece is good until the next is asked for. @throws GomodfsError `STORE` if a file is not what it was */
  open(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** A part of an object's content. */
export interface ByteRange {
  readonly start: number;
  readonly size: number;
}

/** Bytes that are handed to a socket or read from a file at a time. */
const pieceBytes = 256 << 10;

/** The body that holds an object's content, or a part of it. */
export function requestBody(content: ObjectContent, range?: ByteRange): RequestBody {
  const { start, size } = range ?? { start: 0, size: contentSize(content) };
  const sha256 = range === undefined ? content.sha256 : undefined;
  switch (content.kind) {
    case "memory":
      return { ...memoryBody(content.bytes.subarray(start, start + size)), sha256 };
    case "file":
      return { size, sha256, open: () => filePieces(content.path, { start, size }) };
  }
}

/** A body of bytes in memory. */
export function memoryBody(bytes: Uint8Array): RequestBody {
  return { size: bytes.length, open: () => memoryPieces(bytes) };
}

/** Bytes of an object's content. */
export function contentSize(content: ObjectContent): number {
  return content.kind === "memory" ? content.bytes.length : content.size;
}

/** SHA-256 of a body, in hex. @throws GomodfsError `STORE` if a file is not what it was */
export async function sha256Of(body: RequestBody): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of body.open()) hash.update(piece);
  return hash.digest("hex");
}

function* memoryPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    yield bytes.subarray(start, start + pieceBytes);
  }
}

async function* filePieces(path: string, range: ByteRange): AsyncGenerator<Uint8Array> {
  if (range.size === 0) return;
  const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, range.size));
  const end = range.start + range.size;
  await using file = await open(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  for (let position = range.start; position < end; ) {
    const wanted = Math.min(buffer.length, end - position);
    const { bytesRead } = await file.read(buffer, 0, wanted, position).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    if (bytesRead === 0) {
      const missing = `${path} lacks ${end - position} bytes at its end, and was to be uploaded`;
      throw new GomodfsError("STORE", missing);
    }
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function unreadable(path: string, cause: unknown): GomodfsError {
  return new GomodfsError("STORE", `cannot read ${path} to upload it`, { cause });
}
