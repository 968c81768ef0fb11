import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Arena } from "../lib/arena.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { makeDirectory } from "../lib/make_directory.ts";
import type { ZipBytes } from "../store/module_store.ts";
import type { ReadableZip } from "./offered_module.ts";

/** Bytes of zips in memory at a time. */
const ARENA_BYTES = 64 * 1024 * 1024;
/** A zip up to this size is held in memory, a larger one in a file. */
const MAXIMUM_IN_MEMORY = 32 * 1024 * 1024;

/** A zip that nobody else can change. */
export interface HeldZip {
  readonly bytes: ZipBytes;
  /** Gives up what holds the bytes; to be called when they are stored. */
  readonly release: () => Promise<void>;
}

/**
 * Holds zips while a store takes them in. A store reads a zip more than once, to verify it and to keep it, and somebody
 * who may write to a source must not be able to change it in between. Memory is bounded: who comes when it is full waits.
 */
export class HeldZips {
  readonly #spoolDirectory: string;
  readonly #arena = new Arena(ARENA_BYTES);

  /** @param spoolDirectory gets large zips; made when the first comes */
  constructor(spoolDirectory: string) {
    this.#spoolDirectory = spoolDirectory;
  }

  /**
   * Holds a zip.
   *
   * @throws GomodfsError whatever the zip does, `STORE` if the spool takes nothing
   */
  async hold(zip: ReadableZip): Promise<HeldZip> {
    const size = zip.size();
    return size > MAXIMUM_IN_MEMORY
      ? await this.#holdInFile(zip, size)
      : await this.#holdInMemory(zip, size);
  }

  async #holdInMemory(zip: ReadableZip, size: number): Promise<HeldZip> {
    const { bytes, release } = await this.#arena.allocate(size);
    try {
      await zip.readInto(bytes);
    } catch (error) {
      release();
      throw error;
    }
    return { bytes: { kind: "shared", bytes, release }, release: async () => release() };
  }

  async #holdInFile(zip: ReadableZip, size: number): Promise<HeldZip> {
    const path = join(this.#spoolDirectory, `${randomUUID()}.zip`);
    const release = async (): Promise<void> => await rm(path, { force: true });
    try {
      await makeDirectory(this.#spoolDirectory);
      await zip.writeTo(path);
    } catch (cause) {
      // The first failure is the one to tell, of a spool whose parent is a file for example.
      await release().catch(() => {});
      if (cause instanceof GomodfsError) throw cause;
      throw new GomodfsError("STORE", `cannot write a module zip to ${this.#spoolDirectory}`, {
        hint: "make room there, or name another directory",
        cause,
      });
    }
    return { bytes: { kind: "file", path, size }, release };
  }
}
