import { constants } from "node:fs";
import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GomodfsError, isGomodfsError } from "../../lib/gomodfs_error.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../../module/module_version.ts";
import type { Extractor } from "../extraction.ts";
import type { Priority, ZipBytes } from "../module_store.ts";
import { cannotWrite } from "./directory_error.ts";
import { LockedFile } from "./locked_file.ts";
import { makeDirectories } from "./make_directories.ts";
import type { ModuleCachePaths } from "./module_cache_layout.ts";
import { removeFile } from "./remove_file.ts";
import { removeTree } from "./remove_tree.ts";
import { residencyOf, residentHash } from "./residency.ts";
import { replaceFile, temporaryName } from "./small_file.ts";

/** How zips are written. */
export interface ZipWriterOptions {
  readonly extractor: Extractor;
  /** Directories of extracted modules keep mode 0755. */
  readonly writableDirectories: boolean;
  /** Whether modules are extracted. */
  readonly extract: boolean;
}

/** A zip to be written. */
export interface ZipToWrite {
  readonly id: ModuleVersion;
  readonly paths: ModuleCachePaths;
  readonly zip: ZipBytes;
  /** Is given the zip's hash before anything counts as written, and refuses by throwing. */
  readonly verify: (h1: H1) => void | Promise<void>;
  readonly priority: Priority | undefined;
}

/**
 * Writes module zips and their files by the go command's own protocol (Download and DownloadZip of
 * cmd/go/internal/modfetch/fetch.go), so that go commands and other writers may run beside it:
 *
 * 1. `.lock` is locked as long as all that follows takes.
 * 2. `.partial` is made: from now on the module does not count as extracted. What a killed writer left is removed.
 * 3. The zip is written under a temporary name and its files to their final place.
 * 4. The hash of what was written is verified.
 * 5. `.ziphash` is written, then the zip gets its name, then `.partial` is removed.
 *
 * A writer that is killed at any step leaves something that a go command completes or removes. As with the go command,
 * nothing is flushed to the disk: a machine that crashes may lose the contents of what was just written.
 */
export class ZipWriter {
  readonly #options: ZipWriterOptions;

  constructor(options: ZipWriterOptions) {
    this.#options = options;
  }

  /** @throws GomodfsError as putModule() of a store, `SECURITY` if the cache has another hash of the zip */
  async write(write: ZipToWrite): Promise<H1> {
    const { id, paths, verify } = write;
    await makeDirectories(paths.downloadDirectory);
    await using _lock = await LockedFile.open(paths.lock);
    const resident = residentHash(paths, this.#options.extract);
    if (resident !== undefined) {
      await verifyResident(id, paths, resident, verify);
      return resident;
    }
    await removeTemporaries(paths);
    return await this.#writeLocked(write);
  }

  async #writeLocked({ id, paths, zip, verify, priority }: ZipToWrite): Promise<H1> {
    const { extract, extractor, writableDirectories } = this.#options;
    const directory = extract && !residencyOf(paths).extracted ? paths.directory : undefined;
    const zipFile = temporaryName(paths.zip);
    try {
      if (directory !== undefined) await beginExtraction(paths);
      const target = { zipFile, directory, writableDirectories };
      const { h1 } = await extractor.extract(id, zip, target, priority);
      await verify(h1);
      await publish(id, paths, zipFile, h1);
      if (directory !== undefined) await removeFile(paths.partial);
      return h1;
    } catch (error) {
      await discard(paths, zipFile, directory);
      throw error instanceof GomodfsError ? error : cannotWrite(paths.directory, error);
    }
  }
}

/**
 * What another writer has completed is accepted if its hash is the right one, without a look at the files, as the go
 * command does.
 */
async function verifyResident(
  id: ModuleVersion,
  paths: ModuleCachePaths,
  h1: H1,
  verify: ZipToWrite["verify"],
): Promise<void> {
  try {
    await verify(h1);
  } catch (cause) {
    if (!isGomodfsError(cause, "SECURITY")) throw cause;
    throw contradicted(id, paths, `it says ${h1}: ${cause.message}`, cause);
  }
}

async function beginExtraction(paths: ModuleCachePaths): Promise<void> {
  try {
    const handle = await open(paths.partial, constants.O_WRONLY | constants.O_CREAT, 0o666);
    await handle.close();
  } catch (cause) {
    throw cannotWrite(paths.partial, cause);
  }
  await removeTree(paths.directory);
  await makeDirectories(dirname(paths.directory));
}

/** Gives the zip its name. A `.ziphash` without a zip and files is what a killed writer left, and means nothing. */
async function publish(
  id: ModuleVersion,
  paths: ModuleCachePaths,
  zipFile: string,
  h1: H1,
): Promise<void> {
  const found = residencyOf(paths);
  if (found.h1 !== undefined && found.h1 !== h1 && (found.zip || found.extracted)) {
    throw contradicted(id, paths, `it says ${found.h1}, and the verified zip has ${h1}`);
  }
  if (found.h1 !== h1) replaceFile(paths.zipHash, h1);
  try {
    await rename(zipFile, paths.zip);
  } catch (cause) {
    throw cannotWrite(paths.zip, cause);
  }
}

/** Removes what a failed write has left. If that fails too, `.partial` stays and says that it has to be done. */
async function discard(
  paths: ModuleCachePaths,
  zipFile: string,
  directory: string | undefined,
): Promise<void> {
  try {
    await rm(zipFile, { force: true });
    if (directory !== undefined) {
      await removeTree(directory);
      await rm(paths.partial, { force: true });
    }
    const { zip, extracted } = residencyOf(paths);
    if (!zip && !extracted) await rm(paths.zipHash, { force: true });
  } catch {
    // The first failure is the one to tell.
  }
}

/** Zips that killed writers, go commands among them, have not finished: nobody else writes one while `.lock` is held. */
async function removeTemporaries({ downloadDirectory, zip }: ModuleCachePaths): Promise<void> {
  const prefix = basename(zip);
  try {
    for (const name of await readdir(downloadDirectory)) {
      if (!name.startsWith(prefix) || !TEMPORARY_PATTERN.test(name.slice(prefix.length))) continue;
      await rm(join(downloadDirectory, name), { force: true });
    }
  } catch (cause) {
    throw cannotWrite(downloadDirectory, cause);
  }
}

/** What follows `VERSION.zip` in the temporary names of the zip and of its `.ziphash`. */
const TEMPORARY_PATTERN = /^(?:hash)?\d+\.tmp$/;

function contradicted(
  id: ModuleVersion,
  { zipHash, zip, directory }: ModuleCachePaths,
  how: string,
  cause?: unknown,
): GomodfsError {
  const name = formatModuleVersion(id);
  return new GomodfsError("SECURITY", `${zipHash} contradicts what ${name} should be: ${how}`, {
    cause,
    hint: `find out who wrote it, then remove it, ${zip} and ${directory}`,
  });
}
