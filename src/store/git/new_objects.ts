import { createHash, hash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { GomodfsError, isGomodfsError } from "../../lib/gomodfs_error.ts";
import type { Adler32 } from "../adler32.ts";
import { storedZlibStream } from "../zlib_stream.ts";
import { isMissing } from "./file_error.ts";
import type { ObjectDatabase } from "./object_database.ts";
import {
  hashObject,
  type ObjectId,
  type ObjectType,
  objectIdFromBytes,
  objectIdToBytes,
} from "./object_id.ts";
import type { Pack } from "./pack.ts";
import { encodeEntryHeader } from "./pack_entry.ts";
import { type PackChunks, PackWriter } from "./pack_writer.ts";
import type { Repository } from "./repository.ts";
import { streamLength } from "./stored_sizes.ts";

/**
 * Whether a content is worth deflating. Trees and manifests are mostly hashes: stored as they are they open three times
 * quicker for 0.35 % of a module's bytes.
 */
export type Compression = "stored" | "deflated";

/** Of fewer bytes zlib saves too little for the 60 us that it takes to make an engine. */
const MINIMUM_DEFLATED_LENGTH = 512;

/** Longer streams are written no faster than the disk takes them; for each of the many others a wait is too much. */
const MAXIMUM_SMALL_LENGTH = 256 * 1024;

/** A zlib stream that is read when it is written. */
export interface ObjectStream {
  /** Bytes. */
  readonly length: number;
  /** Each valid until the next. */
  pieces(): Iterable<Uint8Array>;
}

/** An object on its way into the store. */
interface NewObject {
  readonly type: ObjectType;
  /** 20 bytes. */
  readonly id: Uint8Array;
  /** Bytes of the content. */
  readonly size: number;
  /** The content as a zlib stream. */
  readonly stream: ObjectStream;
  /** SHA-256 of the content, 32 bytes. */
  readonly sha256: Uint8Array;
}

/**
 * The objects of one pack in the making: whatever is stored already is left out.
 *
 * An object is only taken as stored where it is whole, in a pack of ours and the same by more than its SHA-1: node's
 * SHA-1 does not detect the known collision attacks, as git's does.
 */
export class NewObjects {
  readonly #database: ObjectDatabase;
  readonly #adler32: Adler32;
  readonly #deduplicate: boolean;
  readonly #objects = new Map<ObjectId, NewObject>();
  readonly #reliedOn = new Set<string>();

  /** @param deduplicate false: to write even what is stored already */
  constructor(database: ObjectDatabase, adler32: Adler32, deduplicate: boolean) {
    this.#database = database;
    this.#adler32 = adler32;
    this.#deduplicate = deduplicate;
  }

  /** Number of objects to write. */
  get count(): number {
    return this.#objects.size;
  }

  /** Names of the packs with objects that were left out, which must still be there when a ref leads to them. */
  get reliedOn(): ReadonlySet<string> {
    return this.#reliedOn;
  }

  /**
   * Adds a blob or tree by its content.
   *
   * @throws GomodfsError `SECURITY` if another content has the same id
   */
  add(type: ObjectType, content: Uint8Array, compression: Compression): ObjectId {
    const id = hashObject(type, content);
    const stream =
      compression === "stored" || content.length < MINIMUM_DEFLATED_LENGTH
        ? storedZlibStream(content, this.#adler32.compute(content))
        : deflateSync(content);
    this.addStream({
      type,
      id: objectIdToBytes(id),
      size: content.length,
      stream: { length: stream.length, pieces: () => [stream] },
      sha256: hash("sha256", content, "buffer"),
    });
    return id;
  }

  /**
   * Adds an object whose zlib stream is known.
   *
   * @returns the length of the stream that is stored for it: another one if the object was stored before
   * @throws GomodfsError `SECURITY` if another content has the same id
   */
  addStream(object: NewObject): number {
    const id = objectIdFromBytes(object.id);
    const added = this.#objects.get(id);
    if (added !== undefined) {
      if (Buffer.compare(added.sha256, object.sha256) !== 0) throw collision(id);
      return added.stream.length;
    }
    const stored = this.#deduplicate ? this.#storedLength(object) : undefined;
    if (stored !== undefined) return stored;
    this.#objects.set(id, object);
    return object.stream.length;
  }

  /** Writes the pack; its name, undefined if there is nothing to write. */
  async write(repository: Repository, chunks?: PackChunks): Promise<string | undefined> {
    if (this.#objects.size === 0) return undefined;
    const writer = await PackWriter.create(repository, this.#objects.size, chunks);
    try {
      for (const { type, id, size, stream } of this.#objects.values()) {
        const entry = entryPieces(encodeEntryHeader(type, size), stream);
        if (stream.length > MAXIMUM_SMALL_LENGTH) await writer.addLarge(id, entry);
        else if (writer.add(id, entry)) await writer.drain();
      }
      return await writer.finish();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  #storedLength(object: NewObject): number | undefined {
    for (const { pack, position } of this.#database.locations(object.id)) {
      const length = pack.isOurs
        ? usableLength(pack, pack.index.offset(position), object)
        : undefined;
      if (length === undefined) continue;
      this.#reliedOn.add(pack.name);
      return length;
    }
    return undefined;
  }
}

function isSame(stored: Uint8Array, stream: ObjectStream): boolean {
  let end = 0;
  for (const piece of stream.pieces()) {
    if (Buffer.compare(piece, stored.subarray(end, end + piece.length)) !== 0) return false;
    end += piece.length;
  }
  return end === stored.length;
}

function* entryPieces(header: Uint8Array, stream: ObjectStream): Generator<Uint8Array, undefined> {
  yield header;
  yield* stream.pieces();
}

/** The length of the stream in a pack; undefined if it is damaged, a delta or gone, so that it is written once more. */
function usableLength(pack: Pack, offset: number, object: NewObject): number | undefined {
  try {
    return comparedLength(pack, offset, object);
  } catch (error) {
    if (isMissing(error) || isGomodfsError(error, "STORE")) return undefined;
    throw error;
  }
}

function comparedLength(pack: Pack, offset: number, object: NewObject): number | undefined {
  const stream = pack.streamOf(offset, object.size, object.stream.length);
  if (stream !== undefined && isSame(stream, object.stream)) return stream.length;
  const { header, content } = pack.entry(offset);
  if (header.kind !== "whole") return undefined;
  const sha256 = createHash("sha256").update(content).digest();
  if (header.type !== object.type || sha256.compare(object.sha256) !== 0) {
    throw collision(objectIdFromBytes(object.id));
  }
  return streamLength(pack, offset);
}

function collision(id: ObjectId): GomodfsError {
  return new GomodfsError("SECURITY", `two different contents have the SHA-1 object id ${id}`, {
    hint: "one of them was made to collide; find out which modules have it",
  });
}
