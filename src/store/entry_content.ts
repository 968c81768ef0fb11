import { constants, crc32, deflateRawSync, type InputType, inflateRawSync } from "node:zlib";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { quote } from "../module/quote.ts";
import type { RandomAccessReader } from "../module/zip/random_access.ts";
import type { ZipEntry } from "../module/zip/zip_entry.ts";
import { METHOD_STORED } from "../module/zip/zip_format.ts";

/** A zip entry's content and its deflate stream. */
export interface EntryContent {
  readonly content: Uint8Array;
  /** A raw deflate stream (RFC 1951) that ends with its last block. */
  readonly deflated: Uint8Array;
}

/** Deflate cannot do better: 258 bytes from a length code and a distance code of one bit each. */
const MAXIMUM_DEFLATE_RATIO = 1032;

/**
 * Reads an entry and checks its size and CRC-32. Never inflates past the declared size, nor allocates for one that the
 * compressed bytes cannot have.
 *
 * Entries are inflated one by one. Joining many into a multi-member gzip saves 5 us an entry (5 % for a large module),
 * but then a hostile entry that ends early, a gzip member of its own behind it, shifts the bounds: what is hashed and
 * what is stored would no longer be the same stream.
 *
 * @throws GomodfsError `INVALID` naming the entry
 */
export function readEntryContent(reader: RandomAccessReader, entry: ZipEntry): EntryContent {
  const data = reader.read(entry.dataOffset, entry.compressedSize);
  const { content, deflated } =
    entry.method === METHOD_STORED
      ? { content: data, deflated: deflateRawSync(data, { level: constants.Z_BEST_SPEED }) }
      : inflate(entry, data);
  if (content.length !== entry.size) {
    throw invalid(entry, `has ${content.length} bytes and declares ${entry.size}`);
  }
  if (crc32(content) !== entry.crc32) throw invalid(entry, "does not match its CRC-32");
  return { content, deflated };
}

function inflate(entry: ZipEntry, data: Uint8Array): EntryContent {
  if (entry.size > data.length * MAXIMUM_DEFLATE_RATIO) {
    throw invalid(entry, `cannot have the ${entry.size} bytes that it declares`);
  }
  const { buffer, engine } = inflateRaw(entry, data);
  // Go's archive/zip reads no further than the stream's end either.
  return { content: buffer, deflated: data.subarray(0, engine.bytesWritten) };
}

/** What zlib's synchronous functions return with the option `info`; Node's types know only the plain buffer. */
interface InflateResult {
  readonly buffer: Uint8Array;
  /** `bytesWritten` is how much of the input was consumed. */
  readonly engine: { readonly bytesWritten: number };
}

function inflateRaw(entry: ZipEntry, data: InputType): InflateResult {
  // A byte more than the content has: zlib then sees the stream's end without asking for a second chunk.
  const chunkSize = Math.max(constants.Z_MIN_CHUNK, entry.size + 1);
  const maxOutputLength = Math.max(1, entry.size);
  let result: unknown;
  try {
    result = inflateRawSync(data, { info: true, chunkSize, maxOutputLength });
  } catch (cause) {
    throw invalid(entry, describeInflateError(entry, cause), cause);
  }
  if (!isInflateResult(result)) throw new TypeError("zlib does not support the option info");
  return result;
}

function isInflateResult(value: unknown): value is InflateResult {
  return (
    typeof value === "object" &&
    value !== null &&
    "buffer" in value &&
    value.buffer instanceof Uint8Array &&
    "engine" in value &&
    typeof value.engine === "object" &&
    value.engine !== null &&
    "bytesWritten" in value.engine &&
    typeof value.engine.bytesWritten === "number"
  );
}

function describeInflateError(entry: ZipEntry, error: unknown): string {
  const tooLarge =
    error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
  return tooLarge
    ? `inflates to more than the ${entry.size} bytes that it declares`
    : `cannot be inflated (${error instanceof Error ? error.message : String(error)})`;
}

function invalid(entry: ZipEntry, problem: string, cause?: unknown): GomodfsError {
  return new GomodfsError("INVALID", `zip entry ${quote(entry.name)} ${problem}`, { cause });
}
