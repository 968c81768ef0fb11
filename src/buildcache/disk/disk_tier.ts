import type { Hash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { ActionId, OutputId } from "../identifier.ts";
import { type ActionRecord, formatActionRecord, parseActionRecord } from "./action_record.ts";
import { DiskLayout } from "./disk_layout.ts";
import { NewFile, writeNewFile } from "./new_file.ts";

/** What a build step made, at hand. */
export interface CachedOutput extends ActionRecord {
  /** Absolute. */
  readonly diskPath: string;
}

/** Takes the bytes of an output in. */
export interface OutputWriter {
  write(bytes: Uint8Array): void;
  /**
   * Shows the output if its bytes are those that its id promises.
   *
   * @returns its path
   * @throws GomodfsError `SECURITY` if they are not, `STORE`; nothing is left then
   */
  commit(): string;
  /** Leaves nothing behind. */
  discard(): void;
}

/** Nobody writes outputs again; and the go command runs some of them (cached tools and test binaries). */
const OUTPUT_MODE = 0o555;
const ACTION_MODE = 0o644;
/**
 * The time of an output's last use is its file's, and is written anew when it is older than this (as in
 * cmd/go/internal/cache, mtimeInterval): a build would otherwise write as many inodes as it reads files.
 */
export const LAST_USE_PRECISION = 3_600_000;
const READ_BYTES = 1 << 18;
/** Bytes below which a file is written before another thread would have begun to. */
const SMALL_OUTPUT = 1 << 16;

/**
 * A build cache in a directory. Reads and writes are synchronous: each is some microseconds, which a promise would double.
 * Several processes may use one directory. What is written is not fsynced, as the go command's own cache is not: a killed
 * process leaves no half output, a machine that loses power may.
 */
export class DiskTier {
  readonly layout: DiskLayout;
  readonly #clock: () => number;
  #written = 0;

  /** @param directory absolute; made when something is put */
  constructor(directory: string, clock: () => number = Date.now) {
    this.layout = new DiskLayout(directory);
    this.#clock = clock;
  }

  /** What an action made, if that is here whole. */
  get(id: ActionId): CachedOutput | undefined {
    const record = this.action(id);
    return record && this.#output(record);
  }

  /** What is known of an action; its output need not be here. */
  action(id: ActionId): ActionRecord | undefined {
    const path = this.layout.action(id);
    try {
      return parseActionRecord(readFileSync(path, "latin1"), () => statSync(path).mtime);
    } catch {
      // Whatever is wrong with it, the build can do without.
      return undefined;
    }
  }

  /** The path of an output of this size, if it is here; it counts as used now. */
  output(id: OutputId, size: number): string | undefined {
    const path = this.layout.output(id);
    // Asking costs less than an exception: most outputs of a first build are not there.
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined || found.size !== size) return undefined;
    this.#touch(path, found.mtimeMs);
    return path;
  }

  /**
   * The path and the bytes of an output, for whom no record tells its size: it is read, and found if it is what its id
   * promises.
   */
  find(id: OutputId): { readonly diskPath: string; readonly size: number } | undefined {
    const diskPath = this.layout.output(id);
    const found = statSync(diskPath, { throwIfNoEntry: false });
    if (found === undefined || sha256OfFile(diskPath) !== id) return undefined;
    this.#touch(diskPath, found.mtimeMs);
    return { diskPath, size: found.size };
  }

  /** Makes ready to take an output in. @throws GomodfsError `STORE` */
  create(id: OutputId, size: number): OutputWriter {
    return new VerifiedOutput(this.#newFile(OUTPUT_MODE), id, size, this.layout.output(id));
  }

  /**
   * Takes a whole output in, of which the larger part goes on without the caller's thread.
   *
   * @returns its path
   * @throws GomodfsError `SECURITY` if its bytes are not what its id promises, `STORE`; nothing is left then
   */
  async store(id: OutputId, bytes: Uint8Array): Promise<string> {
    if (bytes.length < SMALL_OUTPUT) {
      const writer = this.create(id, bytes.length);
      writer.write(bytes);
      return writer.commit();
    }
    const sha256 = process.getBuiltinModule("node:crypto").hash("sha256", bytes, "hex");
    if (sha256 !== id) throw wrongOutput(id, bytes.length, { sha256, size: bytes.length });
    const path = this.layout.output(id);
    await writeNewFile(this.#temporaryName(), path, bytes, OUTPUT_MODE);
    return path;
  }

  /** Notes what an action made. @throws GomodfsError `STORE` */
  record(id: ActionId, record: ActionRecord): void {
    const file = this.#newFile(ACTION_MODE);
    file.write(Buffer.from(formatActionRecord(record)));
    file.moveTo(this.layout.action(id));
  }

  #output(record: ActionRecord): CachedOutput | undefined {
    const diskPath = this.output(record.outputId, record.size);
    return diskPath === undefined ? undefined : { ...record, diskPath };
  }

  #newFile(mode: number): NewFile {
    return new NewFile(this.#temporaryName(), mode);
  }

  #temporaryName(): string {
    const name = `${process.pid}-${this.#clock().toString(36)}-${this.#written++}`;
    return join(this.layout.temporary, name);
  }

  #touch(path: string, lastUse: number): void {
    const now = this.#clock();
    if (now - lastUse < LAST_USE_PRECISION) return;
    try {
      utimesSync(path, now / 1_000, now / 1_000);
    } catch {
      // A cache that may only be read, or an output that has just been removed.
    }
  }
}

class VerifiedOutput implements OutputWriter {
  readonly #file: NewFile;
  readonly #id: OutputId;
  readonly #size: number;
  readonly #path: string;
  // Loaded by the first put: it takes 6 ms, and a build in which nothing has changed puts nothing.
  readonly #sha256: Hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  #length = 0;

  constructor(file: NewFile, id: OutputId, size: number, path: string) {
    this.#file = file;
    this.#id = id;
    this.#size = size;
    this.#path = path;
  }

  write(bytes: Uint8Array): void {
    this.#length += bytes.length;
    this.#sha256.update(bytes);
    this.#file.write(bytes);
  }

  commit(): string {
    const sha256 = this.#sha256.digest("hex");
    if (sha256 !== this.#id || this.#length !== this.#size) {
      this.#file.discard();
      throw wrongOutput(this.#id, this.#size, { sha256, size: this.#length });
    }
    this.#file.moveTo(this.#path);
    return this.#path;
  }

  discard(): void {
    this.#file.discard();
  }
}

function wrongOutput(
  id: OutputId,
  size: number,
  came: { readonly sha256: string; readonly size: number },
): GomodfsError {
  return new GomodfsError(
    "SECURITY",
    `output ${id} of ${size} bytes came as ${came.size} bytes whose SHA-256 is ${came.sha256}`,
  );
}

/** @returns undefined if it cannot be read */
function sha256OfFile(path: string): string | undefined {
  const sha256 = process.getBuiltinModule("node:crypto").createHash("sha256");
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  try {
    const descriptor = openSync(path, "r");
    try {
      for (let length = -1; length !== 0; ) {
        length = readSync(descriptor, buffer);
        sha256.update(buffer.subarray(0, length));
      }
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
  return sha256.digest("hex");
}
