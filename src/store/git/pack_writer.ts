import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { syncDirectory, writeDurably } from "../../lib/durable_file.ts";
import { KEEP_REASON, PACK_HEADER_LENGTH } from "./pack.ts";
import { encodePackIndex, type PackIndexEntry } from "./pack_index.ts";
import type { Repository } from "./repository.ts";

/** Bytes of one write. */
const CHUNK_LENGTH = 256 * 1024;
/** Writes under way at a time; more wait. */
const CONCURRENT_WRITES = 4;
const PACK_VERSION = 2;

/** Memory for writing packs, which is used again: a store writes many, one after the other. */
export class PackChunks {
  readonly #free: Buffer<ArrayBuffer>[] = [];

  take(): Buffer<ArrayBuffer> {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_LENGTH);
  }

  give(chunk: Buffer<ArrayBuffer>): void {
    if (this.#free.length <= CONCURRENT_WRITES) this.#free.push(chunk);
  }
}

/**
 * Writes one pack and its index. Nothing of it is visible before {@linkcode PackWriter.finish}; after that all of it is
 * and is durable.
 */
export class PackWriter {
  readonly #repository: Repository;
  readonly #file: FileHandle;
  readonly #temporary: string;
  readonly #count: number;
  readonly #sha1 = createHash("sha1");
  readonly #entries: PackIndexEntry[] = [];
  readonly #writes: Promise<Buffer<ArrayBuffer>>[] = [];
  readonly #chunks: PackChunks;
  #chunk: Buffer<ArrayBuffer>;
  #chunkLength = 0;
  /** Where in the chunk the bytes begin of which the entry's CRC-32 has yet to learn. */
  #entryStart = 0;
  #crc32 = 0;
  /** Bytes handed to the file. */
  #written = 0;

  private constructor(
    repository: Repository,
    file: FileHandle,
    temporary: string,
    count: number,
    chunks: PackChunks,
  ) {
    this.#chunks = chunks;
    this.#chunk = chunks.take();
    this.#repository = repository;
    this.#file = file;
    this.#temporary = temporary;
    this.#count = count;
  }

  /**
   * @param count how many entries the pack will have; its header says so before the first
   * @param chunks those of the pack before, to be used again
   */
  static async create(
    repository: Repository,
    count: number,
    chunks = new PackChunks(),
  ): Promise<PackWriter> {
    const temporary = join(repository.temporaryDirectory, `pack-${randomUUID()}.part`);
    const writer = new PackWriter(
      repository,
      await open(temporary, "wx"),
      temporary,
      count,
      chunks,
    );
    const header = Buffer.alloc(PACK_HEADER_LENGTH);
    header.write("PACK", "latin1");
    header.writeUInt32BE(PACK_VERSION, 4);
    header.writeUInt32BE(count, 8);
    writer.#append(header);
    return writer;
  }

  /**
   * Appends one entry that has not many more bytes than a chunk.
   *
   * @param id 20 bytes
   * @param entry header and zlib stream, in pieces
   * @returns whether so much waits to be written that {@linkcode PackWriter.drain} should be called before the next
   */
  add(id: Uint8Array, entry: Iterable<Uint8Array>): boolean {
    const offset = this.#begin();
    for (const piece of entry) this.#append(piece);
    this.#entries.push({ id, crc32: this.#entryCrc32(), offset });
    return this.#writes.length > CONCURRENT_WRITES;
  }

  /**
   * Appends one entry of any length, no faster than it is written.
   *
   * @param id 20 bytes
   * @param entry header and zlib stream, in pieces
   * @returns the entry's CRC-32
   */
  async addLarge(id: Uint8Array, entry: Iterable<Uint8Array>): Promise<number> {
    const offset = this.#begin();
    for (const piece of entry) {
      this.#append(piece);
      await this.drain();
    }
    const crc32 = this.#entryCrc32();
    this.#entries.push({ id, crc32, offset });
    return crc32;
  }

  /** Waits until little enough waits to be written. */
  async drain(): Promise<void> {
    while (this.#writes.length > CONCURRENT_WRITES) {
      await this.#awaitOldest();
    }
  }

  /** @returns the pack's name: `pack-` and the pack's checksum */
  async finish(): Promise<string> {
    if (this.#entries.length !== this.#count) {
      throw new RangeError(`${this.#entries.length} entries in a pack of ${this.#count}`);
    }
    const checksum = await this.#finishFile();
    const name = `pack-${checksum.toString("hex")}`;
    const index = `${this.#temporary}.index`;
    await Promise.all([
      this.#file.sync(),
      writeDurably(index, encodePackIndex(this.#entries, checksum)),
    ]);
    await this.#file.close();
    await this.#publish(name, index);
    return name;
  }

  /** Gives up and removes what was written. */
  async abort(): Promise<void> {
    await Promise.allSettled(this.#writes);
    await this.#file.close().catch(() => {});
    await rm(this.#temporary, { force: true });
    await rm(`${this.#temporary}.index`, { force: true });
  }

  async #awaitOldest(): Promise<void> {
    const chunk = await this.#writes.shift();
    if (chunk !== undefined) this.#chunks.give(chunk);
  }

  /** @returns where in the pack the entry begins */
  #begin(): number {
    this.#entryStart = this.#chunkLength;
    this.#crc32 = 0;
    return this.#written + this.#chunkLength;
  }

  /** Of all that was appended since the entry began. */
  #entryCrc32(): number {
    const rest = this.#chunk.subarray(this.#entryStart, this.#chunkLength);
    return crc32(rest, this.#crc32);
  }

  #append(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; ) {
      const piece = bytes.subarray(start, start + CHUNK_LENGTH - this.#chunkLength);
      this.#chunk.set(piece, this.#chunkLength);
      this.#chunkLength += piece.length;
      start += piece.length;
      if (this.#chunkLength === CHUNK_LENGTH) this.#writeChunk();
    }
  }

  /** Hands the chunk to the file and goes on with another one. */
  #writeChunk(): void {
    const chunk = this.#chunk;
    const bytes = chunk.subarray(0, this.#chunkLength);
    this.#crc32 = this.#entryCrc32();
    this.#entryStart = 0;
    this.#sha1.update(bytes);
    const write = writeAll(this.#file, bytes, this.#written).then(() => chunk);
    // Met when it is awaited, which may be later than it fails.
    write.catch(() => {});
    this.#writes.push(write);
    this.#written += bytes.length;
    this.#chunkLength = 0;
    this.#chunk = this.#chunks.take();
  }

  async #finishFile(): Promise<Buffer<ArrayBuffer>> {
    this.#writeChunk();
    const checksum = this.#sha1.digest();
    while (this.#writes.length > 0) await this.#awaitOldest();
    this.#chunks.give(this.#chunk);
    await writeAll(this.#file, checksum, this.#written);
    return checksum;
  }

  /**
   * The file `.keep` comes first, lest a git gc that runs now collects the pack, to which no ref leads yet. git uses a
   * pack as soon as its index is there, so that comes last.
   */
  async #publish(name: string, index: string): Promise<void> {
    const path = join(this.#repository.packDirectory, name);
    await writeFile(`${path}.keep`, KEEP_REASON);
    await rename(this.#temporary, `${path}.pack`);
    await rename(index, `${path}.idx`);
    await syncDirectory(this.#repository.packDirectory);
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let end = 0; end < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, end, bytes.length - end, position + end);
    end += bytesWritten;
  }
}
