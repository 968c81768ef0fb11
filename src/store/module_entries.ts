import { hash } from "node:crypto";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { compareBytes } from "../module/byte_order.ts";
import { hash1 } from "../module/dirhash.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../module/module_version.ts";
import { quote } from "../module/quote.ts";
import { readZipEntries } from "../module/zip/central_directory.ts";
import type { RandomAccessReader } from "../module/zip/random_access.ts";
import { type ZipEntry, zipEntryType } from "../module/zip/zip_entry.ts";
import { checkZipEntries, checkZipSize } from "../module/zip_rules.ts";

/** A file of a module zip. */
export interface ModuleFileEntry {
  /** Relative to the module's root. */
  readonly name: string;
  readonly entry: ZipEntry;
}

/** The entries of a module zip whose names, kinds and declared sizes were checked. */
export interface ModuleEntries {
  /** What every entry's name begins with: `M@V/`. */
  readonly prefix: string;
  /** In ascending byte order of their names. */
  readonly files: readonly ModuleFileEntry[];
  /** Names of directory entries relative to the module's root, nearly always none; each ends in a slash. */
  readonly directories: readonly string[];
}

/** SHA-256 of no bytes: what the h1 hash has for a directory entry. */
const EMPTY_SHA256 = hash("sha256", "", "buffer");

/**
 * Reads what a module zip declares, by the rules of golang.org/x/mod/zip.
 *
 * @throws GomodfsError `INVALID` or `TOO_LARGE` naming the entry
 */
export function readModuleEntries(id: ModuleVersion, reader: RandomAccessReader): ModuleEntries {
  checkZipSize(id, reader.size);
  const entries = readZipEntries(reader);
  entries.forEach(checkType);
  checkZipEntries(id, entries);
  const prefix = `${formatModuleVersion(id)}/`;
  const named = entries.map((entry) => ({ name: entry.name.slice(prefix.length), entry }));
  return {
    prefix,
    files: named
      .filter((entry) => !isDirectory(entry))
      .sort((a, b) => compareBytes(a.name, b.name)),
    directories: named.filter(isDirectory).map(({ name }) => name),
  };
}

/** The hash of a module zip: HashZip of golang.org/x/mod/sumdb/dirhash, which covers directory entries too. */
export function hashModule(
  { prefix, directories }: ModuleEntries,
  files: readonly { readonly name: string; readonly sha256: Uint8Array }[],
): H1 {
  return hash1([
    ...files.map(({ name, sha256 }) => ({ name: prefix + name, sha256 })),
    ...directories.map((name) => ({ name: prefix + name, sha256: EMPTY_SHA256 })),
  ]);
}

/** The error, which says what module's zip it is about. */
export function namingModule(id: ModuleVersion, error: unknown): unknown {
  if (!(error instanceof GomodfsError)) return error;
  const { code, hint, message } = error;
  const name = formatModuleVersion(id);
  if (message.includes(name)) return error;
  return new GomodfsError(code, `module zip of ${name}: ${message}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Entries that are neither files nor directories have no place in a module zip; x/mod/zip never writes one. */
function checkType(entry: ZipEntry): void {
  const type = zipEntryType(entry);
  if (type !== (entry.name.endsWith("/") ? "directory" : "file")) {
    throw new GomodfsError(
      "INVALID",
      `zip entry ${quote(entry.name)} is no regular file (${type})`,
    );
  }
  if (type === "directory" && entry.size !== 0) {
    throw new GomodfsError("INVALID", `zip entry ${quote(entry.name)} is a directory with content`);
  }
}

function isDirectory({ entry }: ModuleFileEntry): boolean {
  return entry.name.endsWith("/");
}
