import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { formatModuleVersion, type ModuleVersion } from "../module_version.ts";
import { quote } from "../quote.ts";
import {
  type FileProblem,
  type SelectedFiles,
  type SourceFile,
  selectModuleFiles,
} from "./module_files.ts";
import { UINT16_MAX } from "./zip_format.ts";
import { centralHeader, endRecords, type HeaderFields, localHeader } from "./zip_header.ts";

/** A file as it can be put into a zip: compressed already, or to be stored. */
export interface ZippableFile extends SourceFile {
  readonly method: HeaderFields["method"];
  /** CRC-32 of the content. */
  readonly crc32: number;
  /** Bytes of all pieces. */
  readonly compressedSize: number;
  /** The raw deflate stream, or the content where the method is "stored". A piece is valid until the next is asked for. */
  pieces(): Iterable<Uint8Array>;
}

/** Takes the next bytes of a zip. They may change once the promise, if there is one, is fulfilled. */
export type WriteBytes = (bytes: Uint8Array) => void | Promise<void>;

/** An entry that was written. */
interface WrittenEntry {
  readonly header: HeaderFields;
  readonly offset: number;
}

/** Problems that a message names; more say nothing new. */
const MAX_NAMED_PROBLEMS = 10;

/**
 * Writes the zip of a module: the files that golang.org/x/mod/zip Create takes, in their order, so that it has the same
 * h1. Streams are written as they are, so the bytes differ from those that the go command writes, as they do between its
 * own versions. Nothing of a file is kept in memory but what its headers say.
 *
 * Sizes and checksums are written as the files declare them: what takes a zip in compares them.
 *
 * @param files as they are in the source tree, those that no zip has among them
 * @param goVersion of the go line in the root's go.mod, "" if there is none
 * @throws GomodfsError `INVALID` naming the files that no module may have, `TOO_LARGE`
 */
export async function createModuleZip(
  id: ModuleVersion,
  files: readonly ZippableFile[],
  goVersion: string,
  write: WriteBytes,
): Promise<void> {
  const selected = selectModuleFiles(files, goVersion);
  refuse(id, selected);
  const writer = new ZipWriter(write);
  for (const file of selected.valid) {
    await writer.add(`${formatModuleVersion(id)}/${file.path}`, file);
  }
  await writer.finish();
}

class ZipWriter {
  readonly #write: WriteBytes;
  readonly #entries: WrittenEntry[] = [];
  #offset = 0;

  constructor(write: WriteBytes) {
    this.#write = write;
  }

  async add(name: string, file: ZippableFile): Promise<void> {
    if (Buffer.byteLength(name) > UINT16_MAX) {
      throw new GomodfsError("INVALID", `${quote(name)} is too long a name for a zip`);
    }
    const { method, crc32, compressedSize, size } = file;
    const header = { name, method, crc32, compressedSize, size };
    this.#entries.push({ header, offset: this.#offset });
    await this.#append(localHeader(header));
    const end = this.#offset + compressedSize;
    for (const piece of file.pieces()) await this.#append(piece);
    if (this.#offset !== end) {
      throw new RangeError(`the pieces of ${quote(name)} are not ${compressedSize} bytes`);
    }
  }

  async finish(): Promise<void> {
    const start = this.#offset;
    for (const { header, offset } of this.#entries) {
      await this.#append(centralHeader(header, offset));
    }
    await this.#append(endRecords(this.#entries.length, start, this.#offset));
  }

  async #append(bytes: Uint8Array): Promise<void> {
    this.#offset += bytes.length;
    await this.#write(bytes);
  }
}

function refuse(id: ModuleVersion, selected: SelectedFiles<ZippableFile>): void {
  const what = `${formatModuleVersion(id)}: create zip`;
  const { sizeProblem, invalid } = selected;
  if (sizeProblem !== undefined) throw new GomodfsError("TOO_LARGE", `${what}: ${sizeProblem}`);
  if (invalid.length === 0) return;
  const named = invalid.slice(0, MAX_NAMED_PROBLEMS).map(formatProblem).join("; ");
  const rest = invalid.length - MAX_NAMED_PROBLEMS;
  throw new GomodfsError("INVALID", `${what}: ${named}${rest > 0 ? `; and ${rest} more` : ""}`);
}

function formatProblem({ path, reason }: FileProblem): string {
  return `${/^[\x20-\x7e]{1,300}$/.test(path) ? path : quote(path)}: ${reason}`;
}
