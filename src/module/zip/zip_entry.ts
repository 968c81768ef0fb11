import { CREATOR_MACOS, CREATOR_UNIX } from "./zip_format.ts";

/** One entry of a zip, as its central directory describes it. Sizes and offsets are in bytes. */
export interface ZipEntry {
  /** The whole name, as it is in the zip; a directory's ends in a slash. */
  readonly name: string;
  /** 0 (stored) or 8 (deflated). */
  readonly method: 0 | 8;
  /** General purpose bit flags. */
  readonly flags: number;
  /** CRC-32 of the content. */
  readonly crc32: number;
  readonly compressedSize: number;
  /** Size of the content. */
  readonly size: number;
  /** Where the entry's compressed bytes begin. */
  readonly dataOffset: number;
  /** Upper byte: the system whose attributes `externalAttributes` are. */
  readonly versionMadeBy: number;
  readonly externalAttributes: number;
}

/** What an entry says that it is: by its name, and by the Unix mode if it has one. */
export type ZipEntryType = "file" | "directory" | "symlink" | "other";

const S_IFMT = 0o170000;
const S_IFLNK = 0o120000;
const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;

/** As FileHeader.Mode of Go's archive/zip decides. */
export function zipEntryType(entry: ZipEntry): ZipEntryType {
  switch (unixFileType(entry)) {
    case S_IFLNK:
      return "symlink";
    case S_IFDIR:
      return "directory";
    case S_IFREG:
    case 0:
      return entry.name.endsWith("/") ? "directory" : "file";
    default:
      return "other";
  }
}

/** The S_IFMT bits of the entry's mode; 0 where it has none. */
function unixFileType(entry: ZipEntry): number {
  const creator = entry.versionMadeBy >>> 8;
  const hasMode = creator === CREATOR_UNIX || creator === CREATOR_MACOS;
  return hasMode ? (entry.externalAttributes >>> 16) & S_IFMT : 0;
}
