import { join } from "node:path";
import { crc32, inflateRawSync } from "node:zlib";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../../module/module_version.ts";
import { readLocalHeader } from "../../module/zip/local_header.ts";
import type { RandomAccessReader } from "../../module/zip/random_access.ts";
import { METHOD_STORED } from "../../module/zip/zip_format.ts";
import type { StoredModule } from "../module_store.ts";
import { openZipBytes } from "../zip_bytes_reader.ts";
import type { ModuleCachePaths } from "./module_cache_layout.ts";
import { statusOf } from "./residency.ts";
import { readSmallFile } from "./small_file.ts";
import { ZipManifest } from "./zip_manifest.ts";

/**
 * A module in a GOMODCACHE: its manifest is the central directory of its zip, its files are read from its directory, or
 * from the zip if it is not extracted. What is read has the size and CRC-32 that the zip says.
 */
export class DirModule implements StoredModule {
  readonly id: ModuleVersion;
  readonly h1: H1;
  /** Whether its files are in their directory. */
  readonly isExtracted: boolean;
  readonly #paths: ModuleCachePaths;
  #manifest: ZipManifest | undefined;

  constructor(id: ModuleVersion, h1: H1, paths: ModuleCachePaths, isExtracted: boolean) {
    this.id = id;
    this.h1 = h1;
    this.#paths = paths;
    this.isExtracted = isExtracted;
  }

  /** Read when it is first asked for: many only want to know whether the module is resident. */
  get manifest(): ZipManifest {
    this.#manifest ??= this.#readZip(
      (zip) => new ZipManifest(this.id, this.h1, zip, (index) => this.readFile(index)),
    );
    return this.#manifest;
  }

  readFile(index: number): Uint8Array {
    const content = this.isExtracted ? this.#readExtracted(index) : this.#inflate(index);
    const { manifest } = this;
    if (content.length !== manifest.size(index) || crc32(content) !== manifest.crc32(index)) {
      throw this.#damaged(`${this.#nameOf(index)} is not what its zip says`);
    }
    return content;
  }

  readDeflated(index: number, start: number, out: Uint8Array): boolean {
    if (this.manifest.header(index).method === METHOD_STORED) return false;
    out.set(this.#readData(index, start, start + out.length));
    return true;
  }

  #readExtracted(index: number): Uint8Array {
    const path = join(this.#paths.directory, this.manifest.name(index));
    const content = readSmallFile(path, this.manifest.size(index));
    if (content === undefined) throw this.#damaged(`${this.#nameOf(index)} is missing`);
    return content;
  }

  #inflate(index: number): Uint8Array {
    const data = this.#readData(index);
    const { method, size } = this.manifest.header(index);
    if (method === METHOD_STORED) return data;
    try {
      return inflateRawSync(data, { maxOutputLength: size + 1 });
    } catch (cause) {
      throw this.#damaged(`${this.#nameOf(index)} cannot be inflated`, cause);
    }
  }

  /** What is behind the local header of the file at `index`. */
  #readData(index: number, start = 0, end = Infinity): Uint8Array {
    const header = this.manifest.header(index);
    return this.#readZip((zip) => {
      const { dataOffset } = readLocalHeader(zip, header, zip.size);
      const length = Math.min(end, header.compressedSize) - start;
      return zip.read(dataOffset + start, length);
    });
  }

  #readZip<T>(read: (zip: RandomAccessReader) => T): T {
    const { zip } = this.#paths;
    const status = statusOf(zip);
    if (status?.isFile() !== true) throw this.#damaged("its zip is gone");
    const reader = openZipBytes({ kind: "file", path: zip, size: status.size });
    try {
      return read(reader);
    } catch (cause) {
      if (!(cause instanceof GomodfsError)) throw cause;
      throw this.#damaged(cause.message, cause);
    } finally {
      reader.close();
    }
  }

  #nameOf(index: number): string {
    return `${formatModuleVersion(this.id)}/${this.manifest.name(index)}`;
  }

  #damaged(reason: string, cause?: unknown): GomodfsError {
    const { directory, zip } = this.#paths;
    return new GomodfsError("STORE", `${zip} or ${directory} is damaged: ${reason}`, {
      cause,
      hint: "remove both, and the go command and gomodfs will fetch the module again",
    });
  }
}
