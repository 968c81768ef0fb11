import { open } from "node:fs/promises";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../module/module_version.ts";
import { VirtualZip, type ZipDataReader } from "../module/zip/virtual_zip.ts";
import type { StoredModule } from "../store/module_store.ts";
import type { ReadableZip } from "./offered_module.ts";

/** A file larger than a piece is read from the store once for the pieces that it is in. */
const PIECE_LENGTH = 4 * 1024 * 1024;

/**
 * The zip of a resident module, put together again from the stored deflate streams: other bytes than the zip that was
 * taken in, the same files and h1.
 */
export class RebuiltZip implements ReadableZip {
  readonly #module: StoredModule;
  readonly #zip: VirtualZip;
  #last: { readonly index: number; readonly content: Uint8Array } | undefined;

  /** @throws GomodfsError `TOO_LARGE` for a zip past 4 GiB */
  constructor(module: StoredModule) {
    this.#module = module;
    this.#zip = new VirtualZip(`${formatModuleVersion(module.id)}/`, module.manifest);
  }

  size(): number {
    return this.#zip.size;
  }

  async readInto(bytes: Uint8Array): Promise<void> {
    let offset = 0;
    for (const piece of this.#pieces()) {
      bytes.set(piece, offset);
      offset += piece.length;
    }
  }

  async writeTo(path: string): Promise<void> {
    await using file = await open(path, "wx");
    for (const piece of this.#pieces()) {
      for (let written = 0; written < piece.length; ) {
        written += (await file.write(piece, written)).bytesWritten;
      }
    }
  }

  *#pieces(): Generator<Uint8Array, undefined> {
    const readData: ZipDataReader = (index, start, out) => this.#read(index, start, out);
    for (let offset = 0; offset < this.#zip.size; offset += PIECE_LENGTH) {
      yield this.#zip.read(offset, PIECE_LENGTH, readData);
    }
  }

  #read(index: number, start: number, out: Uint8Array): void {
    if (this.#module.readDeflated(index, start, out)) return;
    out.set(this.#content(index).subarray(start, start + out.length));
  }

  /** Of a file that is not deflated; it is read in several pieces. */
  #content(index: number): Uint8Array {
    if (this.#last?.index !== index) {
      this.#last = { index, content: this.#module.readFile(index) };
    }
    return this.#last.content;
  }
}

/**
 * Checks that a rebuilt zip has the hash of the zip that the store was given.
 *
 * @throws GomodfsError `STORE`
 */
export function checkRebuilt(id: ModuleVersion, found: H1, stored: H1): void {
  if (found === stored) return;
  throw new GomodfsError(
    "STORE",
    `the stored files of ${formatModuleVersion(id)} hash to ${found}, not to ${stored}`,
    { hint: "remove the module from the store and fetch it again" },
  );
}
