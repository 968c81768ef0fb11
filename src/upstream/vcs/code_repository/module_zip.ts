import { mkdir, rm, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { crc32, deflateRaw } from "node:zlib";
import { isGomodfsError } from "../../../lib/gomodfs_error.ts";
import { cancelled } from "../../../lib/request_queue.ts";
import { parseGoModLax } from "../../../module/go_mod.ts";
import type { ModuleVersion } from "../../../module/module_version.ts";
import { createModuleZip, type ZippableFile } from "../../../module/zip/create_module_zip.ts";
import type { RandomAccessReader } from "../../../module/zip/random_access.ts";
import { METHOD_DEFLATED } from "../../../module/zip/zip_format.ts";
import { MAX_GO_MOD, MAX_LICENSE, MAX_ZIP_FILE } from "../../../module/zip_rules.ts";
import { EntryContentReader, PIECE_LENGTH } from "../../../store/entry_content.ts";
import type { ZipBytes } from "../../../store/module_store.ts";
import { openZipBytes } from "../../../store/zip_bytes_reader.ts";
import { SpoolReceiver, spoolError, spoolPath } from "../../spool_receiver.ts";
import type { CodeHost, CodeHostOptions } from "../code_host.ts";
import { type ArchivedFile, readModuleArchive } from "./module_archive.ts";
import { readOptionalFile } from "./optional_file.ts";

/** What a module zip is made from. */
export interface ModuleZipRequest {
  readonly id: ModuleVersion;
  readonly host: CodeHost;
  /** Its complete name. */
  readonly commit: string;
  /** The module's directory in the repository, "" for the root. */
  readonly directory: string;
  /** Where the archive and the zip are put, in files of their own; made if it is not there. */
  readonly spoolDirectory: string;
}

/**
 * Makes a module zip from the archive of a commit. The archive's deflate streams are copied, not made anew, and not
 * inflated either: whatever takes the zip in compares sizes and CRC-32 on threads of its own.
 *
 * @returns a file that the caller removes
 * @throws GomodfsError `INVALID` naming the files that no module may have, `TOO_LARGE`, `STORE`, and as
 *   {@linkcode CodeHost}
 */
export async function makeModuleZip(
  request: ModuleZipRequest,
  options: CodeHostOptions,
): Promise<ZipBytes> {
  const { host, commit, directory, spoolDirectory } = request;
  await mkdir(spoolDirectory, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw spoolError(spoolDirectory, error);
  });
  const archive = spoolPath(spoolDirectory);
  try {
    await host.readZip(commit, directory, archive, MAX_ZIP_FILE, options);
    const { size } = await stat(archive);
    const reader = openZipBytes({ kind: "file", path: archive, size });
    try {
      return await convertArchive(request, reader, options);
    } finally {
      reader.close();
    }
  } finally {
    await rm(archive, { force: true });
  }
}

async function convertArchive(
  { id, host, commit, directory, spoolDirectory }: ModuleZipRequest,
  reader: RandomAccessReader,
  options: CodeHostOptions,
): Promise<ZipBytes> {
  const archived = readModuleArchive(reader, directory);
  const files = [
    ...archived,
    ...(await inheritedLicense(host, commit, directory, archived, options)),
  ];
  const receiver = new SpoolReceiver(spoolDirectory);
  try {
    await createModuleZip(id, files, goVersion(reader, archived), (bytes) => {
      if (options.signal?.aborted) throw cancelled(options.signal);
      return receiver.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    });
    return await receiver.finish();
  } catch (error) {
    await receiver.discard();
    throw error;
  }
}

/** A module below the root that has no LICENSE file has the one of the repository. */
async function inheritedLicense(
  host: CodeHost,
  commit: string,
  directory: string,
  archived: readonly ArchivedFile[],
  options: CodeHostOptions,
): Promise<ZippableFile[]> {
  if (directory === "" || archived.some(({ path }) => path === "LICENSE")) return [];
  const content = await readOptionalFile(host, commit, "LICENSE", MAX_LICENSE, options);
  return content === undefined ? [] : [await deflatedFile("LICENSE", content)];
}

async function deflatedFile(path: string, content: Uint8Array): Promise<ZippableFile> {
  const stream = await promisify(deflateRaw)(content);
  return {
    path,
    type: "file",
    size: content.length,
    method: METHOD_DEFLATED,
    crc32: crc32(content),
    compressedSize: stream.length,
    pieces: () => [stream],
  };
}

/** What the go line of the root's go.mod says, "" if nothing. The archive's file counts, which attributes may change. */
function goVersion(reader: RandomAccessReader, archived: readonly ArchivedFile[]): string {
  const goMod = archived.find(({ path, type }) => path === "go.mod" && type === "file");
  // Too large a file is refused by its size.
  if (goMod === undefined || goMod.size > MAX_GO_MOD) return "";
  const pieces: Uint8Array[] = [];
  const contents = new EntryContentReader(new Uint8Array(PIECE_LENGTH));
  contents.read(reader, goMod.entry, (piece) => pieces.push(piece.slice()));
  try {
    return parseGoModLax(Buffer.concat(pieces).toString()).go ?? "";
  } catch (error) {
    // A go.mod that cannot be read says nothing (x/mod/zip parseGoVers).
    if (isGomodfsError(error, "INVALID")) return "";
    throw error;
  }
}
