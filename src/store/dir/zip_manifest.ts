import { createHash } from "node:crypto";
import { compareBytes } from "../../module/byte_order.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../../module/module_version.ts";
import { readCentralDirectory } from "../../module/zip/central_directory.ts";
import type { CentralHeader } from "../../module/zip/central_header.ts";
import type { RandomAccessReader } from "../../module/zip/random_access.ts";
import { METHOD_STORED } from "../../module/zip/zip_format.ts";
import { checkZipEntries, checkZipSize } from "../../module/zip_rules.ts";
import type { Manifest } from "../manifest.ts";

/** A file as a zip's central directory describes it. */
interface FileHeader {
  /** Relative to the module's root. */
  readonly name: string;
  readonly header: CentralHeader;
}

/**
 * A manifest made from the central directory of a module's zip. That says all but the hashes of each content, which are
 * computed when they are asked for.
 */
export class ZipManifest implements Manifest {
  readonly h1: H1;
  readonly totalSize: number;
  readonly directories: readonly string[];
  readonly #files: readonly FileHeader[];
  readonly #content: (index: number) => Uint8Array;

  /**
   * Reads the central directory, nothing else: names and declared sizes are checked, and contents when they are read.
   *
   * @param h1 the hash of the zip as its `.ziphash` says
   * @param content gives the content of the file at an index
   * @throws GomodfsError `INVALID` or `TOO_LARGE` if it is no module zip
   */
  constructor(
    id: ModuleVersion,
    h1: H1,
    zip: RandomAccessReader,
    content: (index: number) => Uint8Array,
  ) {
    checkZipSize(id, zip.size);
    const headers = readCentralDirectory(zip);
    checkZipEntries(id, headers);
    const prefix = `${formatModuleVersion(id)}/`;
    const named = headers.map((header) => ({ name: header.name.slice(prefix.length), header }));
    this.h1 = h1;
    this.directories = named.filter(isDirectory).map(({ name }) => name);
    this.#files = named
      .filter((file) => !isDirectory(file))
      .sort((a, b) => compareBytes(a.name, b.name));
    this.totalSize = this.#files.reduce((sum, { header }) => sum + header.size, 0);
    this.#content = content;
  }

  get count(): number {
    return this.#files.length;
  }

  name(index: number): string {
    return this.#file(index).name;
  }

  size(index: number): number {
    return this.header(index).size;
  }

  storedSize(index: number): number {
    const { method, compressedSize } = this.header(index);
    return method === METHOD_STORED ? -1 : compressedSize;
  }

  crc32(index: number): number {
    return this.header(index).crc32;
  }

  objectId(index: number): Uint8Array {
    const content = this.#content(index);
    return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest();
  }

  sha256(index: number): Uint8Array {
    return createHash("sha256").update(this.#content(index)).digest();
  }

  find(name: string): number {
    const index = this.lowerBound(name);
    return this.#files[index]?.name === name ? index : -1;
  }

  lowerBound(name: string): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(this.name(middle), name) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** What the central directory says of the file at `index`. */
  header(index: number): CentralHeader {
    return this.#file(index).header;
  }

  #file(index: number): FileHeader {
    const file = this.#files[index];
    if (file === undefined) {
      throw new RangeError(`file ${index} of a manifest of ${this.count} files`);
    }
    return file;
  }
}

function isDirectory({ header }: FileHeader): boolean {
  return header.name.endsWith("/");
}
