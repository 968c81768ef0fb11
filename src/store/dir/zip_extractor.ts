import { createHash, hash } from "node:crypto";
import { chmodSync, constants, copyFileSync, renameSync } from "node:fs";
import { allocatePages } from "../../lib/page_memory.ts";
import type { ModuleVersion } from "../../module/module_version.ts";
import type { RandomAccessReader } from "../../module/zip/random_access.ts";
import type { ZipEntry } from "../../module/zip/zip_entry.ts";
import { METHOD_STORED } from "../../module/zip/zip_format.ts";
import { EntryContentReader, PIECE_LENGTH } from "../entry_content.ts";
import type { ExtractedModule, ExtractionTarget } from "../extraction.ts";
import { hashModule, namingModule, readModuleEntries } from "../module_entries.ts";
import type { ZipContent } from "../module_store.ts";
import { openZipBytes } from "../zip_bytes_reader.ts";
import { DirectIoChoice } from "./direct_io.ts";
import { cannotWrite, systemCode } from "./directory_error.ts";
import { ModuleTreeWriter } from "./module_tree_writer.ts";
import { NewFile } from "./new_file.ts";

/** All may read, none may write; minus what the umask takes away. */
const EXTRACTED_MODE = 0o444;
const ZIP_MODE = 0o666;

/** Extracts module zips, one after the other. */
export class ZipExtractor {
  // At a page, so that large files can be written from it past the page cache.
  readonly #contents = new EntryContentReader(new Uint8Array(allocatePages(PIECE_LENGTH)));
  readonly #choice = new DirectIoChoice();

  /**
   * Checks a module zip by the rules of golang.org/x/mod/zip, writes it and its files, and computes its hash. Each file
   * is inflated once. What a failed extraction has written stays for the caller to remove.
   *
   * @throws GomodfsError `INVALID` or `TOO_LARGE` naming the module and the entry, `STORE` for what cannot be written
   */
  extract(id: ModuleVersion, zip: ZipContent, target: ExtractionTarget): ExtractedModule {
    const reader = openZipBytes(zip);
    try {
      const extracted = this.#extractFiles(id, reader, target);
      this.#writeZip(zip, target.zipFile);
      return extracted;
    } catch (error) {
      throw namingModule(id, error);
    } finally {
      reader.close();
    }
  }

  #extractFiles(
    id: ModuleVersion,
    reader: RandomAccessReader,
    target: ExtractionTarget,
  ): ExtractedModule {
    const entries = readModuleEntries(id, reader);
    const { directory } = target;
    const tree = directory === undefined ? undefined : new ModuleTreeWriter(directory);
    let bytes = 0;
    const files = entries.files.map(({ name, entry }) => {
      bytes += entry.size;
      return { name, sha256: this.#extractFile(reader, entry, tree?.makeRoomFor(name)) };
    });
    if (!target.writableDirectories) tree?.makeReadOnly();
    return { h1: hashModule(entries, files), files: files.length, bytes };
  }

  /**
   * @param path undefined: the file is not to be written
   * @returns the SHA-256 of the content
   */
  #extractFile(reader: RandomAccessReader, entry: ZipEntry, path: string | undefined): Buffer {
    using file =
      path === undefined
        ? undefined
        : new NewFile(path, {
            mode: EXTRACTED_MODE,
            size: entry.size,
            aligned: entry.method !== METHOD_STORED,
            choice: this.#choice,
          });
    // The function for a whole message takes two thirds of the time of a hash object.
    const sha256 = entry.size < PIECE_LENGTH ? undefined : createHash("sha256");
    let digest: Buffer | undefined;
    this.#contents.read(reader, entry, (piece) => {
      if (sha256 === undefined) digest = hash("sha256", piece, "buffer");
      else sha256.update(piece);
      file?.write(piece);
    });
    if (digest !== undefined) return digest;
    if (sha256 !== undefined) return sha256.digest();
    throw new RangeError("an entry has a piece at least");
  }

  #writeZip(zip: ZipContent, path: string): void {
    if (zip.kind === "file") {
      takeFile(zip.path, path);
      return;
    }
    using file = new NewFile(path, {
      mode: ZIP_MODE,
      size: zip.bytes.length,
      aligned: zip.kind === "shared",
      choice: this.#choice,
    });
    file.write(zip.bytes);
  }
}

/** Takes a file over. It need not be on the same file system. */
function takeFile(source: string, path: string): void {
  try {
    // What nobody else can read yet gets the mode of a file that is made here.
    chmodSync(source, ZIP_MODE & ~process.umask());
    renameSync(source, path);
  } catch (cause) {
    if (systemCode(cause) !== "EXDEV") throw cannotWrite(path, cause);
    copyFile(source, path);
  }
}

function copyFile(source: string, path: string): void {
  try {
    copyFileSync(source, path, constants.COPYFILE_EXCL);
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}
