import { hash } from "node:crypto";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { isOutputId, type OutputId } from "../identifier.ts";
import { isPackId, type PackId } from "./build_set.ts";
import { releaseMemory } from "./release_memory.ts";

/** An output in a pack. */
export interface PackMember {
  readonly outputId: OutputId;
  readonly bytes: Uint8Array;
}

/** What is in a pack. Its memory is given back with it. */
export interface DecodedPack extends Disposable {
  readonly members: readonly PackMember[];
}

/** A pack as it is in the bucket. */
export interface EncodedPack {
  readonly id: PackId;
  readonly bytes: Buffer;
  /** Bytes before compression. */
  readonly size: number;
}

/** Bytes of the largest output that is packed: larger ones are worth a request each, and stream. */
export const MAX_PACKED_OUTPUT = 8 << 20;
/** Bytes of members at which a pack is full enough: some parts of a second of a network, and little memory. */
export const PACK_BYTES = 2 << 20;
/** Bytes of the largest pack that is read, before compression. */
export const MAX_PACK_BYTES = 16 << 20;

const MAGIC = Buffer.from("gomodfs pack 1\n");
const ID_BYTES = 32;
const HEADER_BYTES = ID_BYTES + 4;
/** The smallest piece that zlib makes (node:zlib, Z_MIN_CHUNK). */
const MIN_CHUNK = 64;
/** Quick rather than small: on two cores the build waits for whatever CPU this takes. */
const COMPRESSION_LEVEL = 1;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Bytes that a member of this size takes, before compression. */
export function packedBytes(size: number): number {
  return HEADER_BYTES + size;
}

/** A pack: each member's id, its size in 32 bits (big-endian) and its bytes, all compressed as one. */
export async function encodePack(members: readonly PackMember[]): Promise<EncodedPack> {
  const pieces: Uint8Array[] = [MAGIC];
  for (const { outputId, bytes } of members) {
    const header = Buffer.alloc(HEADER_BYTES);
    header.write(outputId, "hex");
    header.writeUInt32BE(bytes.length, ID_BYTES);
    pieces.push(header, bytes);
  }
  const content = Buffer.concat(pieces);
  const size = content.length;
  const params = { [constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL };
  const bytes = await compress(content, { params, chunkSize: Math.max(MIN_CHUNK, size) });
  releaseMemory(content);
  const id = hash("sha256", bytes, "hex");
  if (!isPackId(id)) throw new Error("a SHA-256 has 64 digits");
  return { id, bytes, size };
}

/**
 * The members of a pack. Their bytes are not compared with their ids: who keeps them does that.
 *
 * @param size of the pack before compression
 * @throws GomodfsError `PROTOCOL` for anything that {@linkcode encodePack} does not write
 */
export async function decodePack(bytes: Uint8Array, size: number): Promise<DecodedPack> {
  let content: Buffer;
  try {
    // In one piece: Node's default of 16 KiB would have every pack put together from hundreds.
    const chunkSize = Math.max(MIN_CHUNK, Math.min(size, MAX_PACK_BYTES));
    content = await decompress(bytes, { chunkSize, maxOutputLength: MAX_PACK_BYTES });
  } catch (cause) {
    throw new GomodfsError("PROTOCOL", "a pack is damaged or too large", { cause });
  }
  return {
    members: [...membersOf(content)],
    [Symbol.dispose]: () => releaseMemory(content),
  };
}

function* membersOf(content: Buffer): Generator<PackMember> {
  if (!content.subarray(0, MAGIC.length).equals(MAGIC)) throw malformed();
  for (let offset = MAGIC.length; offset < content.length; ) {
    if (content.length - offset < HEADER_BYTES) throw malformed();
    const outputId = content.toString("hex", offset, offset + ID_BYTES);
    const start = offset + HEADER_BYTES;
    offset = start + content.readUInt32BE(offset + ID_BYTES);
    if (!isOutputId(outputId) || offset > content.length) throw malformed();
    yield { outputId, bytes: content.subarray(start, offset) };
  }
}

function malformed(): GomodfsError {
  return new GomodfsError("PROTOCOL", "a pack is cut or no pack at all");
}
