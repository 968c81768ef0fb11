import { GomodfsError } from "../../../lib/gomodfs_error.ts";
import { readZipEntries } from "../../../module/zip/central_directory.ts";
import type { ZippableFile } from "../../../module/zip/create_module_zip.ts";
import type { RandomAccessReader } from "../../../module/zip/random_access.ts";
import { type ZipEntry, zipEntryType } from "../../../module/zip/zip_entry.ts";
import { decodeArchiveName } from "../../../module/zip/zip_name.ts";

/** A file of an archive; how to read its content too. */
export interface ArchivedFile extends ZippableFile {
  readonly entry: ZipEntry;
}

/** Bytes that are copied at a time. */
const PIECE_LENGTH = 1 << 20;

/**
 * The files below a directory of an archive that version control made, whose names have one made-up top-level directory
 * in front (codeRepo.Zip of cmd/go/internal/modfetch).
 *
 * @param directory "" for all
 * @throws GomodfsError `INVALID` if it is no such archive, `TOO_LARGE`
 */
export function readModuleArchive(reader: RandomAccessReader, directory: string): ArchivedFile[] {
  // Files that are left out may be called anything.
  const entries = readZipEntries(reader, decodeArchiveName);
  const top = topDirectory(entries);
  const prefix = directory === "" ? top : `${top}${directory}/`;
  return entries
    .filter(({ name }) => {
      if (!name.startsWith(top)) {
        throw new GomodfsError("INVALID", "zip file contains more than one top-level directory");
      }
      return name.startsWith(prefix) && !name.endsWith("/");
    })
    .map((entry) => archivedFile(reader, entry, prefix));
}

function topDirectory(entries: readonly ZipEntry[]): string {
  const name = entries[0]?.name ?? "/";
  const slash = name.indexOf("/");
  if (slash < 0) throw new GomodfsError("INVALID", "missing top-level directory prefix");
  return name.slice(0, slash + 1);
}

function archivedFile(reader: RandomAccessReader, entry: ZipEntry, prefix: string): ArchivedFile {
  const { method, size, crc32, compressedSize } = entry;
  return {
    path: entry.name.slice(prefix.length),
    type: zipEntryType(entry),
    size,
    method,
    crc32,
    compressedSize,
    pieces: () => piecesOf(reader, entry),
    entry,
  };
}

function* piecesOf(reader: RandomAccessReader, entry: ZipEntry): Generator<Uint8Array> {
  for (let offset = 0; offset < entry.compressedSize; offset += PIECE_LENGTH) {
    const length = Math.min(PIECE_LENGTH, entry.compressedSize - offset);
    yield reader.readTransient(entry.dataOffset + offset, length);
  }
}
