import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { quote } from "../module/quote.ts";
import { LOCAL_FILE_HEADER_LENGTH, LOCAL_FILE_HEADER_SIGNATURE } from "../module/zip/zip_format.ts";
import { decodeZipName } from "../module/zip/zip_name.ts";
import { openZipBytes } from "../store/zip_bytes_reader.ts";
import { sourceFileSize } from "./source_file.ts";

const NAME_LENGTH_OFFSET = 26;

/**
 * The module version that a module zip is of, by the name of its first entry, `M@V/...` (golang.org/x/mod/zip). Only the
 * beginning of the file is read: that the other entries agree is seen when the zip is taken apart.
 *
 * @throws GomodfsError `INVALID` if it does not begin as a module zip does, `UPSTREAM` if it cannot be read
 */
export function readZipModule(path: string): ModuleVersion {
  const name = firstEntryName(path);
  const [, modulePath, version] = /^([^@]+)@([^/]+)\//.exec(name) ?? [];
  if (modulePath === undefined || version === undefined) {
    throw noModuleZip(path, `its first entry is ${quote(name)} and not below MODULE@VERSION/`);
  }
  try {
    return parseModuleVersion(modulePath, version);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw noModuleZip(path, reason, cause);
  }
}

function firstEntryName(path: string): string {
  const reader = openZipBytes({ kind: "file", path, size: sourceFileSize(path) });
  try {
    const header = Buffer.from(reader.read(0, LOCAL_FILE_HEADER_LENGTH));
    if (header.readUInt32LE(0) !== LOCAL_FILE_HEADER_SIGNATURE) {
      throw noModuleZip(path, "it does not begin with an entry");
    }
    const nameLength = header.readUInt16LE(NAME_LENGTH_OFFSET);
    return decodeZipName(reader.read(LOCAL_FILE_HEADER_LENGTH, nameLength));
  } catch (cause) {
    if (!(cause instanceof GomodfsError) || cause.message.startsWith(path)) throw cause;
    throw noModuleZip(path, cause.message, cause);
  } finally {
    reader.close();
  }
}

function noModuleZip(path: string, reason: string, cause?: unknown): GomodfsError {
  return new GomodfsError("INVALID", `${path} is not a module zip: ${reason}`, { cause });
}
